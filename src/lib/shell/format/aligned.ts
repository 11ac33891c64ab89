import {widthOf} from '../../width.js'
import type {Cell} from './cell.js'
import {type Grid, totalWidth} from './grid.js'

/** Headings and the line under them, as psql prints them (print.c, `print_aligned_text`, border 1). */
export function alignedHead({heads}: Grid, widths: readonly number[]): string {
  const height = Math.max(0, ...heads.map(({lines}) => lines.length))
  const lines = Array.from({length: height}, (_, at) => headLine(heads, widths, at))
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+') || '--'
  return [...lines, rule, ''].join('\n')
}

/** The title, centred above the table. */
export function alignedTitle(title: string, widths: readonly number[]): string {
  const left = Math.max(0, Math.floor((totalWidth(widths) - widthOf(title)) / 2))
  return `${' '.repeat(left)}${title}\n`
}

export function alignedRows({aligns, rows}: Grid, widths: readonly number[]): string {
  return rows.map((row) => rowLines(row, aligns, widths)).join('')
}

function headLine(heads: readonly Cell[], widths: readonly number[], at: number): string {
  const cells = heads.map(({lines, widths: own}, column) => {
    const [text = '', width = 0] = [lines[at], own[at]]
    const blank = (widths[column] ?? 0) - width
    const left = ' '.repeat(Math.floor(blank / 2))
    return ` ${left}${text}${' '.repeat(Math.ceil(blank / 2))}${at + 1 < lines.length ? '+' : ' '}`
  })
  return cells.join('|')
}

function rowLines(row: readonly Cell[], aligns: Grid['aligns'], widths: readonly number[]): string {
  const height = Math.max(0, ...row.map(({lines}) => lines.length))
  let text = ''
  for (let at = 0; at < height; at++) text += `${rowLine(row, aligns, widths, at)}\n`
  return text
}

function rowLine(
  row: readonly Cell[],
  aligns: Grid['aligns'],
  widths: readonly number[],
  at: number,
): string {
  const last = row.length - 1
  let line = ''
  for (const [column, cell] of row.entries()) {
    const more = at + 1 < cell.lines.length
    const blank = ' '.repeat((widths[column] ?? 0) - (cell.widths[at] ?? 0))
    const text = cell.lines[at]
    line += cell.joins?.[at - 1] ? '.' : ' '
    if (text !== undefined && aligns[column] === 'r') line += blank + text
    else line += (text ?? '') + (more || column < last ? blank : '')
    if (more) line += cell.joins?.[at] ? '.' : '+'
    else if (column < last) line += ' '
    if (column < last) line += '|'
  }
  return line
}
