import {CruddurError} from '../error.js'
import type {Value, Values} from './value.js'

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

/** A message of the protocol counts them in two bytes. */
const MOST = 65_535

/**
 * Sees that every parameter has a value and every value a parameter.
 *
 * @param shown the template, as the user knows it
 * @throws CruddurError TEMPLATE_PARAMETERS (exit 2), which names all that is missing and all that is unknown
 */
export function checkNames(parameters: readonly string[], values: Values, shown: string): void {
  if (parameters.length > MOST) {
    throw wrongValue(
      `${shown} has ${parameters.length} parameters, and PostgreSQL takes ${MOST}`,
      'give a list as the value of one: = ANY(%(name)s)',
    )
  }
  const known = new Set(parameters)
  const given = Object.keys(values)
  const missing = parameters.filter(
    (name) => !Object.hasOwn(values, name) || values[name] === undefined,
  )
  const unknown = given.filter((name) => !known.has(name))
  if (missing.length + unknown.length === 0) return
  const problems = [
    ...(missing.length > 0 ? [`has no value for ${quoted(missing)}`] : []),
    ...(unknown.length > 0 ? [`has no parameter ${quoted(unknown)}`] : []),
  ]
  throw wrongValue(
    `${shown} ${problems.join(' and ')}`,
    parameters.length === 0 ? 'it has no parameters' : `its parameters: ${parameters.join(', ')}`,
    {missing, unknown},
  )
}

/** A value as node-postgres is given it, and what is written behind its `$n`. */
export interface BoundValue {
  value: unknown
  cast: string
}

/**
 * One value, ready to be sent. node-postgres sends a Date as text, of which PostgreSQL drops the offset where the column is a
 * `timestamp`: so it is sent as an instant, which the server brings into its session's time zone, as psycopg does.
 *
 * @throws CruddurError TEMPLATE_PARAMETERS (exit 2): no date, text that has no UTF-8, or what
 * is no JSON
 */
export function bindValue(name: string, value: Value): BoundValue {
  if (value instanceof Date) return {value: instant(name, value), cast: '::timestamptz'}
  if (Array.isArray(value)) return bindList(name, value)
  if (typeof value === 'string') checkText(name, value)
  if (value instanceof Uint8Array && !Buffer.isBuffer(value))
    return {value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), cast: ''}
  if (typeof value === 'function' || typeof value === 'symbol')
    throw wrongValue(`the value of "${name}" is a ${typeof value}`, 'give it a text or a number')
  const isDocument = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
  return {value: isDocument ? jsonOf(name, value) : value, cast: ''}
}

/** A list, in lists too: everything in it as it would be on its own; NULL stands among dates as well. */
function bindList(name: string, list: readonly Value[]): BoundValue {
  const leaves = list.flat(DEEPEST).filter((each) => each !== null && each !== undefined)
  if (leaves.some((each) => Array.isArray(each)))
    throw wrongValue(
      `the value of "${name}" is a list in more than ${DEEPEST} others`,
      'give it fewer dimensions, or the text of a JSON document',
    )
  const areDates = leaves.length > 0 && leaves.every((each) => each instanceof Date)
  return {value: plainList(name, list), cast: areDates ? '::timestamptz[]' : ''}
}

/** PostgreSQL's lists have up to six dimensions: this many are in others. */
const DEEPEST = 5

function plainList(name: string, list: readonly Value[]): unknown[] {
  return list.map((each) =>
    Array.isArray(each) ? plainList(name, each) : bindValue(name, each).value,
  )
}

/** JSON is made here: what it cannot be made of would be a lost connection to node-postgres. */
function jsonOf(name: string, value: object): string {
  try {
    const json: string | undefined = JSON.stringify(value)
    if (json !== undefined) return json
  } catch {
    // A ring, or a bigint, in it.
  }
  throw wrongValue(
    `the value of "${name}" cannot be written as JSON`,
    'give an object without rings in it, and a bigint as a text',
  )
}

function instant(name: string, date: Date): string {
  if (Number.isNaN(date.getTime())) {
    throw wrongValue(`the value of "${name}" is no valid date`, 'give it a date that there is')
  }
  return date.toISOString()
}

function checkText(name: string, text: string): void {
  if (!/[\0\p{Cs}]/u.test(text)) return
  throw wrongValue(
    `the value of "${name}" holds ${text.includes('\0') ? 'a NUL' : 'half of a character'}, which PostgreSQL cannot keep in text`,
    'take it out of the value',
  )
}

function wrongValue(message: string, hint: string, data?: Record<string, unknown>): CruddurError {
  return new CruddurError('TEMPLATE_PARAMETERS', message, {exit: 2, hint, ...(data ? {data} : {})})
}
