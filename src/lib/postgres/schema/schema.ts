/** What a database's tables are made of, as the catalogue tells it. */
export interface Schema {
  /** In the order of their schemas' names, then of their own, by code points. */
  tables: readonly Table[]
}

/** A partition is part of its parent, and not a table of its own. */
export interface Table {
  /** The schema it lies in: `public`. */
  schema: string
  name: string
  kind: 'table' | 'partitioned table' | 'foreign table' | 'view' | 'materialized view'
  /** In the order in which they were made. */
  columns: readonly Column[]
  /** Names of columns, in the key's order; none: there is no primary key. */
  primaryKey: readonly string[]
  /** What else is unique, by constraint or by index; without indexes on expressions or on some of the rows. */
  uniques: readonly (readonly string[])[]
  /** In the order of their names. */
  foreignKeys: readonly ForeignKey[]
}

export interface Column {
  name: string
  /** As PostgreSQL writes it, without the schema if that is `public`: `character varying(20)`, `accounts.state[]`. */
  type: string
  notNull: boolean
  /** Whether it has a default value; not of one that is generated. */
  hasDefault: boolean
  identity: 'always' | 'by default' | null
  generated: 'stored' | 'virtual' | null
}

export type OnDelete = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface ForeignKey {
  /** The constraint's. */
  name: string
  columns: readonly string[]
  /** The table that is referred to; of a partition its parent. */
  references: {
    schema: string
    table: string
    /** As many as `columns`, each for the one at its place. */
    columns: readonly string[]
  }
  onDelete: OnDelete
}
