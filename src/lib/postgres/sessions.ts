import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'
import {CruddurError} from '../error.js'
import {together} from '../pipelining.js'
import type {ServerError} from '../server-error.js'
import {cannotEnd, IS_ENDABLE, type Unendable} from './endable.js'
import {countHolds, cureOf, type Hold, holdsOf, holdsQuery, nameHolds} from './in-use.js'

/** A row of pg_stat_activity; the first six fields are those of the script this replaces, the rest null when hidden. */
export interface Session {
  process_id: number
  user: string | null
  db: string | null
  client_addr: string | null
  app: string
  state: string | null
  /** `client backend` for everything that is not PostgreSQL's own. */
  type: string | null
  /** ISO 8601, as are the next two. */
  backend_start: string | null
  query_start: string | null
  state_change: string | null
  wait_event: string | null
  /** Only when asked for. */
  query?: string | null
}

/** Of pg_stat_activity, the fields of {@link Session}. */
export const COLUMNS = `pid AS process_id, usename AS "user", datname AS db, host(client_addr) AS client_addr,
  coalesce(application_name, '') AS app, state, backend_type AS type,
  to_json(backend_start) #>> '{}' AS backend_start, to_json(query_start) #>> '{}' AS query_start,
  to_json(state_change) #>> '{}' AS state_change, wait_event`

/**
 * A client's session. Of other roles' sessions an unprivileged role sees little more than pid, database
 * and user: not even the backend_type, but PostgreSQL's own processes have no user, or no database.
 */
export const IS_CLIENT = `(backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL))
  AND usesysid IS NOT NULL`

/**
 * A session that holds a database open. Autovacuum, which has no user, gives way to DROP and RENAME by
 * itself, and parallel workers end with their leader.
 */
function isInside(database: string): string {
  return `datname = ${database} AND pid <> pg_backend_pid()
  AND usesysid IS NOT NULL AND backend_type IS DISTINCT FROM 'parallel worker'`
}

/**
 * A condition: nothing holds the database, neither a session in it nor anything else.
 *
 * @param database SQL for its name: a literal
 */
export function isUnused(database: string): string {
  return `NOT EXISTS (SELECT FROM pg_stat_activity WHERE ${isInside(database)})
  AND NOT EXISTS (${holdsQuery(database)})`
}

/** The sessions, other than the client's own, that are in `database`. */
export async function sessionsIn(client: pg.Client, database: string): Promise<Session[]> {
  const sessions = `SELECT ${COLUMNS} FROM pg_stat_activity WHERE ${isInside('$1')} ORDER BY backend_start, pid`
  const {rows} = await client.query<Session>(sessions, [database])
  return rows
}

/** A session whose client has left is seen for some milliseconds more: until it has cleaned up after itself. */
const LEAVING_MS = 100

/** As {@link sessionsIn}, without those that were just leaving. */
export async function settledSessionsIn(client: pg.Client, database: string): Promise<Session[]> {
  const sessions = await sessionsIn(client, database)
  if (sessions.length === 0) return sessions
  await sleep(LEAVING_MS)
  return sessionsIn(client, database)
}

/**
 * Ends sessions by process id.
 *
 * @param shown sessions as the user saw them: what has got the number of one of them since is not ended
 * @returns those that were not there any more
 * @throws CruddurError USAGE, ending nobody, where one is a process of PostgreSQL's own; NO_RIGHTS when the server forbids it
 */
export async function terminateSessions(
  client: pg.Client,
  pids: readonly number[],
  shown?: readonly Session[],
): Promise<number[]> {
  const begun = new Map(shown?.map((session) => [session.process_id, session.backend_start]))
  const {rows} = await client.query<Found>(END, [
    pids,
    pids.map((pid) => begun.get(pid) ?? null),
    pids.map((pid) => !shown || begun.has(pid)),
  ])
  const own = rows.find((row) => !row.client)
  if (own) throw notClient(own)
  const ended = new Set(rows.filter((row) => row.ended).map((row) => row.pid))
  return pids.filter((pid) => !ended.has(pid))
}

/** What has the number of a session to be ended. */
interface Found {
  pid: number
  /** Its backend_type, null when hidden. */
  type: string | null
  client: boolean
  ended: boolean
}

