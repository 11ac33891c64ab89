import {CruddurError} from '../error.js'
import {isServerError} from '../server-error.js'

/** What stays of a run that an interrupt, or the end of the connection, has stopped: their errors do not tell. */
export interface Left {
  /** To be put behind the error's message. */
  note: string
  /** Statements that are kept; undefined when that is not known. */
  statements: number | undefined
}

/** An error in a file that is run without a transaction, and how much before it stays. */
export function withKept(error: unknown, kept: number): unknown {
  if (!(error instanceof CruddurError)) return error
  const {code, message, exit, excerpt, details, data, cause} = error
  return new CruddurError(code, message + keptNote(kept), {
    ...details,
    exit,
    excerpt,
    data: {...data, statements: kept},
    cause,
  })
}

function keptNote(kept: number): string {
  if (kept === 0) return ' (no statement before it is kept)'
  return kept === 1
    ? ' (1 statement before it has run and is kept)'
    : ` (${kept} statements before it have run and are kept)`
}

/**
 * What stays of a run without a transaction.
 *
 * @param error what it ended with: a server that says why it ends a statement, or a session, has not run that statement
 */
export function leftOf(error: unknown, kept: number): Left {
  const sure = isServerError(error) || error instanceof CruddurError
  const done = {0: 'no statement is kept', 1: '1 statement has run and is kept'}[kept]
  const next = sure ? '' : '; whether the next one has is not known'
  return {
    note: ` (${done ?? `${kept} statements have run and are kept`}${next})`,
    statements: kept,
  }
}

/** What stays when the connection is cut between a COMMIT and its answer. */
export const COMMIT_UNKNOWN: Left = {
  note: ' (whether all of it was kept or nothing is not known)',
  statements: undefined,
}
