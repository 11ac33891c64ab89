import type {Lexeme} from './lexemes.js'

/** A place in a statement; what reads on moves it. */
export interface Cursor {
  readonly lexemes: readonly Lexeme[]
  at: number
}

export function cursorOf(lexemes: readonly Lexeme[]): Cursor {
  return {lexemes, at: 0}
}

export function isWord(lexeme: Lexeme | undefined, word: string): boolean {
  return lexeme?.kind === 'word' && lexeme.text === word
}

function isSign(lexeme: Lexeme | undefined, sign: string): boolean {
  return lexeme?.kind === 'sign' && lexeme.text === sign
}

/** Steps over these words if they come next, all of them. */
export function accept(cursor: Cursor, ...words: readonly string[]): boolean {
  const {at, lexemes} = cursor
  if (!words.every((word, index) => isWord(lexemes[at + index], word))) return false
  cursor.at += words.length
  return true
}

/** Steps over one of these words. */
export function acceptAny(cursor: Cursor, words: readonly string[]): string | undefined {
  return words.find((word) => accept(cursor, word))
}

export function acceptSign(cursor: Cursor, sign: string): boolean {
  if (!isSign(cursor.lexemes[cursor.at], sign)) return false
  cursor.at++
  return true
}

/** A name, in quotes or not; undefined, where none comes next. */
export function takeName(cursor: Cursor): string | undefined {
  const lexeme = cursor.lexemes[cursor.at]
  if (lexeme?.kind !== 'word' && lexeme?.kind !== 'name') return undefined
  cursor.at++
  return lexeme.text
}

/** `name`, `schema.name` or `database.schema.name`. */
export function takeQualified(
  cursor: Cursor,
): {schema: string | undefined; name: string} | undefined {
  const parts: string[] = []
  do {
    const part = takeName(cursor)
    if (part === undefined) return undefined
    parts.push(part)
  } while (acceptSign(cursor, '.'))
  const [name, schema] = parts.reverse()
  return name === undefined ? undefined : {schema, name}
}

/** What is left of a list, or all of what brackets hold, cut at its commas; those in inner brackets do not count. */
export function split(lexemes: readonly Lexeme[]): Lexeme[][] {
  const items: Lexeme[][] = [[]]
  let depth = 0
  for (const lexeme of lexemes) {
    if (isSign(lexeme, '(') || isSign(lexeme, '[')) depth++
    if (isSign(lexeme, ')') || isSign(lexeme, ']')) depth--
    if (depth === 0 && isSign(lexeme, ',')) items.push([])
    else items.at(-1)?.push(lexeme)
  }
  return items
}

/** Steps over the brackets that open next, and gives what they hold. */
export function takeBrackets(cursor: Cursor): readonly Lexeme[] | undefined {
  const {lexemes} = cursor
  if (!isSign(lexemes[cursor.at], '(')) return undefined
  let depth = 0
  for (let at = cursor.at; at < lexemes.length; at++) {
    if (isSign(lexemes[at], '(')) depth++
    if (isSign(lexemes[at], ')') && --depth === 0) {
      const inside = lexemes.slice(cursor.at + 1, at)
      cursor.at = at + 1
      return inside
    }
  }
  return undefined
}

export function rest({at, lexemes}: Cursor): readonly Lexeme[] {
  return lexemes.slice(at)
}