/** Ends nobody where one of them is no client's. What has got the number of one that was shown since is not found. */
const END = `WITH found AS MATERIALIZED (
  SELECT pid, agreed, backend_type AS type, coalesce(${IS_CLIENT}, false) AS client
  FROM unnest($1::int[], $2::timestamptz[], $3::bool[]) AS wanted (pid, begun, agreed)
  JOIN pg_stat_activity USING (pid) WHERE coalesce(begun = backend_start, true))
SELECT pid, type, client, CASE WHEN agreed AND (SELECT bool_and(client) FROM found)
  THEN pg_terminate_backend(pid) ELSE false END AS ended FROM found`

function notClient({pid, type}: Found): CruddurError {
  const kind = type === null ? '' : ` (${type})`
  return new CruddurError(
    'USAGE',
    `${pid} is a process of PostgreSQL's own${kind}; nothing was ended`,
    {
      exit: 2,
      hint: 'name sessions of clients: those that are listed without --all',
    },
  )
}

/** What an error says of a session; not its statement, which may hold what its user types, passwords too. */
function summary({process_id, user, db, app, client_addr, state}: Session): Partial<Session> {
  return {process_id, user, db, app, client_addr, state}
}

/**
 * The error of every act that needs a database to itself: it carries who holds it, and what else does.
 *
 * @param untouched what that means: `nothing was dropped`
 * @param cause the server's own refusal (55006), when it came to that
 */
export async function databaseInUse(
  client: pg.Client,
  database: string,
  untouched: string,
  cause: ServerError,
): Promise<CruddurError> {
  const [sessions, holds] = await together([
    sessionsIn(client, database),
    holdsOf(client, database),
  ])
  return inUse(database, sessions, untouched, holds, cause)
}

/**
 * Looks before such an act: the server alone would wait five seconds, and then not say whose they are.
 *
 * @throws CruddurError DATABASE_IN_USE with the sessions
 */
export async function refuseInUse(
  client: pg.Client,
  database: string,
  untouched: string,
): Promise<void> {
  const [sessions, holds] = await together([
    settledSessionsIn(client, database),
    holdsOf(client, database),
  ])
  if (sessions.length + holds.length > 0) throw inUse(database, sessions, untouched, holds)
}

/**
 * Looks before such an act ends the sessions: says which of them this role cannot end, and what no force ends, while all
 * of them are still there.
 *
 * @param idleToo refuses also what a DROP would take along unasked: a slot that nobody reads from right now
 * @throws CruddurError DATABASE_IN_USE with the sessions that cannot be ended
 */
export async function refuseUnendable(
  client: pg.Client,
  database: string,
  untouched: string,
  {idleToo = false}: {idleToo?: boolean} = {},
): Promise<void> {
  const unendable = `SELECT ${COLUMNS}, (SELECT rolsuper FROM pg_roles WHERE oid = usesysid) AS superuser
FROM pg_stat_activity WHERE ${isInside('$1')} AND NOT ${IS_ENDABLE} ORDER BY backend_start, pid`
  const [{rows}, all] = await together([
    client.query<Unendable>(unendable, [database]),
    holdsOf(client, database),
  ])
  if (rows.length > 0) throw cannotEnd(client, database, rows, untouched)
  const holds = all.filter(({active}) => active || idleToo)
  if (holds.length > 0) throw inUse(database, [], untouched, holds)
}

/** DATABASE_IN_USE: see {@link databaseInUse}. */
export function inUse(
  database: string,
  sessions: Session[],
  untouched: string,
  holds: readonly Hold[] = [],
  cause?: ServerError,
): CruddurError {
  const [firm] = holds.filter(({active}) => active)
  const hold = firm ?? (sessions.length === 0 ? holds[0] : undefined)
  return new CruddurError(
    'DATABASE_IN_USE',
    `${whoUses(sessions, holds)} the database "${database}"; ${untouched}`,
    {
      sqlstate: '55006',
      hint: hold ? cureOf(hold, database) : 'close them, or end them with --force',
      detail: nameHolds(holds) ?? cause?.detail,
      cause,
      data: {sessions: sessions.map(summary), ...(holds.length > 0 ? {holds} : {})},
    },
  )
}

/** `1 session uses`, `2 sessions and 1 prepared transaction use`. */
function whoUses(sessions: readonly Session[], holds: readonly Hold[]): string {
  const {length} = sessions
  if (length + holds.length === 0) return 'other sessions use'
  const count = length === 0 ? [] : [length === 1 ? '1 session' : `${length} sessions`]
  const users = [...count, ...countHolds(holds)]
  return `${users.join(' and ')} ${length + holds.length === 1 ? 'uses' : 'use'}`
}
