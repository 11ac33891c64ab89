import {CruddurError} from '../../../src/lib/error.js'
import {hintFor} from './hints.js'
import type {Recorded} from './record.js'
import {LATE, type Origin} from './session.js'

/** What one call came to. Nothing in it is about a person, and no text of the server's, which quotes what was sent. */
export type Outcome =
  | {outcome: Exclude<Recorded, 'conflict'> | 'not-a-sign-up'}
  | {outcome: 'attributes-missing'; missing: readonly string[]}
  | {outcome: 'failed'; code: string; sqlstate?: string; hint?: string}

/**
 * A failure by its code alone: messages name hosts, users and values.
 *
 * @param connection undefined: it failed before there was one
 */
export function failed(error: unknown, connection: Origin | undefined): Outcome {
  const code = codeOf(error, connection)
  const sqlstate = error instanceof CruddurError ? error.details.sqlstate : undefined
  const hint = hintFor(code, sqlstate)
  return {
    outcome: 'failed',
    code,
    ...(sqlstate && /^[0-9A-Z]{5}$/.test(sqlstate) ? {sqlstate} : {}),
    ...(hint ? {hint} : {}),
  }
}

function codeOf(error: unknown, connection: Origin | undefined): string {
  if (error instanceof CruddurError) return error.code
  if (error !== LATE) return 'UNEXPECTED'
  return connection ? 'STATEMENT_TIMEOUT' : 'CONNECT_TIMEOUT'
}

/** `error`: somebody signed up who has no row in the database. */
function levelOf({outcome}: Outcome): 'info' | 'error' {
  const lost = ['attributes-missing', 'failed', 'handle-taken'].includes(outcome)
  return lost ? 'error' : 'info'
}

interface Call {
  requestId: string
  /** How long it took, whole milliseconds. */
  ms: number
  connection: Origin | undefined
}

/** The one line that a call writes into the log: JSON. */
export function logLine(outcome: Outcome, {requestId, ms, connection}: Call): string {
  const about = {requestId, ms, ...(connection ? {connection} : {})}
  return JSON.stringify({level: levelOf(outcome), ...outcome, ...about})
}
