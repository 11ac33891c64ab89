import type {Cell} from './cell.js'
import type {Grid} from './grid.js'

interface Widths {
  head: number
  value: number
}

/** The widths of both columns, and at least what is given. */
export function expandedWidths({heads, rows}: Grid, least: Widths = {head: 0, value: 0}): Widths {
  const widest = (cells: readonly Cell[], from: number): number =>
    cells.reduce((width, cell) => Math.max(width, cell.width), from)
  return {
    head: widest(heads, least.head),
    value: rows.reduce((width, row) => widest(row, width), least.value),
  }
}

/**
 * Rows with a line for each value, as psql prints them (print.c, `print_aligned_vertical`, border 1).
 *
 * @param first the number of the first of these rows
 * @param columns where the rule above a record ends at the latest; undefined: nowhere
 */
export function expandedRows(
  {heads, rows}: Grid,
  widths: Widths,
  {first, columns = Number.POSITIVE_INFINITY}: {first: number; columns?: number | undefined},
): string {
  return rows
    .filter((row) => row.length > 0)
    .map((row, index) => {
      const rule = recordRule(first + index, widths).slice(0, columns)
      const values = row.map((cell, column) => pair(heads[column], cell, widths))
      return `${rule}\n${values.join('')}`
    })
    .join('')
}

/** `-[ RECORD 1 ]-+-----`, as long as the widest value asks for, or its own text. */
function recordRule(record: number, {head, value}: Widths): string {
  const name = `-[ RECORD ${record} ]`
  const rule = `${'-'.repeat(head + 1)}+${'-'.repeat(value + 1)}`
  return name + rule.slice(name.length)
}

function pair(head: Cell | undefined, value: Cell, widths: Widths): string {
  const height = Math.max(head?.lines.length ?? 0, value.lines.length)
  let lines = ''
  for (let at = 0; at < height; at++) {
    lines += `${nameLine(head, at, widths.head)}|${valueLine(value, at, widths.value)}\n`
  }
  return lines
}

function valueLine({lines, widths}: Cell, at: number, width: number): string {
  const text = lines[at]
  if (text === undefined) return ''
  const more = at + 1 < lines.length
  return more ? ` ${text}${' '.repeat(width - (widths[at] ?? 0))}+` : ` ${text}`
}

function nameLine(head: Cell | undefined, at: number, width: number): string {
  const more = at + 1 < (head?.lines.length ?? 0)
  const text = head?.lines[at] ?? ''
  return `${text}${' '.repeat(width - (head?.widths[at] ?? 0))}${more ? '+' : ' '}`
}
