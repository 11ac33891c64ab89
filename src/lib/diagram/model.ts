import type {Column, ForeignKey, Schema, Table} from '../postgres/schema/schema.js'
import {printable} from '../target/text.js'
import {shortType} from './type-name.js'

/** Primary key, foreign key, unique by itself. */
export type Mark = 'PK' | 'FK' | 'UK'

/** A table as it is shown; all its words are free of control characters. */
export interface Entity {
  /** `public` */
  schema: string
  /** Without its schema. */
  title: string
  /** With its schema where there are several; no other entity is called that. */
  name: string
  /** What it is when it is no ordinary table: `partitioned table`. */
  kind: string | undefined
  fields: readonly Field[]
  /** What is unique only together. */
  uniques: readonly (readonly string[])[]
}

export interface Field {
  name: string
  type: string
  notNull: boolean
  marks: readonly Mark[]
}

/** A foreign key. Entities and fields are named by their places in the lists. */
export interface Relation {
  child: End
  parent: End
  /** Whether a row of the child may do without a row of the parent. */
  optional: boolean
  /** Whether at most one row of the child refers to a row of the parent. */
  single: boolean
  /** `activities.user_uuid → users.uuid, on delete cascade` */
  text: string
}

export interface End {
  entity: number
  fields: readonly number[]
}

/** What a picture of a schema shows. */
export interface Model {
  /** More than one of them: tables are named with theirs. */
  schemas: readonly string[]
  entities: readonly Entity[]
  /** Without those to tables that are not shown, an extension's for one. */
  relations: readonly Relation[]
}

export function modelOf({tables}: Schema): Model {
  const schemas = [...new Set(tables.map(({schema}) => printable(schema)))]
  const entities = tables.map((table) => entityOf(table, schemas.length > 1))
  const places = new Map(tables.map(({schema, name}, place) => [keyOf(schema, name), place]))
  const relations = tables.flatMap((table, child) =>
    table.foreignKeys.flatMap((key) => {
      const parent = places.get(keyOf(key.references.schema, key.references.table))
      const other = parent === undefined ? undefined : tables[parent]
      if (parent === undefined || other === undefined) return []
      const text = relationText(key, entities[child]?.name ?? '', entities[parent]?.name ?? '')
      return [
        {
          child: {entity: child, fields: fieldPlaces(table, key.columns)},
          parent: {entity: parent, fields: fieldPlaces(other, key.references.columns)},
          optional: table.columns.some(({name, notNull}) => key.columns.includes(name) && !notNull),
          single: isUnique(table, key.columns),
          text,
        },
      ]
    }),
  )
  return {schemas, entities, relations}
}

/** No name holds a NUL. */
function keyOf(schema: string, table: string): string {
  return `${schema}\0${table}`
}

function entityOf(table: Table, several: boolean): Entity {
  const {columns, kind, uniques} = table
  const title = printable(table.name)
  const schema = printable(table.schema)
  return {
    schema,
    title,
    name: several ? `${quotedPart(schema)}.${quotedPart(title)}` : title,
    kind: kind === 'table' ? undefined : kind,
    fields: columns.map((column) => fieldOf(column, table)),
    uniques: uniques.filter((names) => names.length > 1).map((names) => names.map(printable)),
  }
}

/** `a.b` and `c` are not `a` and `b.c`. */
function quotedPart(name: string): string {
  return /[."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
}

function fieldOf({name, notNull, type}: Column, {foreignKeys, primaryKey, uniques}: Table): Field {
  const marks: Mark[] = []
  if (primaryKey.includes(name)) marks.push('PK')
  if (foreignKeys.some(({columns}) => columns.includes(name))) marks.push('FK')
  if (uniques.some((names) => names.length === 1 && names[0] === name)) marks.push('UK')
  return {name: printable(name), type: printable(shortType(type)), notNull, marks}
}

function fieldPlaces({columns}: Table, names: readonly string[]): number[] {
  return names.map((wanted) => columns.findIndex(({name}) => name === wanted))
}

function isUnique({primaryKey, uniques}: Table, columns: readonly string[]): boolean {
  return [primaryKey, ...uniques].some(
    (key) => key.length > 0 && key.every((name) => columns.includes(name)),
  )
}

function relationText({columns, onDelete, references}: ForeignKey, child: string, parent: string) {
  const list = (names: readonly string[]): string =>
    names.length === 1 ? `.${printable(names.join())}` : ` (${names.map(printable).join(', ')})`
  const act = onDelete === 'no action' ? '' : `, on delete ${onDelete}`
  return `${child}${list(columns)} → ${parent}${list(references.columns)}${act}`
}
