import {connect as connectSocket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'
import {abortable} from '../abortable.js'
import {CruddurError} from '../error.js'
import {type Target, withDatabase} from '../target/target.js'
import {dial} from './dial.js'
import {classify, connectError, queryError} from './errors.js'

export interface ConnectOptions {
  /** How long to wait for a server that is not there yet, in milliseconds; 0 unless told. */
  waitMs?: number | undefined
  /** Aborting cancels the statement under way and fails with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Called when an attempt has had no answer for 3 s. */
  onSilence?: (() => void) | undefined
  /** Called once per reason while waiting. */
  onWaiting?: ((reason: string) => void) | undefined
  /** The server's NOTICE and WARNING messages. */
  onNotice?: ((severity: string, message: string) => void) | undefined
}

/** "The database system is starting up" is waited for without being asked. */
const STARTING_WAIT_MS = 30_000
const RETRY_MS = 250
/** An answer takes some milliseconds; what is silent for longer will mostly stay so. */
export const SILENCE_MS = 3000

/**
 * Connects, waiting for a server that is starting (30 s) or, with `waitMs`, absent.
 *
 * @throws CruddurError: LOGIN_FAILED, DATABASE_NOT_FOUND, SERVER_REFUSED, HOST_NOT_FOUND,
 * CONNECT_TIMEOUT, TLS_FAILED, …; or the signal's reason
 */
async function openClient(target: Target, options: ConnectOptions): Promise<pg.Client> {
  const started = Date.now()
  const waitMs = options.waitMs ?? 0
  let told: string | undefined
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      return await dialUnless(options, target)
    } catch (error) {
      options.signal?.throwIfAborted()
      const failure = classify(error)
      const limit = failure === 'starting' ? Math.max(STARTING_WAIT_MS, waitMs) : waitMs
      const translated = connectError(error, target)
      const waits = failure === 'starting' || failure === 'absent'
      if (!waits || Date.now() - started + RETRY_MS > limit) throw translated
      if (told !== translated.message) options.onWaiting?.(translated.message)
      told = translated.message
      await sleep(RETRY_MS)
    }
  }
}

/** The connection, or at once the signal's reason; a connection that is made too late is closed. */
async function dialUnless({onSilence, signal}: ConnectOptions, target: Target): Promise<pg.Client> {
  const silence = onSilence && setTimeout(onSilence, SILENCE_MS)
  const dialing = dial(target)
  try {
    return await abortable(dialing, signal)
  } catch (error) {
    if (signal?.aborted) dialing.then((client) => client.end()).catch(() => {})
    throw error
  } finally {
    clearTimeout(silence)
  }
}

/** Asks the server to stop the statement under way (protocol: CancelRequest, on a connection of its own). */
function cancelStatement(client: pg.Client): void {
  const {processID, secretKey, host, port} = client as pg.Client & {
    processID: number | null
    secretKey: number | null
  }
  if (processID === null || secretKey === null) return
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80_877_102, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  const socket = host.startsWith('/')
    ? connectSocket(`${host}/.s.PGSQL.${port}`)
    : connectSocket(port, host)
  // Best effort: the connection itself is cut right after when the server does not react.
  socket.on('error', () => {})
  socket.end(request)
}

/** How long a cancelled statement may take to end in order before its connection is cut. */
const CANCEL_GRACE_MS = 1000

/** A request that arrives before its statement does is forgotten by the server, so it is repeated. */
const CANCEL_EVERY_MS = 100

function cancelOnAbort(client: pg.Client, signal: AbortSignal | undefined): () => void {
  if (!signal) return () => {}
  let cut: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  const abort = (): void => {
    cancelStatement(client)
    again = setInterval(() => cancelStatement(client), CANCEL_EVERY_MS)
    cut = setTimeout(() => client.connection.stream.destroy(), CANCEL_GRACE_MS)
  }
  signal.addEventListener('abort', abort, {once: true})
  return () => {
    signal.removeEventListener('abort', abort)
    clearInterval(again)
    clearTimeout(cut)
  }
}

/**
 * Runs `fn` with a connection to the target's database and closes it afterwards.
 *
 * @throws CruddurError for whatever the server or the network said; the signal's reason when aborted
 */
export async function withClient<T>(
  target: Target,
  fn: (client: pg.Client) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const client = await openClient(target, options)
  if (options.onNotice) {
    client.on('notice', (notice) =>
      options.onNotice?.(notice.severity ?? 'NOTICE', notice.message ?? ''),
    )
  }
  const release = cancelOnAbort(client, options.signal)
  try {
    options.signal?.throwIfAborted()
    // What came to its end before the signal could stop it is done, and is reported as done.
    return await fn(client)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw queryError(error, target)
  } finally {
    release()
    await client.end()
  }
}

/** Databases to work from when the target's own is made, renamed or dropped, in order of preference. */
function maintenanceDatabases(target: Target): string[] {
  return ['postgres', 'template1'].filter((name) => name !== target.database)
}

/** A maintenance database that is missing (3D000) or closed to this user (42501): the next one may do. */
function isUnusable(error: unknown): boolean {
  return (
    error instanceof CruddurError &&
    (error.code === 'DATABASE_NOT_FOUND' || error.details.sqlstate === '42501')
  )
}

/**
 * Runs `fn` with a connection to the server's maintenance database: `postgres`, or `template1` where
 * that does not exist or is the target itself (amacneil/dbmate #78).
 *
 * @throws CruddurError as {@link withClient}
 */
export async function withMaintenanceClient<T>(
  target: Target,
  fn: (client: pg.Client) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const [first, second] = maintenanceDatabases(target)
  let connected = false
  const run = (database: string): Promise<T> =>
    withClient(
      withDatabase(target, database),
      (client) => {
        connected = true
        return fn(client)
      },
      options,
    )
  try {
    return await run(first ?? 'postgres')
  } catch (error) {
    if (connected || second === undefined || !isUnusable(error)) throw error
    return await run(second)
  }
}
