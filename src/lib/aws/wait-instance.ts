import {setTimeout as sleep} from 'node:timers/promises'
import type {DBInstance} from '@aws-sdk/client-rds'
import {CruddurError, reworded} from '../error.js'
import {isPassing} from './errors.js'
import {deadEnd, type Instance, instanceOf, isUsable} from './instance.js'

export interface WaitOptions {
  signal?: AbortSignal | undefined
  /** Told after every look: the status, and what is in the way of looking. */
  onStatus?: ((status: string, trouble?: string) => void) | undefined
  /** Milliseconds until it is given up; an hour unless told: a small instance takes 5 to 15 minutes. */
  limitMs?: number | undefined
  /** Milliseconds before the nth look (from 1). */
  pauseMs?: ((look: number) => number) | undefined
}

const LIMIT_MS = 60 * 60 * 1000
const LONGEST_PAUSE_MS = 15_000

/** Quick at first, for an instance that is nearly ready; AWS's own waiter looks every 30 s. */
export function growingPause(look: number): number {
  return Math.min(500 * 1.5 ** (look - 1), LONGEST_PAUSE_MS)
}

/** RDS may not know an instance for a moment after it was created. */
const NEWBORN_LOOKS = 5

const LOOK_AGAIN = 'run the same command again: it finds the instance and waits on'

function gone(identifier: string): CruddurError {
  return new CruddurError('INSTANCE_GONE', `the instance "${identifier}" is not there any more`, {
    hint: 'somebody deleted it; run the command again to create it anew',
    data: {identifier},
  })
}

function dead(instance: Instance, cure: string): CruddurError {
  const {identifier, status} = instance
  return new CruddurError(
    'INSTANCE_FAILED',
    `the instance "${identifier}" is ${status} and will not become available by itself`,
    {hint: cure, data: {instance}},
  )
}

function late(identifier: string, status: string, limitMs: number): CruddurError {
  const minutes = Math.round(limitMs / 60_000)
  return new CruddurError(
    'INSTANCE_NOT_READY',
    `the instance "${identifier}" is still ${status} after ${minutes} min`,
    {hint: LOOK_AGAIN, data: {identifier, status}},
  )
}

/** An error that ends the waiting and not what AWS is doing; of an interruption nobody else says how to go on. */
function withoutUs(error: CruddurError, identifier: string): CruddurError {
  return reworded(error, {
    message: `${error.message}; the instance "${identifier}" goes on being created without us`,
    hint: error.details.hint ?? LOOK_AGAIN,
  })
}

/**
 * Looks until an instance is available and has an endpoint. Lost connections and throttling are lived through.
 *
 * @param find one look; throws the CruddurErrors of `awsError`
 * @throws CruddurError INSTANCE_FAILED (a status from which nothing leads on), INSTANCE_GONE, INSTANCE_NOT_READY, or
 * what `find` threw; the signal's reason
 */
export async function waitForInstance(
  identifier: string,
  find: () => Promise<DBInstance | undefined>,
  options: WaitOptions = {},
): Promise<DBInstance> {
  const {signal, onStatus, limitMs = LIMIT_MS, pauseMs = growingPause} = options
  const started = Date.now()
  let status = 'creating'
  let seen = false
  let absent = 0
  for (let look = 1; ; look++) {
    const found = await findOrTrouble(identifier, find)
    if (found instanceof CruddurError) onStatus?.(status, found.message)
    else if (found) {
      const instance = instanceOf(found)
      seen = true
      status = instance.status
      onStatus?.(status)
      if (isUsable(instance)) return found
      const cure = deadEnd(instance)
      if (cure !== undefined) throw dead(instance, cure)
    } else if (seen || ++absent > NEWBORN_LOOKS) throw gone(identifier)
    const pause = pauseMs(look)
    if (Date.now() - started + pause > limitMs) throw late(identifier, status, limitMs)
    await pauseUnless(identifier, signal, pause)
  }
}

async function findOrTrouble(
  identifier: string,
  find: () => Promise<DBInstance | undefined>,
): Promise<DBInstance | CruddurError | undefined> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof CruddurError)) throw error
    if (isPassing(error)) return error
    throw withoutUs(error, identifier)
  }
}

async function pauseUnless(
  identifier: string,
  signal: AbortSignal | undefined,
  ms: number,
): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? {signal} : {})
  } catch (error) {
    const reason: unknown = signal?.aborted ? signal.reason : error
    throw reason instanceof CruddurError ? withoutUs(reason, identifier) : reason
  }
}
