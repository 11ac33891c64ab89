import type {Field, RawRow} from '../query.js'
import type {Settings} from '../settings.js'
import {alignedHead, alignedRows, alignedTitle} from './aligned.js'
import {type Cell, cellOf} from './cell.js'
import {expandedRows, expandedWidths} from './expanded.js'
import {alignOf, type Grid, rowCount, totalWidth, widthsOf} from './grid.js'
import {wrapped} from './wrapped.js'

/** For what a table is printed. */
export interface Surface {
  /** The terminal's width; undefined where there is none. */
  columns: number | undefined
  /** Whether what could disturb a terminal is to be escaped beyond what psql escapes. */
  harmless: boolean
}

/** Rows that are held until the width of their columns is decided; more than these are printed in portions. */
const PORTION_ROWS = 10_000
const PORTION_CHARACTERS = 8 * 1024 * 1024
/** Every line of a column is padded to its widest one: what a portion may become by that. */
const PORTION_PRINTED = 64 * 1024 * 1024

/** A result that is printed as its rows come; both return what there is to print. */
export interface TablePrinter {
  add(row: RawRow): string
  end(): string
}

/**
 * Prints a result as psql does. A large one in portions, so that memory does not grow with it: columns become wider where a
 * later portion asks for it.
 */
export function tablePrinter(
  fields: readonly Field[],
  settings: Pick<Settings, 'expanded' | 'nullText'>,
  surface: Surface,
): TablePrinter {
  const {harmless} = surface
  const heads = fields.map(({name}) => cellOf(name, harmless))
  const aligns = fields.map(({dataTypeID}) => alignOf(dataTypeID))
  const portions = portionPrinter(heads, aligns, {expanded: settings.expanded, surface})
  let rows: Cell[][] = []
  let characters = 0
  let lines = 0
  let widest = 0
  let count = 0
  const flush = (): string => {
    const text = portions.print(rows)
    rows = []
    characters = 0
    lines = 0
    return text
  }
  return {
    add(row) {
      const cells = row.map((value) => cellOf(value ?? settings.nullText, harmless))
      const height = linesOf(cells)
      widest = Math.max(widest, totalWidth(cells.map(({width}) => width)))
      const before = rows.length > 0 && (lines + height) * widest > PORTION_PRINTED ? flush() : ''
      rows.push(cells)
      lines += height
      characters += row.reduce((sum, value) => sum + (value?.length ?? 0), 0)
      count++
      const full = rows.length >= PORTION_ROWS || characters >= PORTION_CHARACTERS
      return full ? before + flush() : before
    },
    end() {
      const text = flush()
      if (!portions.expanded()) return `${text}${rowCount(count)}\n\n`
      return count === 0 || heads.length === 0 ? `${rowCount(count)}\n\n` : `${text}\n`
    },
  }
}

/** Lines that may be padded: of the row, or of its values one below the other. */
function linesOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, {lines}) => sum + (lines.length > 1 ? lines.length : 0), 1)
}

interface PortionOptions {
  expanded: Settings['expanded']
  surface: Surface
}

interface PortionPrinter {
  print(rows: Cell[][]): string
  /** How it prints, once it has printed something. */
  expanded(): boolean
}

/** Prints one portion after the other: the first one decides how, and has the headings. */
function portionPrinter(
  heads: readonly Cell[],
  aligns: Grid['aligns'],
  {expanded, surface}: PortionOptions,
): PortionPrinter {
  let records: boolean | undefined
  let widths: number[] | undefined
  let pairs = {head: 0, value: 0}
  let printed = 0
  return {
    expanded: () => records === true,
    print(rows) {
      const grid: Grid = {heads, aligns, rows}
      const first = widths === undefined
      widths = widthsOf(grid, widths)
      records ??= isExpanded(expanded, totalWidth(widths), surface.columns)
      if (!records) return (first ? alignedHead(grid, widths) : '') + alignedRows(grid, widths)
      pairs = expandedWidths(grid, pairs)
      const text = expandedRows(grid, pairs, {first: printed + 1, columns: surface.columns})
      printed += rows.length
      return text
    },
  }
}

/** Whether each value has a line of its own, of a table of this width. */
function isExpanded(
  expanded: Settings['expanded'],
  width: number,
  columns: number | undefined,
): boolean {
  return expanded === 'auto' ? columns !== undefined && width > columns : expanded === 'on'
}

/** A table that is there as a whole. */
export interface WholeTable {
  title: string
  grid: Grid
  /** Lines under the table; null: the number of rows. */
  footers: readonly string[] | null
  expanded: Settings['expanded']
}

/** A whole table, as psql prints those of its own commands; one that must not be expanded is broken where it is too wide. */
export function wholeTable(
  {title, grid, footers, expanded}: WholeTable,
  columns: number | undefined,
): string {
  const widths = widthsOf(grid)
  if (!isExpanded(expanded, totalWidth(widths), columns)) {
    const narrow = columns === undefined ? {grid, widths} : wrapped(grid, widths, columns)
    const count = footers === null ? [rowCount(grid.rows.length)] : footers
    const below = [...count, ''].map((line) => `${line}\n`).join('')
    const head = title === '' ? '' : alignedTitle(title, narrow.widths)
    const table = alignedHead(grid, narrow.widths) + alignedRows(narrow.grid, narrow.widths)
    return head + table + below
  }
  const pairs = expandedWidths(grid)
  const head = title === '' ? '' : `${title}\n`
  const records = expandedRows(grid, pairs, {first: 1, columns})
  const lines = footers && footers.length > 0 ? `\n${footers.join('\n')}\n` : ''
  return `${head}${records || `${rowCount(0)}\n`}${lines}\n`
}
