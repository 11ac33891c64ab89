import type {FileColumn} from './columns.js'

/** A table as a file leaves it. */
export interface FileTable {
  schema: string
  name: string
  /** Undefined where reading alone does not tell them: LIKE, INHERITS, AS SELECT. */
  columns: FileColumn[] | undefined
}

/** A name as it stands in a file, whose schema may go without saying. */
export interface Reference {
  schema: string | undefined
  name: string
}

/** What the statements read so far have made. */
export interface Catalogue {
  readonly tables: Map<string, FileTable>
  readonly extensions: Set<string>
  /** Tables that there may be, or not: what becomes of them cannot be read. */
  readonly unread: Set<string>
  /** Where a name without a schema leads; undefined: nobody knows. */
  schema: string | undefined
  /** The same at the beginning. */
  readonly initialSchema: string
}

export function createCatalogue(initialSchema: string): Catalogue {
  return {
    tables: new Map(),
    extensions: new Set(),
    unread: new Set(),
    schema: initialSchema,
    initialSchema,
  }
}

export function keyOf(schema: string, name: string): string {
  return JSON.stringify([schema, name])
}

/** The table's key; undefined for a temporary one, and for one whose schema is not known. */
export function keyFor(catalogue: Catalogue, {name, schema}: Reference): string | undefined {
  const where = schema ?? catalogue.schema
  return where === undefined || where === 'pg_temp' ? undefined : keyOf(where, name)
}

export function tableAt(catalogue: Catalogue, reference: Reference): FileTable | undefined {
  const key = keyFor(catalogue, reference)
  return key === undefined ? undefined : catalogue.tables.get(key)
}

/** Forgets a table, and knows that it may be there all the same. */
export function giveUp(catalogue: Catalogue, reference: Reference): void {
  const key = keyFor(catalogue, reference)
  if (key === undefined) return
  catalogue.tables.delete(key)
  catalogue.unread.add(key)
}
