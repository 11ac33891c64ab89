import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {isConnectionError} from '../../server-error.js'
import type {Target} from '../../target/target.js'
import {withMaintenanceClient} from '../connection/connect.js'
import {dropDatabase} from '../databases.js'

interface DiscardOptions {
  /** Aborted, be it on the way: the command is being ended, and this may take no more than a moment. */
  signal?: AbortSignal | undefined
  /** Why it is to go: a lost connection means that the old one is not worth a try. */
  reason?: unknown
  onNote: (note: string) => void
}

function isLost(reason: unknown): boolean {
  if (reason instanceof CruddurError) return reason.code === 'CONNECTION_LOST'
  return reason !== undefined && isConnectionError(reason)
}

/** After Ctrl-C all is over within 2 s; a DROP that takes longer ends without us. */
const PATIENCE_MS = 900

/**
 * Drops a database that setup made or has replaced, sessions or not, whatever state the connection is in. What cannot be
 * removed is told and left to the next setup.
 *
 * @param client a connection to the maintenance database, tried first: there may be no other one left
 * @returns whether it is gone
 */
export async function discard(
  target: Target,
  client: pg.Client,
  name: string,
  {signal, reason, onNote}: DiscardOptions,
): Promise<boolean> {
  const drop = (connected: pg.Client): Promise<unknown> =>
    dropDatabase(connected, name, {force: true})
  const over = new AbortController()
  const dropAnew = (): Promise<unknown> =>
    withMaintenanceClient(target, drop, {signal: over.signal})
  // What is sent on a connection after the signal is cancelled; of a silent server one does not hear for long.
  const anew = signal?.aborted || isLost(reason)
  const dropping = anew ? dropAnew() : drop(client).catch(dropAnew)
  const failure = dropping.then(
    () => undefined,
    (error: Error) => error.message,
  )
  const why = await hurried(failure, signal)
  // Else the process would wait for it.
  over.abort()
  if (why === undefined) return true
  onNote(`"${name}" could not be removed (${why}); the next setup will`)
  return false
}

/** What came of it; once the signal has come, for a moment only. */
async function hurried(
  failure: Promise<string | undefined>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!signal) return await failure
  const over = new AbortController()
  const late = async (): Promise<string> => {
    if (!signal.aborted) await once(signal, 'abort', {signal: over.signal})
    return await sleep(PATIENCE_MS, 'it takes long', {signal: over.signal})
  }
  try {
    return await Promise.race([failure, late()])
  } finally {
    over.abort()
  }
}
