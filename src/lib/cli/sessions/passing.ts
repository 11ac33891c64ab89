import {CruddurError} from '../../error.js'

/** Before each attempt to reach a lost server again, in milliseconds; the last one for all further attempts. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000]

/** What may be otherwise in a moment; a wrong password, a missing role, a failed certificate may not. */
const PASSING = new Set([
  'CONNECTION_LOST',
  'CONNECT_FAILED',
  'CONNECT_TIMEOUT',
  'HOST_NOT_FOUND',
  'LOGIN_TIMEOUT',
  'SERVER_FULL',
  'SERVER_REFUSED',
  'SERVER_STARTING',
  'TOO_MANY_CONNECTIONS',
])

export function isPassing(error: unknown): error is CruddurError {
  return error instanceof CruddurError && PASSING.has(error.code)
}

/**
 * How long to wait before an attempt, in milliseconds.
 *
 * @param tries how many have failed before it
 */
export function pauseBefore(tries: number): number {
  return PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0
}
