import {alterTable} from './alter-table.js'
import {type Catalogue, createCatalogue, giveUp, keyFor} from './catalogue.js'
import {readCreateTable} from './create-table.js'
import {
  accept,
  acceptAny,
  acceptSign,
  type Cursor,
  cursorOf,
  takeName,
  takeQualified,
} from './cursor.js'
import {type Lexeme, lexemesOf} from './lexemes.js'

/** The first words of statements that can change which tables and extensions there are. */
export const DEFINING: ReadonlySet<string> = new Set([
  'alter',
  'create',
  'discard',
  'do',
  'drop',
  'reset',
  'select',
  'set',
])

/**
 * Reads what a file makes, without running any of it. What cannot be told so is left out.
 *
 * @param statements those that begin with one of {@link DEFINING}, in the file's order
 * @param initialSchema where a table goes whose name has no schema
 */
export async function readDefinitions(
  statements: AsyncIterable<string>,
  initialSchema: string,
): Promise<Catalogue> {
  const catalogue = createCatalogue(initialSchema)
  for await (const sql of statements) apply(catalogue, cursorOf(lexemesOf(sql)))
  return catalogue
}

function apply(catalogue: Catalogue, cursor: Cursor): void {
  if (accept(cursor, 'create')) {
    if (readCreateTable(catalogue, cursor)) return
    if (accept(cursor, 'extension')) {
      accept(cursor, 'if', 'not', 'exists')
      const name = takeName(cursor)
      if (name !== undefined) catalogue.extensions.add(name)
    }
  } else if (accept(cursor, 'alter')) {
    accept(cursor, 'foreign')
    if (accept(cursor, 'table')) alterTable(catalogue, cursor)
  } else if (accept(cursor, 'drop')) drop(catalogue, cursor)
  else if (accept(cursor, 'do')) doubt(catalogue, cursor.lexemes)
  else setSchema(catalogue, cursor)
}

/** Behind DROP. */
function drop(catalogue: Catalogue, cursor: Cursor): void {
  accept(cursor, 'foreign')
  const what = acceptAny(cursor, ['table', 'schema', 'extension'])
  if (what === undefined) return
  accept(cursor, 'if', 'exists')
  do {
    const reference = takeQualified(cursor)
    if (!reference) return
    const {name} = reference
    if (what === 'extension') catalogue.extensions.delete(name)
    else if (what === 'table') catalogue.tables.delete(keyFor(catalogue, reference) ?? '')
    else dropSchema(catalogue, name)
  } while (acceptSign(cursor, ','))
}

function dropSchema({tables}: Catalogue, schema: string): void {
  for (const [key, table] of tables) if (table.schema === schema) tables.delete(key)
}

/** The code of a DO block may do anything to the tables that it names. */
function doubt(catalogue: Catalogue, lexemes: readonly Lexeme[]): void {
  const code = lexemes.map(({text}) => text.toLowerCase()).join(' ')
  const words = new Set(code.match(/[\w$\u0080-\uffff]+/g))
  for (const table of [...catalogue.tables.values()]) {
    const name = table.name.toLowerCase()
    if (words.has(name) || (/[^\w$\u0080-\uffff]/.test(name) && code.includes(name)))
      giveUp(catalogue, table)
  }
}

const RESETS = [
  ['reset', 'search_path'],
  ['reset', 'all'],
  ['discard', 'all'],
]

/** SET search_path, and pg_dump's way to say it: the first schema that it names is where tables go. */
function setSchema(catalogue: Catalogue, cursor: Cursor): void {
  const {initialSchema} = catalogue
  if (RESETS.some((words) => accept(cursor, ...words))) {
    catalogue.schema = initialSchema
  } else if (accept(cursor, 'set')) {
    acceptAny(cursor, ['session', 'local'])
    if (!accept(cursor, 'search_path')) return
    if (!accept(cursor, 'to')) acceptSign(cursor, '=')
    const first = cursor.lexemes[cursor.at]
    const isDefault = accept(cursor, 'default')
    catalogue.schema = isDefault ? initialSchema : firstSchema(catalogue, first?.text ?? '')
  } else if (accept(cursor, 'select')) {
    const called = takeQualified(cursor)
    if (called?.name !== 'set_config' || !acceptSign(cursor, '(')) return
    const [setting, , value] = cursor.lexemes.slice(cursor.at)
    if (setting?.text === 'search_path') {
      catalogue.schema = firstSchema(catalogue, value?.text ?? '')
    }
  }
}

function firstSchema({initialSchema}: Catalogue, list: string): string | undefined {
  const first = list
    .split(',')[0]
    ?.trim()
    .replace(/^"(.*)"$/, '$1')
  return first === '$user' ? initialSchema : first || undefined
}
