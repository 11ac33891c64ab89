import type pg from 'pg'
import {CruddurError} from '../error.js'
import {inPipeline, together} from '../pipelining.js'
import {isServerError} from '../server-error.js'
import type {Target} from '../target/target.js'
import {type ConnectOptions, withClient, withMaintenanceClient} from './connection/connect.js'
import {leavePool} from './connection/pooler.js'
import {readWhereabouts, type Whereabouts} from './identity.js'
import {type Hold, holdsOf} from './in-use.js'
import {type Leftover, leftoversOf, listDatabases} from './rebuild/leftovers.js'
import {type Session, settledSessionsIn} from './sessions.js'

export interface TableSize {
  /** With its schema, unless that is `public`. */
  name: string
  /** The server's estimate; null when it has none yet. */
  rows: number | null
  bytes: number
}

/** What there is to lose. */
export interface Survey extends Whereabouts {
  /** As in `15.18`. */
  version: string
  /** Null when there is no such database, or this role may not know. */
  owner: string | null
  bytes: number | null
  /** Whether other databases are made of it, so that it is neither dropped nor replaced. */
  template: boolean
  /** The largest first; null when the database could not be entered. */
  tables: TableSize[] | null
  /** Why the database cannot be entered. */
  trouble: CruddurError | null
  /** Who else is connected to it. */
  sessions: Session[]
  /** What else keeps it from being dropped or replaced. */
  holds: Hold[]
  /** What unfinished setups of it left on the server. */
  leftovers: Leftover[]
}

const DATABASE = `SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
  EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate) AS template,
  (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1) AS owner,
  (SELECT CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
    THEN pg_database_size(oid) END FROM pg_database WHERE datname = $1)::float8 AS bytes`

/**
 * Rows as the planner sees them (the density at the last ANALYZE times the size now), or as the statistics count them: the
 * larger, so that a table filled a moment ago is not shown as empty.
 */
function tablesQuery(size: string): string {
  return `SELECT CASE n.nspname WHEN 'public' THEN c.relname WHEN 'pg_catalog' THEN 'large objects'
    ELSE n.nspname || '.' || c.relname END AS name,
  ${size}::float8 AS bytes,
  CASE WHEN n.nspname = 'pg_catalog' THEN pg_stat_get_live_tuples('pg_largeobject_metadata'::regclass)
    WHEN c.relpages = 0 AND live = 0 AND ${size} > 0 THEN NULL
    ELSE greatest(live, round(CASE WHEN c.relpages > 0
      THEN greatest(c.reltuples, 0)::float8 / c.relpages * pages ELSE 0 END)) END::float8 AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
  LATERAL (SELECT pg_stat_get_live_tuples(c.oid) AS live,
    ${size === RECORDED ? 'c.relpages' : `pg_relation_size(c.oid) / current_setting('block_size')::int`} AS pages) s
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND (n.nspname !~ '^pg_|^information_schema$'
  OR (c.oid = 'pg_largeobject'::regclass AND pg_relation_size(c.oid) > 0))
ORDER BY 2 DESC, 1`
}

const MEASURED = 'pg_total_relation_size(c.oid)'
/** What the last VACUUM or ANALYZE wrote down: known without opening the table. */
const RECORDED = "(c.relpages::bigint * current_setting('block_size')::int)"

/** A table's size cannot be had while a migration holds it; then what was written down must do. */
const LOCK_TIMEOUT_MS = 500
const STATEMENT_TIMEOUT_MS = 10_000

async function readTables(client: pg.Client): Promise<TableSize[]> {
  const read = async (size: string): Promise<TableSize[]> => {
    // One message is one transaction.
    const results = (await client.query(
      `SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
      SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}; ${tablesQuery(size)}`,
    )) as unknown as pg.QueryResult<TableSize>[]
    return results.find(({command}) => command === 'SELECT')?.rows ?? []
  }
  try {
    return await read(MEASURED)
  } catch (error) {
    if (!isServerError(error) || !['55P03', '57014'].includes(error.code)) throw error
    return await read(RECORDED)
  }
}

async function surveyFrom(client: pg.Client, database: string, inside: boolean): Promise<Survey> {
  const [whereabouts, {rows}, sessions, holds, databases, tables] = await inPipeline(client, () =>
    together([
      readWhereabouts(client, database),
      client.query<Pick<Survey, 'version' | 'owner' | 'bytes' | 'template'>>(DATABASE, [database]),
      settledSessionsIn(client, database),
      holdsOf(client, database),
      listDatabases(client),
      inside ? readTables(client) : null,
    ]),
  )
  const leftovers = leftoversOf(databases, database)
  const known = rows[0] ?? {version: '', owner: null, bytes: null, template: false}
  return {...whereabouts, ...known, tables, trouble: null, sessions, holds, leftovers}
}

/** A database that is there, or not, but cannot be entered: closed, full, not ours. */
function isClosed(error: unknown): error is CruddurError {
  if (!(error instanceof CruddurError)) return false
  const {code, details} = error
  return code === 'DATABASE_NOT_FOUND' || /^(42501|55000|53300)$/.test(details.sqlstate ?? '')
}

/**
 * Looks at the target's database and touches nothing. Where it cannot be entered, what the maintenance database
 * tells of it has to do.
 *
 * @throws CruddurError as a connection does
 */
export async function surveyDatabase(target: Target, options: ConnectOptions): Promise<Survey> {
  const {database} = target
  const inside = async (client: pg.Client): Promise<Survey> => {
    const survey = await surveyFrom(client, database, true)
    await leavePool(client, survey.backendPid)
    return survey
  }
  try {
    return await withClient(target, inside, options)
  } catch (error) {
    if (!isClosed(error)) throw error
    const outside = (client: pg.Client): Promise<Survey> => surveyFrom(client, database, false)
    const survey = await withMaintenanceClient(target, outside, options)
    return {...survey, trouble: error}
  }
}
