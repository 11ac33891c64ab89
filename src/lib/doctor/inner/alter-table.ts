import {
  type Catalogue,
  type FileTable,
  giveUp,
  keyFor,
  type Reference,
  tableAt,
} from './catalogue.js'
import {columnOf, isConstraint, typeOf} from './columns.js'
import {
  accept,
  acceptSign,
  type Cursor,
  cursorOf,
  rest,
  split,
  takeName,
  takeQualified,
} from './cursor.js'
import type {Lexeme} from './lexemes.js'

/** Behind ALTER TABLE. */
export function alterTable(catalogue: Catalogue, cursor: Cursor): void {
  accept(cursor, 'if', 'exists')
  accept(cursor, 'only')
  const reference = takeQualified(cursor)
  if (!reference) return
  acceptSign(cursor, '*')
  for (const action of split(rest(cursor))) act(catalogue, reference, action)
}

function act(catalogue: Catalogue, reference: Reference, action: readonly Lexeme[]): void {
  const cursor = cursorOf(action)
  if (accept(cursor, 'rename', 'to') || accept(cursor, 'set', 'schema')) {
    move(catalogue, reference, action)
  } else if (accept(cursor, 'attach', 'partition') || accept(cursor, 'detach', 'partition')) {
    const partition = takeQualified(cursor)
    if (partition) giveUp(catalogue, partition)
  } else {
    const table = tableAt(catalogue, reference)
    if (table?.columns) table.columns = changed(table.columns, cursor)
  }
}

/** A table under another name, or in another schema. */
function move(catalogue: Catalogue, reference: Reference, action: readonly Lexeme[]): void {
  const table = tableAt(catalogue, reference)
  const key = keyFor(catalogue, reference)
  const to = takeName(cursorOf(action.slice(2)))
  if (!table || key === undefined || to === undefined) {
    giveUp(catalogue, reference)
    return
  }
  const moved = action[0]?.text === 'rename' ? {...table, name: to} : {...table, schema: to}
  catalogue.tables.delete(key)
  catalogue.tables.set(keyFor(catalogue, moved) ?? key, moved)
}

type Columns = NonNullable<FileTable['columns']>

/** @returns undefined when what is added cannot be read */
function changed(columns: Columns, cursor: Cursor): Columns | undefined {
  if (accept(cursor, 'add')) return added(columns, cursor)
  if (accept(cursor, 'drop')) return dropped(columns, cursor)
  if (accept(cursor, 'alter')) return retyped(columns, cursor)
  return accept(cursor, 'rename') ? renamed(columns, cursor) : columns
}

function added(columns: Columns, cursor: Cursor): Columns | undefined {
  if (isConstraint(rest(cursor))) return columns
  accept(cursor, 'column')
  const unlessThere = accept(cursor, 'if', 'not', 'exists')
  const column = columnOf(rest(cursor))
  if (!column) return undefined
  const there = columns.some(({name}) => name === column.name)
  return unlessThere && there ? columns : [...columns, column]
}

function dropped(columns: Columns, cursor: Cursor): Columns {
  if (accept(cursor, 'constraint')) return columns
  accept(cursor, 'column')
  accept(cursor, 'if', 'exists')
  const gone = takeName(cursor)
  return columns.filter(({name}) => name !== gone)
}

function retyped(columns: Columns, cursor: Cursor): Columns {
  accept(cursor, 'column')
  const column = takeName(cursor)
  accept(cursor, 'set', 'data')
  if (!accept(cursor, 'type')) return columns
  const type = typeOf(rest(cursor))
  return columns.map((one) => (one.name === column ? {...one, type} : one))
}

function renamed(columns: Columns, cursor: Cursor): Columns | undefined {
  if (accept(cursor, 'constraint')) return columns
  accept(cursor, 'column')
  const before = takeName(cursor)
  const name = accept(cursor, 'to') ? takeName(cursor) : undefined
  if (name === undefined) return undefined
  return columns.map((one) => (one.name === before ? {...one, name} : one))
}
