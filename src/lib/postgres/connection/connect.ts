import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {startPipeline} from '../../pipelining.js'
import {isServerError} from '../../server-error.js'
import {type Target, withDatabase} from '../../target/target.js'
import {cancelOnAbort} from './cancel.js'
import {closeClient, leaveClient} from './close.js'
import type {EarlyLogin} from './early.js'
import {queryError} from './errors.js'
import {type OpenOptions, openClient} from './open.js'
import {pinned} from './pin.js'
import {type WatchTimes, watchConnection} from './watch.js'

export {SILENCE_MS} from './open.js'
export {pinned} from './pin.js'

export interface ConnectOptions extends OpenOptions {
  /** A connection that was made beforehand, if it was; see {@link EarlyLogin}. */
  opened?: Promise<pg.Client | undefined> | undefined
  /**
   * Whether nobody waits for the session's end, asked in the end: nothing depends on it, another connection neither, which a
   * limit may not admit beside it.
   */
  leaves?: (() => boolean) | undefined
  /** The server's NOTICE and WARNING messages. */
  onNotice?: ((severity: string, message: string) => void) | undefined
  /** When a silent connection counts as lost; for tests. */
  watch?: Partial<WatchTimes> | undefined
}

/** What ended the connection while nobody asked it anything; node-postgres says of a later query only that it cannot be run. */
function notesLoss(client: pg.Client): (error: unknown) => unknown {
  let loss: Error | undefined
  client.on('error', (error) => {
    loss ??= error
  })
  return (error) => {
    const own = error instanceof CruddurError || isServerError(error)
    return own ? error : (loss ?? error)
  }
}

/**
 * Runs `fn` with a connection to the target's database and closes it afterwards. A connection that is silent for long, and
 * whose server gives no sign of life on a new one, is lost: see {@link watchConnection}.
 *
 * @throws CruddurError for whatever the server or the network said; the signal's reason when aborted
 */
export async function withClient<T>(
  target: Target,
  fn: (client: pg.Client) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const {onNotice, signal} = options
  const client = (await options.opened) ?? (await openClient(target, options))
  const reasonOf = notesLoss(client)
  if (onNotice) {
    client.on('notice', ({severity, message}) => onNotice(severity ?? 'NOTICE', message ?? ''))
  }
  const stopWatching = watchConnection(client, options.watch)
  const stopCancelling = cancelOnAbort(client, signal)
  try {
    signal?.throwIfAborted()
    // What came to its end before the signal could stop it is done, and is reported as done.
    return await fn(client)
  } catch (error) {
    signal?.throwIfAborted()
    throw queryError(reasonOf(error), pinned(target, client))
  } finally {
    stopWatching()
    await stopCancelling()
    if (options.leaves?.()) leaveClient(client)
    else await closeClient(client, signal?.aborted)
  }
}

/** How the maintenance database is used. */
export interface MaintenanceOptions extends ConnectOptions {
  /** It is only looked from there, maybe for long, so that it may be the target's own. */
  looks?: boolean | undefined
}

/** Databases to work from when the target's own is made, renamed or dropped, in order of preference. */
function maintenanceDatabases({database}: Target, looks = false): string[] {
  return ['postgres', 'template1'].filter((name) => looks || name !== database)
}

/**
 * A maintenance database that is missing (3D000), closed to this user (42501, or by pg_hba.conf, whose name stands in every
 * language of the message), closed to all (55000), or that has no connection left (53300): the next one may do.
 */
function isUnusable(error: unknown): boolean {
  if (!(error instanceof CruddurError)) return false
  const {sqlstate} = error.details
  if (sqlstate === '28000') return /pg_hba\.conf/.test(error.message)
  return error.code === 'DATABASE_NOT_FOUND' || /^(42501|55000|53300)$/.test(sqlstate ?? '')
}

/**
 * Runs `fn` with a connection to the server's maintenance database: `postgres`, or `template1` where
 * that cannot be used or is the target itself (amacneil/dbmate #78). Queries on it are sent at once, see {@link startPipeline}.
 *
 * @throws CruddurError as {@link withClient}; of two databases that cannot be used the first one's
 */
export async function withMaintenanceClient<T>(
  target: Target,
  fn: (client: pg.Client) => Promise<T>,
  {looks, ...options}: MaintenanceOptions = {},
): Promise<T> {
  const [first, second] = maintenanceDatabases(target, looks)
  let connected = false
  const run = (database: string): Promise<T> =>
    withClient(
      withDatabase(target, database),
      (client) => {
        connected = true
        // To the end: what still runs when it is left is waited for, and not cut off.
        startPipeline(client)
        return fn(client)
      },
      // template1 could not be copied while somebody is seen in it.
      {...options, leaves: database === 'postgres' ? options.leaves : undefined},
    )
  try {
    return await run(first ?? 'postgres')
  } catch (error) {
    if (connected || second === undefined || !isUnusable(error)) throw error
    return await run(second).catch((later: unknown) => {
      options.signal?.throwIfAborted()
      throw connected ? later : error
    })
  }
}
