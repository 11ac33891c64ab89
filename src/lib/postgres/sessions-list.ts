import type pg from 'pg'
import {together} from '../pipelining.js'
import {COLUMNS, IS_CLIENT, type Session} from './sessions.js'

/** A session as it is shown. */
export interface ListedSession extends Session {
  /** The session that asked. */
  own: boolean
  /** True where this role may not see what the session does: another role's, without pg_read_all_stats. */
  hidden: boolean
  /** Process ids of those whose locks it waits for; 0 stands for a prepared transaction. */
  blocked_by: number[]
  wait_event_type: string | null
  /** When its transaction began, ISO 8601; null when it is in none. */
  xact_start: string | null
}

/** What was seen at one moment. */
export interface Look {
  sessions: ListedSession[]
  maxConnections: number
  /** How many of those are kept for superusers and the members of pg_use_reserved_connections. */
  reserved: number
  /** The server's clock, ISO 8601: that of this machine may go differently. */
  now: string
}

export interface ListOptions {
  /** PostgreSQL's own processes too. */
  all: boolean
  /** What each session runs or ran last, which may hold whatever its user typed. */
  statements: boolean
  /** How long the server may take, in milliseconds; no limit unless told. */
  limitMs?: number
}

/**
 * pg_blocking_pids() holds up everybody else's locking for a moment (PostgreSQL documentation, 9.27: "it needs exclusive access
 * to the lock manager's shared state"), so it is asked only of those that wait for a lock. It names a leader once for each of
 * its parallel workers.
 */
const BLOCKED_BY = `CASE WHEN wait_event_type = 'Lock'
  THEN ARRAY(SELECT DISTINCT unnest(pg_blocking_pids(pid)) ORDER BY 1) ELSE '{}' END AS blocked_by`

function listQuery({all, statements}: ListOptions): string {
  return `SELECT ${COLUMNS}, pid = pg_backend_pid() AS own,
  backend_type IS NULL AND usesysid IS NOT NULL AS hidden, ${BLOCKED_BY}, wait_event_type,
  to_json(xact_start) #>> '{}' AS xact_start${statements ? ', query' : ''} FROM pg_stat_activity
WHERE ${all ? 'true' : IS_CLIENT}
ORDER BY NOT (${IS_CLIENT}), datname NULLS LAST, backend_start, pid`
}

/** The second setting is there from PostgreSQL 16 on. */
const LIMITS = `SELECT current_setting('max_connections')::int AS n,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
  to_json(clock_timestamp()) #>> '{}' AS now`

interface Limits {
  n: number
  reserved: number
  now: string
}

/** What answers may be another server's than PostgreSQL, and leave things out. */
function lookOf(rows: ListedSession[], limits: Partial<Limits> = {}): Look {
  const sessions = rows.map((row) => ({
    ...row,
    own: row.own === true,
    hidden: row.hidden === true,
    blocked_by: row.blocked_by ?? [],
    wait_event_type: row.wait_event_type ?? null,
    xact_start: row.xact_start ?? null,
  }))
  const {n = 0, reserved = 0, now = new Date().toISOString()} = limits
  return {sessions, maxConnections: n, reserved, now}
}

/** One message is one transaction: the limit ends with it, also behind a pooler that shares its sessions. */
async function listWithin(client: pg.Client, options: ListOptions, ms: number): Promise<Look> {
  const results = (await client.query(
    `SET LOCAL statement_timeout = ${ms}; ${listQuery(options)}; ${LIMITS}`,
  )) as unknown as pg.QueryResult[]
  const [, sessions, limits] = [results].flat()
  return lookOf((sessions?.rows ?? []) as ListedSession[], limits?.rows[0] as Limits | undefined)
}

/**
 * Who is connected to the server, our own session among them. One round trip where the client is in a pipeline.
 *
 * @throws what the server says: SQLSTATE 57014 when it took longer than `limitMs`
 */
export async function listSessions(client: pg.Client, options: ListOptions): Promise<Look> {
  if (options.limitMs !== undefined) return await listWithin(client, options, options.limitMs)
  const [sessions, limits] = await together([
    client.query<ListedSession>(listQuery(options)),
    client.query<Limits>(LIMITS),
  ])
  return lookOf(sessions.rows, limits.rows[0])
}
