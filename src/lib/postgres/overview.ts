import type pg from 'pg'
import {withDeadline} from '../abortable.js'
import {CruddurError} from '../error.js'
import type {Target} from '../target/target.js'
import {withClient, withMaintenanceClient} from './connection/connect.js'
import {connectError, TIMED_OUT} from './connection/errors.js'
import {IS_NOT_HISTORY} from './history-table.js'

/** A server that has answered. */
export interface ServerGlimpse {
  /** As in `18.4`. */
  version: string
  /** When it was started. */
  since: Date
  /** Whether it is an instance of RDS, whatever host name led to it. */
  rds: boolean
}

/** What is in a database. */
export interface DatabaseGlimpse {
  bytes: number
  /** All tables but those of extensions and PostgreSQL's own; a partitioned one counts once. */
  tableCount: number
  /** The first of them by name, with their schema unless that is `public`. */
  tables: readonly string[]
}

/** What a short look at a target found. */
export interface Glimpse {
  /** Null where no database of it may be entered. */
  server: ServerGlimpse | null
  /** Null: there is none of that name. */
  database: DatabaseGlimpse | null
}

const MOST_NAMES = 20

const SERVER = `split_part(current_setting('server_version'), ' ', 1) AS version,
  pg_postmaster_start_time() AS since, EXISTS (SELECT FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
    WHERE datname = 'rdsadmin' AND rolname = 'rdsadmin') AS rds`

const TABLES = `SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND ${IS_NOT_HISTORY} AND n.nspname !~ '^pg_|^information_schema$' AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

const DATABASE = `pg_database_size(current_database())::float8 AS bytes,
  (SELECT count(*)::int FROM tables) AS "tableCount",
  ARRAY(SELECT name::text FROM tables ORDER BY name COLLATE "C" LIMIT ${MOST_NAMES}) AS tables`

/** One message is one transaction. A search_path of the database's owner could put other things in the place of the catalogues. */
async function ask<Row extends object>(client: pg.Client, query: string): Promise<Row> {
  const results = (await client.query(
    `SELECT set_config('search_path', 'pg_catalog, pg_temp', true); ${query}`,
  )) as unknown as pg.QueryResult<Row>[]
  const row = results[1]?.rows[0]
  if (!row) throw new Error('a SELECT without FROM gives one row')
  return row
}

async function look(target: Target, signal: AbortSignal, onWaiting: (reason: string) => void) {
  const options = {signal, onWaiting, leaves: () => true}
  try {
    return await withClient(target, lookInside, options)
  } catch (error) {
    if (!(error instanceof CruddurError) || error.code !== 'DATABASE_NOT_FOUND') throw error
    const server = await withMaintenanceClient(target, lookAround, options).catch(() => null)
    signal.throwIfAborted()
    return {server, database: null}
  }
}

async function lookInside(client: pg.Client): Promise<Glimpse> {
  const {version, since, rds, ...database} = await ask<ServerGlimpse & DatabaseGlimpse>(
    client,
    `WITH tables AS (${TABLES}) SELECT ${SERVER}, ${DATABASE}`,
  )
  return {server: {version, since, rds}, database}
}

function lookAround(client: pg.Client): Promise<ServerGlimpse> {
  return ask<ServerGlimpse>(client, `SELECT ${SERVER}`)
}

/**
 * Looks at a target for as long as a person waits for a prompt, and touches nothing.
 *
 * @param options.limitMs how long it may take in all
 * @throws CruddurError as a connection does; CONNECT_TIMEOUT or SERVER_STARTING after `limitMs`; the signal's reason
 */
export async function glimpse(
  target: Target,
  {limitMs, signal}: {limitMs: number; signal?: AbortSignal | undefined},
): Promise<Glimpse> {
  let waiting: string | undefined
  const late = (): CruddurError => {
    if (waiting === undefined)
      return connectError(new Error(TIMED_OUT), {...target, connectTimeoutMs: limitMs})
    return new CruddurError('SERVER_STARTING', waiting, {exit: 3, hint: 'try again in a moment'})
  }
  const run = (ending: AbortSignal): Promise<Glimpse> =>
    look(target, ending, (reason) => {
      waiting = reason
    })
  return withDeadline(limitMs, late, run, signal)
}
