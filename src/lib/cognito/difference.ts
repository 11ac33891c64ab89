import type pg from 'pg'
import type {Compared} from './compare.js'
import type {PoolTally} from './load.js'

/** Why an id is not given: see `compare.ts`. */
export type Doubt = 'several-users' | 'several-rows' | 'renamed' | 'id-taken'

/** Handles of one kind, in the order of their bytes. */
export interface Handles<Item = string> {
  count: number
  handles: Item[]
  /** Whether there are more than the list holds. */
  cut: boolean
}

export interface Ambiguous {
  handle: string
  reason: Doubt
  /** How many of the pool's users, and of the rows, have it. */
  users: number
  rows: number
}

/** What tells a pool and a database apart, by handle; each handle is counted once. */
export interface Difference {
  /** `replaced`: those of them whose row has another id than 'MOCK' now. */
  set: Handles & {replaced: number}
  unchanged: {count: number}
  databaseOnly: Handles
  cognitoOnly: Handles
  ambiguous: Handles<Ambiguous>
  cognito: PoolTally
  /** `withoutHandle`: rows in which it is NULL or empty, which are left alone. */
  database: {rows: number; withoutHandle: number}
}

/** As many of a kind as are listed. */
export const LISTED = 1000

const COUNTS = `SELECT count(*) FILTER (WHERE kind = 'set')::int AS set,
  count(*) FILTER (WHERE kind = 'set' AND id NOT IN ('', 'MOCK'))::int AS replaced,
  count(*) FILTER (WHERE kind = 'unchanged')::int AS unchanged,
  count(*) FILTER (WHERE kind = 'databaseOnly')::int AS "databaseOnly",
  count(*) FILTER (WHERE kind = 'cognitoOnly')::int AS "cognitoOnly",
  count(*) FILTER (WHERE kind = 'ambiguous')::int AS ambiguous,
  (SELECT count(*)::int FROM public.users) AS rows,
  (SELECT count(*)::int FROM public.users WHERE handle::text <> '') AS named`

const LISTS = `SELECT kind, handle, reason, coalesce(users, 0) AS users, coalesce(rows, 0) AS rows
FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY handle) AS place FROM `

type Kind = 'set' | 'databaseOnly' | 'cognitoOnly' | 'ambiguous'
type Counts = Record<Kind | 'replaced' | 'unchanged' | 'rows' | 'named', number>
type Listed = Ambiguous & {kind: Kind}

/**
 * What a comparison has found.
 *
 * @param client `compare` has run on it, with this table
 */
export async function readDifference(
  client: pg.Client,
  table: Compared,
  cognito: PoolTally,
): Promise<Difference> {
  const [counts] = (await client.query<Counts>(`${COUNTS} FROM pg_temp.${table}`)).rows
  if (!counts) throw new Error('an aggregate gives one row')
  const {rows: listed} = await client.query<Listed>(
    `${LISTS}pg_temp.${table} WHERE kind <> 'unchanged') AS numbered WHERE place <= $1 ORDER BY handle`,
    [LISTED],
  )
  const of = <Item>(wanted: Kind, item: (found: Listed) => Item): Handles<Item> => {
    const handles = listed.filter(({kind}) => kind === wanted).map(item)
    return {count: counts[wanted], handles, cut: handles.length < counts[wanted]}
  }
  const name = ({handle}: Listed): string => handle
  return {
    set: {...of('set', name), replaced: counts.replaced},
    unchanged: {count: counts.unchanged},
    databaseOnly: of('databaseOnly', name),
    cognitoOnly: of('cognitoOnly', name),
    ambiguous: of('ambiguous', ({handle, reason, users, rows}) => ({handle, reason, users, rows})),
    cognito,
    database: {rows: counts.rows, withoutHandle: counts.rows - counts.named},
  }
}
