import type {Names, Relation} from './catalogue.js'
import {commandNames} from './command-names.js'
import {KEYWORDS, RESERVED} from './keywords.js'

/** What can stand in place of the end of what was typed: the candidates, and that end. */
export type Completion = [candidates: string[], typed: string]

/** The name before the cursor, also one with its schema, and one whose quote is still open. */
const NAME =
  /(?:(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)\.)?(?:"(?:[^"]|"")*"?|[\p{L}\p{N}_$]*)$/u
const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/

/** Words that a table's name follows. */
const BEFORE_RELATION =
  /\b(?:from|join|into|update|table|only|truncate|copy|analyze|vacuum|view|references|lock|index)\s+$/i
const BEFORE_ROLE = /\b(?:role|user|owner\s+to)\s+$/i
const BEFORE_DATABASE = /\bdatabase\s+$/i

/** As it is typed: in quotes where it must be. */
export function quoted(name: string): string {
  return PLAIN_NAME.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** What a typed name, perhaps in quotes that are still open, begins with. */
function unquoted(typed: string): string {
  return typed.startsWith('"')
    ? typed.slice(1).replace(/"$/, '').replaceAll('""', '"')
    : typed.toLowerCase()
}

/** What has been typed of a statement. */
export interface Beginning {
  /** Its lines before the one the cursor is in. */
  before: string
  /** That line up to the cursor. */
  line: string
  /** What stands behind the cursor. */
  after: string
}

/** Completes what is typed before the cursor. */
export function complete({before, line, after}: Beginning, names: Names): Completion {
  const command = before === '' ? /^\s*(\\\S*)$/.exec(line)?.[1] : undefined
  if (command !== undefined) return [beginning(commandNames(), command), command]
  const typed = NAME.exec(line)?.[0] ?? ''
  const text = `${before}${line.slice(0, line.length - typed.length)}`
  const dot = dotOf(typed)
  const whole = `${text} ${after}`
  if (dot !== undefined) return [below(typed, dot, whole, names), typed]
  const begun = unquoted(typed)
  const own = candidates(text, whole, names).filter((name) => name.startsWith(begun))
  const words = offersWords(text, typed) ? keywords(typed) : []
  return [[...new Set([...own.map(quoted), ...words])].sort(), typed]
}

function beginning(all: readonly string[], typed: string): string[] {
  return all.filter((each) => each.startsWith(typed))
}

/** Index of the dot between a name and the one it belongs to. */
function dotOf(typed: string): number | undefined {
  const [qualifier] = /^(?:"(?:[^"]|"")*"|[^".]*)(?=\.)/.exec(typed) ?? []
  return qualifier?.length
}

/** Names behind a dot: of a schema its relations, of a relation or its alias its columns. */
function below(typed: string, dot: number, text: string, names: Names): string[] {
  const [qualifier, begun] = [typed.slice(0, dot), unquoted(typed.slice(dot + 1))]
  const owner = unquoted(qualifier)
  const inSchema = names.relations.filter(({schema}) => schema === owner).map(({name}) => name)
  const {relations, aliases} = mentioned(text, names)
  const meant = aliases.get(owner) ?? relations.find(({name}) => name === owner)
  const columns = meant?.columns ?? []
  return [...new Set([...columns, ...inSchema])]
    .filter((name) => name.startsWith(begun))
    .map((name) => `${qualifier}.${quoted(name)}`)
    .sort()
}

function candidates(text: string, whole: string, names: Names): string[] {
  const visible = names.relations.filter((each) => each.visible).map(({name}) => name)
  if (/^\s*\\c(?:onnect)?\s+$/.test(text) || BEFORE_DATABASE.test(text)) return [...names.databases]
  if (/^\s*\\d[gu]\S*\s+$/.test(text) || BEFORE_ROLE.test(text)) return [...names.roles]
  if (/^\s*\\dn\S*\s+$/.test(text)) return [...names.schemas]
  if (/^\s*\\d\S*\s+$/.test(text) || BEFORE_RELATION.test(text))
    return [...visible, ...names.schemas]
  if (/^\s*\\/.test(text)) return []
  const columns = mentioned(whole, names).relations.flatMap((each) => each.columns)
  return [...columns, ...visible, ...names.schemas]
}

/** Where a name is meant, and behind a command, only names are offered; nothing at all fits everywhere. */
function offersWords(text: string, typed: string): boolean {
  if (typed === '' || typed.startsWith('"')) return false
  const isName = [BEFORE_RELATION, BEFORE_ROLE, BEFORE_DATABASE].some((place) => place.test(text))
  return !isName && !/^\s*\\(?!h)/.test(text)
}

/** In the letters that they were begun with: small ones unless the first is a capital. */
function keywords(typed: string): string[] {
  const found = beginning(KEYWORDS, typed.toUpperCase())
  return /^[A-Z]/.test(typed) ? found : found.map((word) => word.toLowerCase())
}

const NAMED =
  /((?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))?)(?:\s+(?:as\s+)?([\p{L}_][\p{L}\p{N}_$]*))?/iuy

/** Relations that a statement names anywhere, and what it calls them. */
function mentioned(
  text: string,
  names: Names,
): {relations: Relation[]; aliases: Map<string, Relation>} {
  const relations: Relation[] = []
  const aliases = new Map<string, Relation>()
  const tables = /\b(?:from|join|into|update|table|only|copy|references|on|,)\s*/giu
  for (const {0: word, index} of text.matchAll(tables)) {
    NAMED.lastIndex = index + word.length
    const found = NAMED.exec(text)
    if (!found) continue
    const [, name = '', alias] = found
    const relation = relationOf(name, names)
    if (!relation) continue
    relations.push(relation)
    if (alias) aliases.set(alias.toLowerCase(), relation)
  }
  return {relations, aliases}
}

function relationOf(typed: string, {relations}: Names): Relation | undefined {
  const dot = dotOf(typed)
  if (dot === undefined) {
    const name = unquoted(typed)
    return relations.find((each) => each.visible && each.name === name)
  }
  const [schema, name] = [unquoted(typed.slice(0, dot)), unquoted(typed.slice(dot + 1))]
  return relations.find((each) => each.schema === schema && each.name === name)
}
