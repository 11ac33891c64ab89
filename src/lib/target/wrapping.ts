import {isPlaceholder, maskPlaceholders} from './part.js'

/** A value that begins as a URL does, or why it is none. */
export interface Unwrapped {
  /** What stands behind `postgres://`; undefined when the value is no URL at all. */
  rest: string | undefined
  problems: readonly string[]
}

/** Blanks of every kind, and invisible characters that a copied text brings along. */
const BLANKS_AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu
const QUOTES_AROUND = /^["'`“”‘’]+|["'`“”‘’]+$/gu

/**
 * A quote at the end alone may belong to what stands there; with a partner further in, it does. So may
 * a single one at the end of a parameter, where `encodeURIComponent` leaves it as it is.
 */
function hasQuotesAround(text: string): boolean {
  if (/^["'`“”‘’]/u.test(text)) return true
  const last = text.at(-1) ?? ''
  if (last === "'" && text.includes('?')) return false
  return /["'`“”‘’]/u.test(last) && text.indexOf(last) === text.length - 1
}

/** Takes blanks and quotes off the value, naming them, so that what is inside can be judged as well. */
function takeOff(text: string): {text: string; problems: string[]} {
  const problems: string[] = []
  const inside = text.replaceAll(BLANKS_AROUND, '')
  if (inside !== text)
    problems.push('the value has blanks or invisible characters around it: remove them')
  if (!hasQuotesAround(inside)) return {text: inside, problems}
  problems.push('the value has quotes around it: remove them')
  return {text: inside.replaceAll(QUOTES_AROUND, '').replaceAll(BLANKS_AROUND, ''), problems}
}

const SCHEME = /^postgres(?:ql)?:\/\//i

/** Why a text without our scheme at its beginning is no URL; the first that fits. */
const NO_URL: readonly [RegExp, string][] = [
  [
    /.postgres(?:ql)?:\/\//i,
    'something stands before the URL: remove it, so that postgres:// comes first',
  ],
  [
    /^\w+\s*=/,
    'the value is no URL: write postgres://HOST:PORT/DATABASE in place of host=… dbname=…',
  ],
  [
    /^postgres(?:ql)?:/i,
    'the URL does not begin with postgres://: write two slashes behind the colon',
  ],
  [
    /^[a-z][a-z0-9+.-]*:\/\//i,
    'the URL is not of PostgreSQL: it must begin with postgres:// or postgresql://',
  ],
  [/./s, 'the value has no scheme: begin it with postgres://'],
]

/** Says whether a value is a URL of PostgreSQL, and takes its scheme off; placeholders come out masked. */
export function unwrap(value: string): Unwrapped {
  if (value === '') return {rest: undefined, problems: ['the value is empty']}
  const {text, problems} = takeOff(value)
  if (text === '')
    return {rest: undefined, problems: ['the value holds nothing but blanks or quotes']}
  const masked = maskPlaceholders(text)
  if (SCHEME.test(masked)) return {rest: masked.replace(SCHEME, ''), problems}
  const why = isPlaceholder(masked)
    ? 'the value is a placeholder: put the URL there'
    : NO_URL.find(([pattern]) => pattern.test(masked))?.[1]
  return {rest: undefined, problems: [...problems, ...(why ? [why] : [])]}
}
