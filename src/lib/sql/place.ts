import {CruddurError} from '../error.js'
import {readOnlyFrom} from '../read-only.js'
import {isServerError, type ServerError} from '../server-error.js'
import {isDenied, serverCure} from '../server-trouble.js'
import {CLASS, LINE_FEED, SPACE} from './bytes.js'
import {excerptAt} from './excerpt.js'
import {countCharacters, placeAt, skipCharacters} from './place-at.js'
import type {Statement} from './scanner.js'
import type {Text} from './text.js'
import {firstWord, tokensOf} from './tokens.js'

/**
 * The server's error about a statement as an error with its place in the file.
 *
 * @param sent what of the text was sent, the statement in it; the server counts from there
 * @returns CruddurError SQL_ERROR: PostgreSQL's message, detail, hint (or a cure of ours) and SQLSTATE;
 *   file, line, column and the line with a caret. Without a position from the server (a constraint,
 *   RAISE) the place is the statement's beginning; in a DO body, the line of the body.
 */
export function placeError(
  error: unknown,
  text: Text,
  statement: Statement,
  sent: Statement = statement,
): CruddurError {
  const at = isServerError(error) ? offsetOf(error, text.bytes, statement, sent) : statement.start
  return errorAt(error, text, at)
}

/** The server's error at an offset of the text. */
export function errorAt(error: unknown, text: Text, at: number): CruddurError {
  const {line, column} = placeAt(text, at)
  return sqlError(error, {file: text.path, line, column, excerpt: excerptAt(text, at)})
}

interface Surroundings {
  file: string
  line?: number
  column?: number
  excerpt?: string
  /** Put behind PostgreSQL's message. */
  note?: string
  data?: Record<string, unknown>
}

/** SQL_ERROR from what the server said, and what is known around it. */
export function sqlError(error: unknown, {note = '', ...rest}: Surroundings): CruddurError {
  if (!isServerError(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return new CruddurError('SQL_ERROR', message + note, {...rest, cause: error})
  }
  return new CruddurError('SQL_ERROR', error.message + note, {
    ...rest,
    sqlstate: error.code,
    detail: error.detail,
    hint: error.hint ?? cureOf(error),
    data: {...rest.data, where: error.where},
    cause: error,
  })
}

function cureOf(error: ServerError): string | undefined {
  if (error.code === '25006') return readOnlyFrom(error.message).hint
  if (error.code === '25001' && /^(?:PL\/pgSQL|SQL) /m.test(error.where ?? ''))
    return 'take it out of the function or DO it is in'
  if (isDenied(error)) return 'log in as a role that may, or have the right granted'
  return CURES[error.code] ?? serverCure(error)
}

/** What to do about errors that PostgreSQL has no hint for, by SQLSTATE. */
const CURES: Readonly<Record<string, string | undefined>> = {
  '23502': 'give the column a value here, or a default in the schema',
  '23505':
    'the row is there already: ON CONFLICT DO NOTHING skips it; cruddur-db setup starts anew',
  '25001': 'run the file with --no-transaction',
  // A procedure, or DO, with a COMMIT of its own.
  '2D000': 'run the file with --no-transaction',
  '42703': 'compare the name with the columns the schema gives that table',
  '42P01': 'create it further up, or load the schema first: cruddur-db schema-load',
  '42P07': 'put DROP TABLE IF EXISTS before it; cruddur-db setup starts anew',
  '55P04': 'run the file with --no-transaction',
}

function offsetOf(
  error: ServerError,
  bytes: Buffer,
  statement: Statement,
  sent: Statement,
): number {
  const told = toldOffset(error, bytes, statement, sent)
  if (told !== undefined) return told === sent.end ? endOfText(bytes, sent) : told
  const untranslatable = encodingOffset(error, bytes, {start: statement.start, end: sent.end})
  if (untranslatable !== undefined) return untranslatable
  const {start, end} = statement
  const body = bodyLine(error, bytes, statement)
  if (body === undefined) return start
  return internalOffset(error, bytes, {start: body, end}) ?? firstOnLine(bytes, body)
}

/**
 * Where the server's position is, if it is one in what was sent: that of a prepared statement, which this
 * one executes, is not. Behind the first statement only the one that failed can be meant: syntax is looked at
 * before anything runs.
 */
function toldOffset(
  {position}: ServerError,
  bytes: Buffer,
  statement: Statement,
  sent: Statement,
): number | undefined {
  const before = Number(position ?? 0) - 1
  const {start, end} = statement.start === sent.start ? sent : statement
  if (before < 0 || before > countCharacters(bytes, sent.start, end)) return undefined
  const at = skipCharacters(bytes, sent.start, before, end)
  return at < start ? undefined : at
}

const BYTES = /0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})*/i

/** Where the character stands that the database's encoding has not: the server converts, and refuses, all that was sent at once. */
function encodingOffset(
  {code, message}: ServerError,
  bytes: Buffer,
  {start, end}: Statement,
): number | undefined {
  const [hex] = (code === '22P05' && BYTES.exec(message)) || []
  if (hex === undefined) return undefined
  const at = bytes.indexOf(Buffer.from(hex.replaceAll(/0x| /gi, ''), 'hex'), start)
  return at >= 0 && at < end ? at : undefined
}

/** "At end of input" is meant at the `;`, or behind the last token when the file ends without one. */
function endOfText(bytes: Buffer, {start, end}: Statement): number {
  if (end < bytes.length) return end
  let at = end
  while (at > start && CLASS[bytes[at - 1] ?? 0] === SPACE) at--
  return at
}

/** What PostgreSQL calls the body of a DO statement, in any language of messages. */
const DO_BODY = 'inline_code_block'
const DO_LINE = new RegExp(`${DO_BODY}\\D+(\\d+)`, 'g')

/**
 * Offset of the line in a DO body that `where` names ("inline_code_block line 4 at RAISE"). PL/pgSQL
 * counts line feeds, the opening quote stands in line 1, and the outermost block comes last.
 */
function bodyLine(error: ServerError, bytes: Buffer, statement: Statement): number | undefined {
  const line = [...(error.where ?? '').matchAll(DO_LINE)].at(-1)?.[1]
  // A function that the statement calls may run a DO of its own.
  if (line === undefined || firstWord(bytes, statement) !== 'do') return undefined
  let at = tokensOf(bytes, statement).find(({text}) => text === '$' || text === "'")?.at ?? -1
  for (let left = Number(line) - 1; left > 0 && at >= 0; left--) {
    const end = bytes.indexOf(LINE_FEED, at)
    at = end < 0 ? -1 : end + 1
  }
  return at >= statement.start && at < statement.end ? at : undefined
}

/** Offset inside of a query that the body itself ran, as far as it stands there word for word. */
function internalOffset(
  {where, internalQuery, internalPosition}: ServerError,
  bytes: Buffer,
  {start, end}: Statement,
): number | undefined {
  const [innermost = ''] = (where ?? '').split('\n')
  if (!innermost.includes(DO_BODY) || !internalQuery || !internalPosition) return undefined
  const at = bytes.subarray(0, end).indexOf(internalQuery, start)
  return at < 0 ? undefined : skipCharacters(bytes, at, Number(internalPosition) - 1, end)
}

function firstOnLine(bytes: Buffer, lineStart: number): number {
  let at = lineStart
  while (CLASS[bytes[at] ?? 0] === SPACE && bytes[at] !== LINE_FEED) at++
  return at
}
