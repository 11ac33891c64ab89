import type pg from 'pg'
import type {Table} from '../../postgres/schema/schema.js'
import {tableName} from '../words.js'
import {type Catalogue, type FileTable, keyOf} from './catalogue.js'
import type {FileColumn} from './columns.js'
import {nameTypes, partsOf, partsOfShown, shownType, type TypeParts} from './types.js'

/** Where a database differs from a file; names are as for a sentence. */
export interface Differences {
  /** Tables that are not there. */
  missing: string[]
  /** Columns that are not there, as `users.handle`. */
  columns: string[]
  /** Columns of another type: `users.handle is integer instead of text`. */
  types: string[]
  /** Tables, and columns of those of the file, that the file does not make. */
  extra: string[]
  /** How many of the file's tables have columns that reading it does not tell. */
  notCompared: number
}

type Named = ReadonlyMap<string, string | undefined>

/** `interval day to second` has its fields in its name, and `character` without a length has another one. */
function sameBase(named: string, shown: string): boolean {
  if (named === 'interval') return shown.startsWith(named)
  return named === shown.replace(/^bpchar\b/, 'character')
}

function differs({base, modifiers}: TypeParts, shown: string, named: Named): string | undefined {
  const name = named.get(base)
  // What the server does not know is not there, or is found on another search_path.
  if (name === undefined) return undefined
  const there = partsOfShown(shown)
  const same = there.modifiers.toLowerCase() === modifiers.toLowerCase()
  if (sameBase(name, there.base) && (same || name === 'interval')) return undefined
  return shownType({base: name, modifiers})
}

function compareColumns(
  wanted: readonly FileColumn[],
  {columns, name, schema}: Table,
  named: Named,
): Pick<Differences, 'columns' | 'types' | 'extra'> {
  const at = (column: string): string => `${tableName(schema, name)}.${tableName('public', column)}`
  const found: Pick<Differences, 'columns' | 'types' | 'extra'> = {
    columns: [],
    types: [],
    extra: [],
  }
  for (const {name: column, type} of wanted) {
    const there = columns.find((one) => one.name === column)
    const other = there && differs(partsOf(type), there.type, named)
    if (!there) found.columns.push(at(column))
    else if (other !== undefined)
      found.types.push(`${at(column)} is ${there.type} instead of ${other}`)
  }
  const known = new Set(wanted.map((column) => column.name))
  found.extra.push(...columns.filter((one) => !known.has(one.name)).map((one) => at(one.name)))
  return found
}

function typesIn(tables: Iterable<FileTable>): string[] {
  const columns = [...tables].flatMap((table) => table.columns ?? [])
  return [...new Set(columns.map(({type}) => partsOf(type).base))]
}

/**
 * Compares a file's tables with those of a database.
 *
 * @param client a session in that database
 */
export async function compare(
  client: pg.Client,
  {tables, unread}: Catalogue,
  there: readonly Table[],
): Promise<Differences> {
  const named = await nameTypes(client, typesIn(tables.values()))
  const found: Differences = {missing: [], columns: [], types: [], extra: [], notCompared: 0}
  for (const [key, {schema, name, columns}] of tables) {
    const table = there.find((one) => keyOf(one.schema, one.name) === key)
    if (!table) found.missing.push(tableName(schema, name))
    else if (!columns) found.notCompared++
    else {
      const own = compareColumns(columns, table, named)
      found.columns.push(...own.columns)
      found.types.push(...own.types)
      found.extra.push(...own.extra)
    }
  }
  for (const {schema, name} of there) {
    const key = keyOf(schema, name)
    if (!tables.has(key) && !unread.has(key)) found.extra.push(tableName(schema, name))
  }
  return found
}
