import pg from 'pg'
import {isServerError} from '../../server-error.js'
import {acceptSign, cursorOf, isWord, takeBrackets} from './cursor.js'
import type {Lexeme} from './lexemes.js'

/** A type in two parts, so that they can be compared: `character varying[]` and `20`. */
export interface TypeParts {
  base: string
  /** Without blanks; empty: none. */
  modifiers: string
}

/** They stand for a type, and a sequence beside it (PostgreSQL documentation, 8.1.4). */
const SERIALS: Readonly<Record<string, string>> = {
  bigserial: 'bigint',
  serial: 'integer',
  serial2: 'smallint',
  serial4: 'integer',
  serial8: 'bigint',
  smallserial: 'smallint',
}

function sql({kind, text}: Lexeme): string {
  return kind === 'name' ? pg.escapeIdentifier(text) : text
}

/** A type of a file as SQL for `to_regtype`, in its two parts. */
export function partsOf(type: readonly Lexeme[]): TypeParts {
  const [first] = type
  const serial = type.length === 1 && first?.kind === 'word' ? SERIALS[first.text] : undefined
  if (serial !== undefined) return {base: serial, modifiers: ''}
  const at = type.findIndex(({kind, text}) => kind === 'sign' && text === '(')
  const cursor = {...cursorOf(type), at: Math.max(at, 0)}
  const inside = takeBrackets(cursor)?.map(sql).join('')
  const outside = inside === undefined ? type : [...type.slice(0, at), ...type.slice(cursor.at)]
  const base = outside.map(sql).join(' ')
  // Which of the two types it is, its precision tells.
  if (isWord(first, 'float')) return {base: type.map(sql).join(' '), modifiers: ''}
  return {base, modifiers: modifiersOf(type, inside ?? '')}
}

/** As the server writes them: what goes without saying stands there too. */
function modifiersOf(type: readonly Lexeme[], written: string): string {
  const [first, second] = type
  const word = first?.kind === 'word' ? first.text : ''
  if (/^(numeric|decimal|dec)$/.test(word) && /^\d+$/.test(written)) return `${written},0`
  const one = /^(bit|char|character|nchar|national)$/.test(word)
  const varying = type.some((lexeme) => isWord(lexeme, 'varying'))
  const called = acceptSign({lexemes: type, at: 1}, '.') || second?.kind === 'name'
  return one && !varying && !called && written === '' ? '1' : written
}

/** A type as the server writes it, in its two parts: `timestamp(3) without time zone`. */
export function partsOfShown(shown: string): TypeParts {
  const [, before = shown, modifiers = '', behind = ''] =
    /^((?:"(?:[^"]|"")*"|[^"(])*)\(([^)]*)\)(.*)$/s.exec(shown) ?? []
  return {base: before + behind, modifiers: modifiers.replaceAll(' ', '')}
}

/** The opposite of {@link partsOfShown}. */
export function shownType({base, modifiers}: TypeParts): string {
  if (modifiers === '') return base
  const [, before = '', behind = ''] = /^(time\S*|.*?)((?: with.*)?(?:\[\])*)$/s.exec(base) ?? []
  return `${before}(${modifiers})${behind}`
}

type Client = Pick<pg.Client, 'query'>
type Named = Map<string, string | undefined>

const OIDS = 'SELECT text, to_regtype(text)::oid AS oid FROM unnest($1::text[]) AS text'

async function oidsOf(client: Client, bases: readonly string[]): Promise<Map<string, number>> {
  try {
    const {rows} = await client.query<{text: string; oid: number | null}>(OIDS, [bases])
    return new Map(rows.flatMap(({text, oid}) => (oid === null ? [] : [[text, oid]])))
  } catch (error) {
    // Before PostgreSQL 16 what is no type at all is an error.
    if (!isServerError(error) || !/^(42|22)/.test(error.code)) throw error
    if (bases.length === 1) return new Map()
    const each = []
    for (const base of bases) each.push(...(await oidsOf(client, [base])))
    return new Map(each)
  }
}

/**
 * Has the server name types as it names those of columns; nothing of their text is run.
 *
 * @param bases as of {@link partsOf}
 * @returns undefined for one that the server does not know
 */
export async function nameTypes(client: Client, bases: readonly string[]): Promise<Named> {
  const oids = await oidsOf(client, bases)
  // One message is one transaction. With an empty search_path a type is named the same whoever asks.
  const results = (await client.query(
    `SET LOCAL search_path = ''; SELECT oid, regexp_replace(format_type(oid, NULL), '^public\\.', '') AS name
     FROM unnest('{${[...oids.values()].join()}}'::oid[]) AS oid`,
  )) as unknown as pg.QueryResult<{oid: number; name: string}>[]
  const rows = results.find(({command}) => command === 'SELECT')?.rows ?? []
  const names = new Map(rows.map(({oid, name}) => [oid, name]))
  return new Map(bases.map((base) => [base, names.get(oids.get(base) ?? 0)]))
}
