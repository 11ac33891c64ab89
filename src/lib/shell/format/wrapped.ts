import {widthOf} from '../../width.js'
import type {Cell} from './cell.js'
import {type Grid, totalWidth} from './grid.js'

/**
 * The table in so many columns of the terminal, long values broken into lines: psql's format `wrapped` (print.c,
 * `print_aligned_text`). Headings are not broken, so it may stay wider.
 *
 * @param widths of its columns as they are
 */
export function wrapped(
  grid: Grid,
  widths: readonly number[],
  columns: number,
): {grid: Grid; widths: readonly number[]} {
  const narrow = narrowed(grid, widths, columns)
  const rows = grid.rows.map((row) =>
    row.map((cell, column) => wrappedCell(cell, narrow[column] ?? cell.width)),
  )
  return {grid: {...grid, rows}, widths: narrow}
}

/** Takes columns away, one by one, where the fewest values are broken by it. */
function narrowed({heads, rows}: Grid, widths: readonly number[], columns: number): number[] {
  const narrow = [...widths]
  const average = heads.map((_, column) => {
    const sum = rows.reduce((total, row) => total + (row[column]?.width ?? 0), 0)
    return rows.length === 0 ? 0 : sum / rows.length
  })
  const least = totalWidth(heads.map(({width}) => width))
  if (least > columns) return narrow
  for (let total = totalWidth(widths); total > columns; total--) {
    const ratios = narrow.map((width, column) => {
      const mean = average[column] ?? 0
      const kept = width <= (heads[column]?.width ?? 0) || mean === 0
      return kept ? 0 : width / mean + (widths[column] ?? 0) * 0.01
    })
    const worst = ratios.indexOf(Math.max(...ratios))
    if ((ratios[worst] ?? 0) === 0) break
    narrow[worst] = (narrow[worst] ?? 0) - 1
  }
  return narrow
}

function wrappedCell(cell: Cell, width: number): Cell {
  if (cell.width <= width) return cell
  const lines: string[] = []
  const joins: boolean[] = []
  for (const line of cell.lines) {
    const pieces = piecesOf(line, width)
    for (const [at, piece] of pieces.entries()) {
      lines.push(piece)
      joins.push(at + 1 < pieces.length)
    }
  }
  return {lines, widths: lines.map((line) => widthOf(line)), width, joins}
}

/** A text in pieces that are not wider; a character is never broken. */
function piecesOf(text: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of text) {
    if (piece !== '' && widthOf(piece + character) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}
