import {type ParameterName, spoken} from './parameters.js'

/** What one piece of a URL came to; problems are phrases without the name of the variable or flag. */
export interface Reading {
  entries: readonly (readonly [name: ParameterName, value: string])[]
  problems: readonly string[]
}

export const nothing: Reading = {entries: [], problems: []}

export function problem(...problems: string[]): Reading {
  return {entries: [], problems}
}

export function together(...readings: readonly Reading[]): Reading {
  return {
    entries: readings.flatMap(({entries}) => entries),
    problems: readings.flatMap(({problems}) => problems),
  }
}

/** Stands for a placeholder once {@link maskPlaceholders} has seen it: a noncharacter of Unicode. */
const MASK = '\uFDD0'

/** `<password>`, `${VAR}`, `{{var}}`; without the characters that would make it span parts of the URL. */
const PLACEHOLDER = /<[^<>@/?#:&]*>|\$\{[^{}]*\}|\{\{[^{}]*\}\}/g

/** Whole parts only: `$VAR`, `{var}`, `[YOUR-PASSWORD]` may well be a piece of a password. */
const PLACEHOLDER_PART = /^(?:\$[A-Z_][A-Z0-9_]*|\{[\w -]*\}|\[[A-Z][A-Z_ -]*\])$/

export const PLACEHOLDER_CURE =
  'put the real value there (a "<", "$", "{" or "[" of its own is written %3C, %24, %7B, %5B)'

/** Makes each placeholder one harmless character, so that what it contains does not disturb the reading. */
export function maskPlaceholders(text: string): string {
  return text.replaceAll(PLACEHOLDER, MASK)
}

export function isPlaceholder(raw: string): boolean {
  return raw.includes(MASK) || PLACEHOLDER_PART.test(raw)
}

function nameOf(character: string): string {
  if (/[\r\n]/.test(character)) return 'a line break'
  if (character === '\t') return 'a tab'
  if (/\s/.test(character)) return 'a blank'
  return /\p{Cc}/u.test(character) ? 'a control character' : `"${character}"`
}

/** `holds "#" and a blank: write %23 and %20`; undefined when nothing in it has to be escaped. */
function awkwardness(raw: string, reserved: RegExp): string | undefined {
  const found = raw.match(/[\s\p{Cc}]|%(?![0-9A-Fa-f]{2})/gu) ?? []
  const characters = [...new Set([...(raw.match(reserved) ?? []), ...found])]
  if (characters.length === 0) return undefined
  const names = [...new Set(characters.map(nameOf))]
  return `holds ${names.join(' and ')}: write ${characters.map(encodeURIComponent).join(' and ')}`
}

/** What may not stand unescaped in the parts before the query, and in the query's values. */
const RESERVED = /[/?#@]/g
export const RESERVED_IN_QUERY = /[#=]/g

/**
 * Decodes one part as libpq does (fe-connect.c, conninfo_uri_decode): `%XX` of UTF-8, `+` is a plus.
 *
 * @param raw the part as written; empty: not given
 */
export function readPart(name: ParameterName, raw: string, reserved: RegExp = RESERVED): Reading {
  if (raw === '') return nothing
  const part = spoken(name)
  if (isPlaceholder(raw)) return problem(`${part} holds a placeholder: ${PLACEHOLDER_CURE}`)
  const awkward = awkwardness(raw, reserved)
  if (awkward) return problem(`${part} ${awkward}`)
  if (raw.includes('%00')) return problem(`${part} holds %00, which PostgreSQL cannot store`)
  try {
    return {entries: [[name, decodeURIComponent(raw)]], problems: []}
  } catch {
    return problem(`${part} has "%" escapes that are not UTF-8: write the characters in UTF-8`)
  }
}
