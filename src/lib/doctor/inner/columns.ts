import {cursorOf, isWord, split, takeName} from './cursor.js'
import type {Lexeme} from './lexemes.js'

/** A column as a file makes it. */
export interface FileColumn {
  name: string
  type: readonly Lexeme[]
}

/** What can stand behind a column's type (PostgreSQL documentation, CREATE TABLE). */
const BEHIND_TYPE = new Set([
  'check',
  'collate',
  'compression',
  'constraint',
  'default',
  'deferrable',
  'generated',
  'initially',
  'not',
  'null',
  'options',
  'primary',
  'references',
  'storage',
  'unique',
  'using',
])

/** Words, all reserved, with which what is no column begins. */
const CONSTRAINTS = new Set(['check', 'constraint', 'foreign', 'not', 'primary', 'unique'])

/** Whether an element is a constraint of the table; EXCLUDE may be a column's name. */
export function isConstraint([first, second]: readonly Lexeme[]): boolean {
  if (first?.kind !== 'word') return false
  if (first.text === 'exclude') return isWord(second, 'using') || second?.text === '('
  return CONSTRAINTS.has(first.text)
}

/** A type, which ends where a clause of the column begins. */
export function typeOf(lexemes: readonly Lexeme[]): readonly Lexeme[] {
  const end = lexemes.findIndex(({kind, text}) => kind === 'word' && BEHIND_TYPE.has(text))
  return end < 0 ? lexemes : lexemes.slice(0, end)
}

/** @returns undefined for what is no name with a type behind it */
export function columnOf(element: readonly Lexeme[]): FileColumn | undefined {
  const cursor = cursorOf(element)
  const name = takeName(cursor)
  const type = typeOf(element.slice(cursor.at))
  return name === undefined || type.length === 0 ? undefined : {name, type}
}

/**
 * The columns of a table's definition.
 *
 * @param inside what its brackets hold
 * @returns undefined when the definition does not name all of them: LIKE
 */
export function columnsOf(inside: readonly Lexeme[]): FileColumn[] | undefined {
  const elements = split(inside).filter((element) => element.length > 0 && !isConstraint(element))
  const columns = elements.map((element) =>
    isWord(element[0], 'like') ? undefined : columnOf(element),
  )
  const known = columns.filter((column) => column !== undefined)
  return known.length === columns.length ? known : undefined
}
