import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'
import {abortable} from '../../abortable.js'
import type {Target} from '../../target/target.js'
import {trace} from '../../trace.js'
import {closeClient} from './close.js'
import {dial, type Round} from './dial.js'

export interface OpenOptions {
  /** How long to wait for a server that is not there yet, in milliseconds; 0 unless told. */
  waitMs?: number | undefined
  /** Aborting cancels the statement under way and fails with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Called when an attempt has had no answer for 3 s. */
  onSilence?: (() => void) | undefined
  /** Called once per reason while waiting. */
  onWaiting?: ((reason: string) => void) | undefined
}

/** "The database system is starting up" is waited for without being asked. */
const STARTING_WAIT_MS = 30_000
const RETRY_MS = 250
/** An answer takes some milliseconds; what is silent for longer will mostly stay so. */
export const SILENCE_MS = 3000

/**
 * Connects, waiting for a server that is starting (30 s) or, with `waitMs`, absent. One that is shutting down is waited for
 * like one that is starting, as long as it says so: nothing may come after it.
 *
 * @throws CruddurError: LOGIN_FAILED, DATABASE_NOT_FOUND, SERVER_REFUSED, HOST_NOT_FOUND,
 * CONNECT_TIMEOUT, TLS_FAILED, …; or the signal's reason
 */
export async function openClient(target: Target, options: OpenOptions): Promise<pg.Client> {
  const {signal, waitMs = 0} = options
  const started = Date.now()
  let told: string | undefined
  for (;;) {
    signal?.throwIfAborted()
    const round = await playRound(target, options)
    if ('client' in round) return round.client
    const {error, failure} = round
    const limit = failure === 'starting' ? Math.max(STARTING_WAIT_MS, waitMs) : waitMs
    const waits = failure === 'starting' || failure === 'absent'
    if (!waits || Date.now() - started + RETRY_MS > limit) throw error
    trace('connection', () => `${failure}: trying again`)
    if (told !== error.message) options.onWaiting?.(error.message)
    told = error.message
    await abortable(sleep(RETRY_MS), signal)
  }
}

/** The outcome, or at once the signal's reason. */
async function playRound(target: Target, {onSilence, signal}: OpenOptions): Promise<Round> {
  const silence = onSilence && setTimeout(onSilence, SILENCE_MS)
  const dialing = dial(target, signal)
  try {
    return await abortable(dialing, signal)
  } catch (error) {
    // Made in the moment of the signal.
    dialing.then(closeRound).catch(() => {})
    throw error
  } finally {
    clearTimeout(silence)
  }
}

async function closeRound(round: Round): Promise<void> {
  if ('client' in round) await closeClient(round.client, true)
}
