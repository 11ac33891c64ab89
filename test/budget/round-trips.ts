import type {Given} from './scene.js'

/** The most round trips that a command may take. */
export interface Budget {
  /** The command's words; `DB` stands for the database's name. */
  run: string
  given: Given
  /** On each of its connections, the connect counted, the longest first. */
  trips: number[]
  /** The longest chain of them, with the connections' ends that it waits for: what it takes over a slow network. */
  depth: number
}

/** After a change that saves some, `CRUDDUR_BUDGET=write npx vitest run test/budget/round-trips.test.ts` writes the numbers. */
export const BUDGETS: readonly Budget[] = [
  {run: 'create', given: 'no database', trips: [7], depth: 7},
  {run: 'create', given: 'a database', trips: [6], depth: 6},
  {run: 'drop', given: 'a database', trips: [9], depth: 9},
  {run: 'drop', given: 'no database', trips: [7], depth: 7},
  {run: 'drop --force', given: 'a database', trips: [9], depth: 9},
  {run: 'drop --force', given: 'a database in use', trips: [9], depth: 9},
  {run: 'drop --prod --confirm DB', given: 'a database', trips: [9, 6], depth: 16},
  {run: 'schema-load', given: 'an empty database', trips: [9], depth: 10},
  {run: 'schema-load', given: 'a database', trips: [9], depth: 10},
  {run: 'seed', given: 'a database without rows', trips: [9], depth: 10},
  {run: 'sessions', given: 'a database', trips: [6], depth: 6},
  {run: 'sessions --json', given: 'no database', trips: [6], depth: 6},
  {run: 'migrate', given: 'a database', trips: [7], depth: 8},
  {run: 'migrate-status', given: 'a database', trips: [6], depth: 7},
  {run: 'query activities/home', given: 'a database', trips: [7], depth: 8},
  {run: 'setup', given: 'no database', trips: [11, 8], depth: 15},
  {run: 'setup', given: 'a database', trips: [11, 8], depth: 15},
  {run: 'setup --no-seed', given: 'a database', trips: [10, 8], depth: 14},
  {run: 'setup --keep-previous', given: 'a database', trips: [11, 8], depth: 15},
  {run: 'setup --force', given: 'a database', trips: [11, 8], depth: 15},
  {run: 'setup --force', given: 'a database in use', trips: [11, 11, 6], depth: 23},
  {run: 'setup --dry-run', given: 'a database', trips: [6], depth: 7},
  {run: 'setup --prod --confirm DB', given: 'a database', trips: [10, 8, 6], depth: 21},
  {
    run: 'setup --prod --confirm DB --seed',
    given: 'no database',
    trips: [11, 8, 6, 5],
    depth: 27,
  },
]
