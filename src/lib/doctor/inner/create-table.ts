import {type Catalogue, giveUp, keyFor} from './catalogue.js'
import {columnsOf, type FileColumn} from './columns.js'
import {
  accept,
  acceptAny,
  type Cursor,
  isWord,
  rest,
  takeBrackets,
  takeQualified,
} from './cursor.js'

/** Behind CREATE … TABLE. */
function createTable(
  catalogue: Catalogue,
  cursor: Cursor,
  {temporary}: {temporary: boolean},
): void {
  const unlessThere = accept(cursor, 'if', 'not', 'exists')
  const reference = takeQualified(cursor)
  if (!reference || temporary) return
  // A partition is part of its parent, and not a table by itself.
  if (accept(cursor, 'partition', 'of')) {
    giveUp(catalogue, reference)
    return
  }
  const key = keyFor(catalogue, reference)
  if (key === undefined || (unlessThere && catalogue.tables.has(key))) return
  const {name, schema = catalogue.schema ?? ''} = reference
  catalogue.tables.set(key, {schema, name, columns: readColumns(cursor)})
}

/** @returns undefined when not all of them stand there */
function readColumns(cursor: Cursor): FileColumn[] | undefined {
  const inside = takeBrackets(cursor)
  const inherits = rest(cursor).some((lexeme) => isWord(lexeme, 'inherits'))
  return inside && !inherits ? columnsOf(inside) : undefined
}

const KINDS = ['global', 'local', 'temp', 'temporary', 'unlogged', 'foreign']

/** Behind CREATE: a table, if it is one. */
export function readCreateTable(catalogue: Catalogue, cursor: Cursor): boolean {
  let temporary = false
  for (let kind = acceptAny(cursor, KINDS); kind; kind = acceptAny(cursor, KINDS)) {
    temporary ||= kind.startsWith('temp')
  }
  if (!accept(cursor, 'table')) return false
  createTable(catalogue, cursor, {temporary})
  return true
}
