import {randomBytes} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {describeHosts} from '../../target/hosts.js'
import {type Target, withDatabase} from '../../target/target.js'
import {pinned, withClient} from './connect.js'
import {processIdOf} from './process-id.js'

/**
 * What lies between us and the server. `session`: a pooler that gives a client a server session for as long as the
 * client stays. `transaction`: one that gives it to the next client after each transaction or statement, or as it was
 * left: settings, locks and temporary tables reach others.
 */
export type Pooling = 'none' | 'session' | 'transaction'

interface PoolerOptions {
  signal?: AbortSignal | undefined
  /** `pg_backend_pid()` as a query on this connection has brought it along; else it is asked for. */
  backendPid?: number | undefined
}

/**
 * Whether a pooler answered the connection.
 *
 * @param backendPid what `pg_backend_pid()` says on this connection
 */
export function isPooled(client: pg.Client, backendPid: number): boolean {
  return processIdOf(client) !== backendPid
}

async function pidOf(client: pg.Client, mark = ''): Promise<number | undefined> {
  const {rows} = await client.query<{pid: number}>(`SELECT pg_backend_pid() AS pid ${mark}`)
  return rows[0]?.pid
}

/** The connection that is examined, the process that serves it, and another connection beside it. */
interface Probe {
  client: pg.Client
  pid: number
  /** A comment by which the other connection's statement is known. */
  mark: string
}

/** A clean-up between two clients: PgBouncer's and pgpool's default is DISCARD ALL. */
const CLEANED = /\b(?:DISCARD|RESET)\b/i

const LAST_STATEMENT = `SELECT pg_backend_pid() AS own,
  (SELECT query FROM pg_stat_activity WHERE pid = $1) AS query`

/** What was last run by the process that served the other connection. */
async function look(
  {client, pid, mark}: Probe,
  other: number,
): Promise<'ours' | 'cleaned' | 'ended' | 'foreign' | 'moved'> {
  const {rows} = await client.query<{own: number; query: string | null}>(LAST_STATEMENT, [other])
  if (rows[0]?.own !== pid) return 'moved'
  const {query} = rows[0]
  if (query === null) return 'ended'
  if (query.includes(mark)) return 'ours'
  return CLEANED.test(query) ? 'cleaned' : 'foreign'
}

/** An answer takes milliseconds; what takes longer waits for a session to become free. */
const ANSWER_MS = 1000
const LOOK_EVERY_MS = 20

/** Runs a marked statement on the other connection; `waits` when the first one is served all the time and this one not. */
async function markOther(
  {client, pid, mark}: Probe,
  other: pg.Client,
): Promise<number | 'waits' | 'shared'> {
  const answer: {pid?: number | undefined} = {}
  const marked = pidOf(other, mark).then((found) => {
    answer.pid = found
  })
  // Of no use any more when the loop ends without it.
  marked.catch(() => {})
  const deadline = performance.now() + ANSWER_MS
  while (answer.pid === undefined) {
    if (performance.now() > deadline) return 'waits'
    if ((await pidOf(client)) !== pid) return 'shared'
    await Promise.race([marked, sleep(LOOK_EVERY_MS)])
  }
  return answer.pid
}

/** @returns the other connection's process, which was its own all the while */
async function holdOther(
  probe: Probe,
  other: pg.Client,
  looks: number,
): Promise<number | 'waits' | 'shared'> {
  const pid = await markOther(probe, other)
  if (typeof pid === 'string') return pid
  for (let n = 0; n < looks; n++) if ((await look(probe, pid)) !== 'ours') return 'shared'
  return pid
}

/** Looks at what becomes of a process when its client has left; undefined when somebody else has it already. */
async function afterwards(
  probe: Probe,
  other: number,
): Promise<'session' | 'transaction' | undefined> {
  const deadline = performance.now() + ANSWER_MS
  while (performance.now() < deadline) {
    const seen = await look(probe, other)
    if (seen === 'cleaned' || seen === 'ended') return 'session'
    if (seen === 'moved') return 'transaction'
    if (seen === 'foreign') return undefined
    await sleep(LOOK_EVERY_MS)
  }
  return 'transaction'
}

/**
 * How often a process is looked at while its client is there. A crowded pool may give it to the next client before it is
 * seen cleaned; then it has to be nobody else's for much longer beforehand, and again and again.
 */
const LOOKS = [3, 20, 20, 20]

/**
 * Finds out how a connection is pooled; call it outside a transaction.
 *
 * Of a pooled one it is found out with a second connection to the same place. Where sessions are shared, PgBouncer
 * serves both by one process, or the first by changing ones. Several PgBouncers behind one address may not show that;
 * but only a session of the client's own is cleaned, or ended, when the client leaves, and not before. Where the second
 * connection waits while the first is served, sessions are not shared: waiting clients are served in their order.
 * (Measured on PgBouncer 1.18: pools of 1 to 20, with and without load, round robin, several processes.)
 *
 * A direct connection costs one query, none with `backendPid`; a pooled one mostly a connection and 3 to 6 queries.
 *
 * @param client opened by `withClient` or `withMaintenanceClient` with `target`
 * @throws CruddurError for what a connection or a query said; the signal's reason
 */
export async function poolerOf(
  client: pg.Client,
  target: Target,
  {signal, backendPid}: PoolerOptions = {},
): Promise<Pooling> {
  const pid = backendPid ?? (await pidOf(client))
  if (pid === undefined || !isPooled(client, pid)) return 'none'
  const same = pinned(withDatabase(target, client.database ?? target.database), client)
  for (const looks of LOOKS) {
    const probe = {client, pid, mark: `-- cruddur-db ${randomBytes(8).toString('hex')}`}
    const other = await withClient(same, (second) => holdOther(probe, second, looks), {signal})
    if (other === 'waits') return 'session'
    if (other === 'shared') return 'transaction'
    const found = await afterwards(probe, other)
    if (found) return found
  }
  return 'session'
}

/**
 * Refuses what needs a session of its own: a lock, settings, temporary tables.
 *
 * @param act what cannot be run, as in "cannot run setup"
 * @throws CruddurError POOLED_CONNECTION, exit 1; and as {@link poolerOf}
 */
export async function refusePooled(
  client: pg.Client,
  target: Target,
  act: string,
  options: PoolerOptions = {},
): Promise<void> {
  if ((await poolerOf(client, target, options)) !== 'transaction') return
  throw new CruddurError(
    'POOLED_CONNECTION',
    `cannot run ${act} through the connection pooler at ${describeHosts(target.hosts)}: it shares its sessions between clients (transaction pooling)`,
    {
      hint: 'nothing was changed; connect to PostgreSQL itself instead of the pooler, usually at port 5432',
    },
  )
}

/**
 * Ends, where a pooler is in between, the session that it would keep open when we leave: idle, it would hold the database
 * against DROP and RENAME, our own ones too. The connection is of no use afterwards.
 */
export async function leavePool(client: pg.Client, backendPid: number): Promise<void> {
  if (!isPooled(client, backendPid)) return
  // The answer is the connection's end.
  await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => {})
}
