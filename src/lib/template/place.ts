import {type CruddurError, reworded} from '../error.js'
import {isServerError, type ServerError} from '../server-error.js'
import {errorAt} from '../sql/place.js'
import {skipCharacters} from '../sql/place-at.js'
import {type CommandLine, plainCommand} from '../target/again.js'
import type {Bound} from './bind.js'
import type {Template} from './template.js'

/** What to do where PostgreSQL has no hint, and the one for files would be wrong; by SQLSTATE. */
const CURES: Readonly<Record<string, ((command: CommandLine) => string) | undefined>> = {
  '23502': () => 'give the column a value',
  '23505': () => 'the row is there already',
  '25001': outsideOfOne,
  '2D000': outsideOfOne,
  '42P01': (command) => `load the schema first: ${command('schema-load')}`,
  '55P04': outsideOfOne,
}

function outsideOfOne(command: CommandLine): string {
  return `run it in ${command('connect')}: a query runs in a transaction`
}

/**
 * The server's error about a bound statement, with its place in the template: line, column and a caret, whatever was
 * put around the statement and in the place of its parameters.
 *
 * @param command leads another command to the same database
 * @returns CruddurError SQL_ERROR, with PostgreSQL's message, detail, hint (or a cure of ours) and SQLSTATE
 */
export function templateError(
  error: unknown,
  template: Template,
  bound: Bound,
  command: CommandLine = plainCommand,
): CruddurError {
  const {statement, text} = template
  const wrong = isServerError(error) ? parameterOf(error, template) : undefined
  const at =
    wrong?.at ?? (isServerError(error) ? offsetOf(error.position, template, bound) : undefined)
  const placed = errorAt(error, text, at ?? statement.start)
  if (!isServerError(error)) return placed
  if (wrong) {
    const typeless = UNTYPED.has(wrong.code)
    const hint = typeless
      ? `write the type behind it: %(${wrong.name})s::text`
      : `see the value of the parameter "${wrong.name}"`
    return reworded(placed, {hint, data: {where: undefined}, cause: error})
  }
  const hint = error.hint ?? CURES[error.code]?.(command) ?? placed.details.hint
  // The server names a word of ours that follows where the statement ends too soon.
  const endsEarly = error.code === '42601' && isBehind(error.position, bound)
  const message = endsEarly ? 'syntax error at the end of the statement' : placed.message
  return reworded(placed, {message, hint, cause: error})
}

/** Nothing tells, or several things tell otherwise, of which type a parameter is. */
const UNTYPED = new Set(['42P18', '42P08'])

interface WrongParameter {
  code: string
  name: string
  at: number
}

/**
 * The parameter that an error without a position is about: "could not determine data type of parameter $3", "unnamed portal
 * parameter $3" of a value that is none of its type; the number is there in any language of messages.
 */
function parameterOf(
  {code, message, position, where}: ServerError,
  {parameters, pieces}: Template,
): WrongParameter | undefined {
  const words = UNTYPED.has(code) ? message : (code.startsWith('22') && where) || ''
  const [, number] = /\$(\d+)/.exec(words) ?? []
  const name = position === undefined ? parameters[Number(number) - 1] : undefined
  const piece = name === undefined ? undefined : pieces.find((each) => each.name === name)
  return piece && name !== undefined ? {code, name, at: piece.start} : undefined
}

function isBehind(position: string | undefined, {length}: Bound): boolean {
  return Number(position ?? 0) > length
}

function offsetOf(
  position: string | undefined,
  {statement, text}: Template,
  bound: Bound,
): number | undefined {
  if (position === undefined) return undefined
  if (isBehind(position, bound)) return lastOf(text.bytes, statement)
  const sent = Number(position) - 1
  const origin = bound.origins.findLast((each) => each.sent <= sent)
  if (!origin) return undefined
  const {start, end, name} = origin.piece
  return name === undefined ? skipCharacters(text.bytes, start, sent - origin.sent, end) : start
}

/** Behind the last thing of the statement that is no blank. */
function lastOf(bytes: Buffer, {start, end}: Template['statement']): number {
  return start + bytes.toString('latin1', start, end).trimEnd().length
}
