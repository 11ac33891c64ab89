import {isUtf8} from 'node:buffer'
import {CruddurError} from '../error.js'
import {queryError} from '../postgres/connection/errors.js'
import {isConnectionError, isServerError} from '../server-error.js'
import {placeError} from '../sql/place.js'
import type {Target} from '../target/target.js'
import type {Typed} from './reader.js'

/** What to do about errors that PostgreSQL has no hint for, by SQLSTATE; those of `sql/place.ts` are meant for files. */
const CURES: Readonly<Record<string, string | undefined>> = {
  '25P02': 'ROLLBACK ends the failed transaction',
  '3D000': '\\l lists the databases',
  '3F000': '\\dn lists the schemas',
  '42703': '\\d TABLE lists the columns of a table',
  '42883': '\\df lists the functions',
  '42P01': '\\dt lists the tables',
  '57014': undefined,
}

/**
 * What a statement failed with, as an error of ours: with its line and a caret, and its place where it stands in a file.
 *
 * @returns CruddurError SQL_ERROR for what the server said of it, CONNECTION_LOST and the like for the connection
 */
export function statementError(error: unknown, typed: Typed, target: Target): CruddurError {
  if (error instanceof CruddurError) return error
  // V8's, of a text that has no room in a string.
  if (error instanceof RangeError) {
    return new CruddurError('SQL_ERROR', 'a row is too long for this shell to print it', {
      hint: 'select less of it, or use psql',
      cause: error,
    })
  }
  if (!isServerError(error) || isConnectionError(error)) return queryError(error, target)
  const {text, statement} = typed.text.path === '' ? alone(typed) : typed
  const placed = placeError(error, text, statement)
  const {file, line, column, ...details} = placed.details
  const place = text.path === '' ? {} : {file, line, column}
  return new CruddurError(placed.code, placed.message, {
    ...details,
    ...place,
    detail: error.detail ?? rowOf(error),
    hint: error.hint ?? CURES[error.code],
    excerpt: placed.excerpt,
    data: placed.data,
    cause: error,
  })
}

/** The row of a COPY that was refused, in the server's words. */
function rowOf({where}: {where?: string | undefined}): string | undefined {
  const [innermost = ''] = where?.split('\n') ?? []
  return innermost.startsWith('COPY ') ? innermost : undefined
}

/** What a command of the shell's own failed with: it has no line to show. */
export function commandError(error: unknown, target: Target): CruddurError {
  if (!isServerError(error) || isConnectionError(error)) return queryError(error, target)
  return new CruddurError('SQL_ERROR', error.message, {
    sqlstate: error.code,
    detail: error.detail,
    hint: error.hint ?? CURES[error.code],
    cause: error,
  })
}

/** A statement that a person typed has no other lines than its own. */
function alone({text, statement: {start, end}}: Typed): Typed {
  const bytes = text.bytes.subarray(start, end)
  return {
    text: {...text, bytes, line: 1, before: 0},
    statement: {start: 0, end: bytes.length},
  }
}

/** @throws CruddurError SQL_ENCODING for what PostgreSQL cannot be sent: it would take a NUL for the end */
export function checkSendable({text, statement}: Typed): void {
  const bytes = text.bytes.subarray(statement.start, statement.end)
  const nul = bytes.includes(0)
  if (!nul && isUtf8(bytes)) return
  const lines = text.bytes.subarray(0, statement.start).toString('latin1').split('\n').length
  throw new CruddurError(
    'SQL_ENCODING',
    nul ? 'a statement holds a NUL' : 'a statement is not UTF-8',
    {
      ...(text.path === '' ? {} : {file: text.path, line: text.line + lines - 1}),
      hint: nul ? 'remove it: PostgreSQL has no NUL in text' : 'convert it to UTF-8',
    },
  )
}
