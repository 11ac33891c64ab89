import {type Cell, cellOf} from './cell.js'

export type Align = 'l' | 'r'

/** What is printed as a table: its headings, how each column is aligned, and its rows. */
export interface Grid {
  heads: readonly Cell[]
  aligns: readonly Align[]
  rows: readonly (readonly Cell[])[]
}

/** Types that psql aligns to the right (`column_type_alignment` of print.c), by their oid. */
const NUMBERS = new Set([20, 21, 23, 26, 28, 29, 5069, 700, 701, 790, 1700])

export function alignOf(typeOid: number): Align {
  return NUMBERS.has(typeOid) ? 'r' : 'l'
}

/** A grid of texts. */
export function gridOf(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  {aligns, harmless}: {aligns: readonly Align[]; harmless: boolean},
): Grid {
  const cells = (texts: readonly string[]): Cell[] => texts.map((text) => cellOf(text, harmless))
  return {heads: cells(heads), aligns, rows: rows.map(cells)}
}

/** `(1 row)`, `(2 rows)`. */
export function rowCount(count: number): string {
  return count === 1 ? '(1 row)' : `(${count} rows)`
}

/** The width of each column, and at least what is given. */
export function widthsOf({heads, rows}: Grid, least: readonly number[] = []): number[] {
  return heads.map((head, column) =>
    rows.reduce(
      (width, row) => Math.max(width, row[column]?.width ?? 0),
      Math.max(head.width, least[column] ?? 0),
    ),
  )
}

/** The width of a whole table, with a blank at either side of each column and a line between two. */
export function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 3, 0) - (widths.length > 0 ? 1 : 0)
}
