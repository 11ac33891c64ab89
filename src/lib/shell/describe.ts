import type pg from 'pg'
import {describe} from 'psql-describe'
import {CruddurError} from '../error.js'
import {printable} from '../target/text.js'
import {cellOf} from './format/cell.js'
import {type Align, gridOf} from './format/grid.js'
import {wholeTable} from './format/table.js'
import {queryRows} from './query.js'
import type {Settings} from './settings.js'

/** A table as psql-describe gives it: psql's own structure (print.h, `printTableContent`). */
interface Described {
  title?: string | null
  ncolumns: number
  headers: string[]
  cells: string[]
  aligns: string[]
  footers: (string | null)[] | null
  opt: {default_footer?: boolean; expanded?: boolean}
}

interface DescribeOptions {
  /** With its backslash and arguments. */
  command: string
  database: string
  settings: Pick<Settings, 'expanded'>
  columns: number | undefined
  standardStrings: boolean
}

const versions = new WeakMap<pg.Client, number>()

async function versionOf(client: pg.Client): Promise<number> {
  const known = versions.get(client)
  if (known !== undefined) return known
  const {rows} = await queryRows(client, 'SHOW server_version_num')
  const version = Number(rows[0]?.[0])
  versions.set(client, version)
  return version
}

interface Description {
  /** What there is to print. */
  text: string
  /** Lines that psql writes to its standard error. */
  remarks: string[]
}

/**
 * Runs one of psql's commands that describe what is in the database, or its help on SQL.
 *
 * @throws CruddurError SQL_ERROR where psql ends with 1: what is named is not there, or cannot be named like that; and what the
 *   server, or the connection, failed with
 */
export async function describeObjects(
  client: pg.Client,
  options: DescribeOptions,
): Promise<Description> {
  const {command, database, standardStrings} = options
  const version = command.startsWith('\\h') ? 0 : await versionOf(client)
  const items: (string | Described)[] = []
  let failure: unknown
  const ask = async (sql: string) => {
    try {
      const {rows, fields} = await queryRows(client, sql)
      return {rows, fields, rowCount: rows.length}
    } catch (error) {
      failure ??= error
      throw error
    }
  }
  const take = (item: unknown): void => {
    items.push(item as string | Described)
  }
  await describe(command, database, ask, take, false, version, standardStrings).promise
  if (failure) throw failure
  const remarks = items.flatMap((item) => remarksOf(command, item))
  const data = items.filter((item) => remarksOf(command, item).length === 0)
  return {text: data.map((item) => printed(item, options)).join(''), remarks}
}

/** Remarks after which psql ends with 0: a list that is empty, an argument too many, a server too old. */
const HARMLESS =
  /^Did not find any [^"]*s(?: named "| for |\.)|: extra argument |^The server |^Note: /

/** Of what psql-describe gives without a table only help and sources are no remarks. @throws CruddurError SQL_ERROR */
function remarksOf(command: string, item: string | Described): string[] {
  if (typeof item !== 'string' || command.startsWith('\\h')) return []
  if (/^\\s[fv]/.test(command) && /^[ \d]*CREATE /.test(item)) return []
  const lines = item.trimEnd().split('\n')
  if (HARMLESS.test(item)) return lines.map(printable)
  const said = lines.join(' ').replace(/\.$/, '')
  throw new CruddurError('SQL_ERROR', said.charAt(0).toLowerCase() + said.slice(1), {
    hint: /relation|dotted|cross-database/.test(said)
      ? '\\d lists tables, views and sequences'
      : '\\? lists the commands',
  })
}

function printed(item: string | Described, {settings, columns}: DescribeOptions): string {
  const harmless = columns !== undefined
  if (typeof item === 'string') {
    const {lines} = cellOf(item.trimEnd(), harmless)
    return `${lines.join('\n')}\n`
  }
  const {headers, cells, ncolumns, title, opt} = item
  const rows = Array.from({length: cells.length / Math.max(1, ncolumns)}, (_, row) =>
    cells.slice(row * ncolumns, (row + 1) * ncolumns).map((cell) => String(cell ?? '')),
  )
  const aligns = item.aligns.map((align): Align => (align === 'r' ? 'r' : 'l'))
  const footers = item.footers?.filter((footer): footer is string => Boolean(footer)) ?? []
  const harmlessly = (text: string): string => cellOf(text, harmless).lines.join('\n')
  return wholeTable(
    {
      title: harmlessly(title ?? ''),
      grid: gridOf(headers, rows, {aligns, harmless}),
      footers: footers.length === 0 && opt.default_footer ? null : footers.map(harmlessly),
      // "This output looks confusing in expanded mode" (describe.c), of one table's columns.
      expanded: opt.expanded === false ? 'off' : settings.expanded,
    },
    columns,
  )
}
