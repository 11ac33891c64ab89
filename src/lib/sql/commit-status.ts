import {setTimeout as sleep} from 'node:timers/promises'
import type {Client} from 'pg'
import {isConnectionError, isServerError} from '../server-error.js'

type Queryable = Pick<Client, 'query'>

/** Runs `fn` with another connection to the same database, and closes it. */
export type Reconnect = <T>(fn: (client: Queryable) => Promise<T>) => Promise<T>

/** What numbers of transactions can be compared within. */
export interface ServerMark {
  /** System identifier and timeline: the server, until another one is promoted in its place or it is restored. */
  server: string
  /**
   * When its statistics began, as seconds since 1970: a crash begins them anew. A transaction whose number had not reached the
   * disk by then may have to share it with a later one (pgsql-hackers, "Is txid_status() actually safe?", 2021).
   */
  life: string | null
}

/**
 * Tells which server this is; no row from a standby, and before PostgreSQL 13, where a transaction cannot be asked for. It fails
 * where pg_control_system() is forbidden, or there is no write-ahead log to look at.
 */
export const MARK = `SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8)) AS server,
  extract(epoch FROM (SELECT stats_reset FROM pg_stat_bgwriter))::text AS life
FROM pg_control_system()
WHERE current_setting('server_version_num')::int >= 130000 AND NOT pg_is_in_recovery()`

const TRANSACTION = 'SELECT pg_catalog.pg_current_xact_id_if_assigned()::text AS id'

/**
 * The number of the transaction that is open, to ask about it on another connection.
 *
 * @returns null when it has changed nothing so far, and has none; undefined when it is broken, which COMMIT will tell
 */
export async function askTransaction(client: Queryable): Promise<string | null | undefined> {
  try {
    const {rows} = await client.query<{id: string | null}>(TRANSACTION)
    return rows[0]?.id
  } catch (error) {
    if (isConnectionError(error)) throw error
    return undefined
  }
}

/** How a transaction ended; `unknown`: the server is another one, has crashed since, or does not answer. */
export type Outcome = 'kept' | 'not kept' | 'unknown'

/** The server may be starting again, or may not have noticed yet that its client is gone. */
const PATIENCE_MS = 15_000
const ASK_EVERY_MS = 100

interface AskOptions {
  /** Aborting ends the asking. */
  signal?: AbortSignal | undefined
  /** When to give up, in milliseconds. */
  patienceMs?: number
}

/**
 * Finds out how a transaction ended whose COMMIT was sent and never answered.
 *
 * @param mark that of the server it ran on, from before
 */
export async function askOutcome(
  reconnect: Reconnect,
  {mark, transaction}: {mark: ServerMark; transaction: string},
  {signal, patienceMs = PATIENCE_MS}: AskOptions = {},
): Promise<Outcome> {
  const deadline = Date.now() + patienceMs
  let outcome: Outcome | 'open' = 'open'
  while (outcome === 'open' && Date.now() < deadline && !signal?.aborted) {
    const asking = reconnect((client) => outcomeOn(client, mark, transaction))
    outcome = await asking.catch(() => 'open' as const)
    if (outcome === 'open') await sleep(ASK_EVERY_MS)
  }
  return outcome === 'open' ? 'unknown' : outcome
}

async function outcomeOn(
  client: Queryable,
  mark: ServerMark,
  transaction: string,
): Promise<Outcome | 'open'> {
  const {rows} = await client.query<ServerMark>(MARK)
  const [now] = rows
  if (now?.server !== mark.server) return 'unknown'
  const crashed = now.life !== mark.life
  switch (await statusOf(client, transaction)) {
    case 'committed':
      return crashed ? 'unknown' : 'kept'
    case 'in progress':
      return crashed ? 'not kept' : 'open'
    case 'aborted':
      return 'not kept'
    default:
      return 'unknown'
  }
}

/** Null when it is so long ago that the server has forgotten. A number it has not come to yet (22023) was lost in a crash. */
async function statusOf(client: Queryable, transaction: string): Promise<string | null> {
  const sql = 'SELECT pg_xact_status($1::xid8) AS status'
  try {
    const {rows} = await client.query<{status: string | null}>(sql, [transaction])
    return rows[0]?.status ?? null
  } catch (error) {
    if (isServerError(error) && error.code === '22023') return 'aborted'
    throw error
  }
}
