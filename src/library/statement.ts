import pg from 'pg'
import type {CruddurError} from '../lib/error.js'
import {queryError} from '../lib/postgres/connection/errors.js'
import {pinned} from '../lib/postgres/connection/pin.js'
import {isConnectionError} from '../lib/server-error.js'
import type {Target} from '../lib/target/target.js'
import {type Bound, bind} from '../lib/template/bind.js'
import {templateError} from '../lib/template/place.js'
import type {Template} from '../lib/template/template.js'
import {type As, BARE, wrapperOf} from '../lib/template/wrap.js'
import type {Values} from './types.js'

/** A connection that statements are run on. */
export interface Link {
  client: pg.Client
  target: Target
  onLost: () => void
}

/** date, time, timestamp and their like: a Date of JavaScript would take a time without a zone for one of this process. */
const TIMES = new Set([1082, 1083, 1114, 1182, 1115, 1183, 1184, 1185, 1266, 1270, 1186, 1187])
const JSON_TYPES = new Set([114, 3802])

const asText = (text: string): string => text

const TYPES = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    TIMES.has(oid) ? asText : pg.types.getTypeParser(oid, format as 'text'),
}
/** JSON is parsed where it is looked at: an error in it would come from within node-postgres. */
const RAW = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    JSON_TYPES.has(oid) ? asText : TYPES.getTypeParser(oid, format),
}

/** Runs one of the pool's own words: BEGIN and its like. */
export async function command({client, onLost, target}: Link, sql: string): Promise<string> {
  try {
    return (await client.query(sql)).command
  } catch (error) {
    if (isConnectionError(error)) onLost()
    throw queryError(error, pinned(target, client))
  }
}

type Row = unknown[]

async function run(
  link: Link,
  template: Template,
  bound: Bound,
  types: object,
): Promise<pg.QueryArrayResult<Row>> {
  const {client, onLost, target} = link
  try {
    const config = {
      text: bound.sql,
      values: [...bound.values],
      queryMode: 'extended',
      rowMode: 'array',
      types,
    }
    return await client.query<Row>(config as pg.QueryArrayConfig)
  } catch (error) {
    throw failureOf(error, template, bound, {client, onLost, target})
  }
}

function failureOf(error: unknown, template: Template, bound: Bound, link: Link): CruddurError {
  if (!isConnectionError(error)) return templateError(error, template, bound)
  link.onLost()
  return queryError(error, pinned(link.target, link.client))
}

/**
 * The rows of a statement as JSON makes them: all of them, or the first, `{}` where there is none.
 *
 * @throws CruddurError SQL_ERROR with its place in the template; TEMPLATE_PARAMETERS; CONNECTION_LOST
 */
export async function readJson(
  link: Link,
  template: Template,
  {as, values}: {as: As; values: Values},
): Promise<unknown> {
  const wrapper = wrapperOf(template, as)
  const result = await run(link, template, bind(template, values, wrapper ?? BARE), RAW)
  const [json] = wrapper ? (result.rows[0] ?? []) : []
  if (typeof json === 'string') return JSON.parse(json)
  const rows = wrapper ? [] : objectsOf(result)
  return as === 'array' ? rows : (rows[0] ?? {})
}

/** Rows that the server could not be asked to make JSON of, as those of EXPLAIN and SHOW. */
function objectsOf({fields, rows}: pg.QueryArrayResult<Row>): Record<string, unknown>[] {
  const read = (value: unknown, at: number): unknown =>
    typeof value === 'string' && JSON_TYPES.has(fields[at]?.dataTypeID ?? 0)
      ? JSON.parse(value)
      : value
  return rows.map((row) =>
    Object.fromEntries(fields.map(({name}, at) => [name, read(row[at], at)])),
  )
}

/** The first column of the first row that a statement gives, undefined where it gives none; throws as {@link readJson}. */
export async function readFirst(link: Link, template: Template, values: Values): Promise<unknown> {
  const {rows} = await run(link, template, bind(template, values, BARE), TYPES)
  return rows[0]?.[0]
}
