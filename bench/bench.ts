import type {Server} from './server.js'

/** What a set of races runs with. */
export interface Bench {
  server: Server
  /** An empty folder for files, removed at the end. */
  folder: string
  /** 1, or a part of every file's size for trying out. */
  scale: number
  /** Pairs of runs in every race, instead of the race's own number. */
  pairs: number | undefined
  /** Names of the races to run; empty: all. */
  only: ReadonlySet<string>
  signal: AbortSignal
  /** One line of progress. */
  say: (text: string) => void
}

/** Races that belong together: `npm run bench -- NAME`. */
export interface RaceSet {
  /** For `--only`. */
  names: readonly string[]
  run: (bench: Bench) => Promise<SetResult>
}

export interface SetResult {
  /** For the terminal. */
  report: string
  /** For results.json, under the set's name. */
  record: object
  /** How many races ended in an error; one that is merely lost is none. */
  failures: number
}
