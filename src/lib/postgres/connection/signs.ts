import type pg from 'pg'
import {abortable, withDeadline} from '../../abortable.js'
import {withDatabase} from '../../target/target.js'
import {closeClient} from './close.js'
import {logIn} from './login.js'
import {attemptOf, pinned} from './pin.js'
import {processIdOf} from './process-id.js'

/**
 * What a new connection tells about one that is silent. `silent`: the server does not answer at all. `alive`: it does, and
 * nothing is known against the session. `gone`: the session is not there any more. `listening`: the session waits for
 * us to send or to take something.
 */
export type Sign = 'silent' | 'alive' | 'gone' | 'listening'

export interface AskOptions {
  /** How long all of it may take, in milliseconds. */
  limitMs: number
  signal: AbortSignal
}

interface Row {
  direct: boolean
  here: boolean
  listening: boolean | null
}

/**
 * The session by the number that the server gave it at its login. A pooler gives numbers of its own, which shows in that
 * the asking session has another one than it was told.
 */
const SESSION = `SELECT pg_backend_pid() = $2 AS direct, a.pid IS NOT NULL AS here,
  a.state LIKE 'idle%' OR a.wait_event IN ('ClientRead', 'ClientWrite') AS listening
FROM (SELECT $1::int AS pid) one LEFT JOIN pg_stat_activity a ON a.pid = one.pid AND a.usename = session_user`

const END = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = session_user`

/** In another database than the client's, which somebody may be waiting to have for himself. */
const DATABASE = 'postgres'

/** Runs `fn` with a new connection to the very server that the client is connected to. */
async function beside<T>(
  client: pg.Client,
  fn: (asking: pg.Client) => Promise<T>,
  options: AskOptions & {onAnswer?: () => void},
): Promise<T> {
  const {encryption, target} = attemptOf(client)
  const here = withDatabase(pinned(target, client), DATABASE)
  const asking = async (signal: AbortSignal): Promise<T> => {
    const attempt = {target: here, host: here.hosts[0], encryption}
    const own = await logIn(attempt, {signal, onAnswer: options.onAnswer})
    try {
      return await abortable(fn(own), signal)
    } finally {
      void closeClient(own, true)
    }
  }
  const late = (): Error => new Error('no answer in time')
  return await withDeadline(options.limitMs, late, asking, options.signal)
}

/**
 * Asks the server, on a new connection, for a sign of life of itself and of the client's session.
 *
 * @param client its server and its session are meant; it may be cut off
 */
export async function signOf(client: pg.Client, options: AskOptions): Promise<Sign> {
  let answers = false
  const onAnswer = (): void => {
    answers = true
  }
  const look = async (asking: pg.Client): Promise<Sign> => {
    const numbers = [processIdOf(client), processIdOf(asking)]
    const {rows} = await asking.query<Row>(SESSION, numbers)
    const {direct, here, listening} = rows[0] ?? {}
    if (!direct) return 'alive'
    if (!here) return 'gone'
    return listening ? 'listening' : 'alive'
  }
  try {
    return await beside(client, look, {...options, onAnswer})
  } catch {
    // Refusing to let us in, for want of connections at the latest, is an answer too.
    return answers ? 'alive' : 'silent'
  }
}

/** Ends the client's session on the server, whose locks would else stay for hours: a best effort. */
export async function endSession(client: pg.Client, options: AskOptions): Promise<void> {
  const end = (asking: pg.Client): Promise<unknown> => asking.query(END, [processIdOf(client)])
  await beside(client, end, options).catch(() => {})
}
