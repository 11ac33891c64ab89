import {printable} from '../target/text.js'
import {widthOf} from '../width.js'

export type Cell = string | number | null

const GAP = '  '
const ELLIPSIS = '…'

/** The text in so many columns of a terminal at most: what is too long ends with an ellipsis. Colours in it are not reckoned with. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns < 1) return ''
  let kept = ''
  let free = columns - ELLIPSIS.length
  for (const {segment} of new Intl.Segmenter().segment(text)) {
    free -= widthOf(segment)
    if (free < 0) break
    kept += segment
  }
  return kept + ELLIPSIS
}

/** A column of a table that has to fit. */
export interface Fitting {
  /** The columns of a terminal that its longest cell takes, its heading among them. */
  natural: number
  /** How narrow it may become; it is never cut unless told. */
  least?: number | undefined
  /** How wide it is made before others are made wider than their least; as that unless told. */
  first?: number | undefined
  /** Left out where there is no room, the lowest number first; never unless told. */
  leaves?: number | undefined
  /** Left out as well where others would have to be narrower than their first width. */
  extra?: boolean | undefined
}

function takes(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length)
}

/** Gives `free` columns, one by one, to the narrowest that wants more. */
function widen(widths: number[], wanted: readonly number[], free: number): number {
  for (let left = free; left > 0; left--) {
    const hungry = widths.filter((width, at) => width < (wanted[at] ?? 0))
    if (hungry.length === 0) return left
    const narrowest = Math.min(...hungry)
    const at = widths.findIndex((width, i) => width === narrowest && width < (wanted[i] ?? 0))
    widths[at] = narrowest + 1
  }
  return 0
}

const leastOf = ({least, natural}: Fitting): number => Math.min(natural, least ?? natural)
const firstOf = (column: Fitting): number =>
  Math.min(column.natural, column.first ?? leastOf(column))

/** Without those that there is no room for. */
function staying(columns: readonly Fitting[], room: number): Fitting[] {
  const leaving = columns
    .filter(({leaves}) => leaves !== undefined)
    .sort((a, b) => (a.leaves ?? 0) - (b.leaves ?? 0))
  let stays = [...columns]
  for (const column of leaving) {
    const isTight = takes(stays.map(leastOf)) > room
    const isCrowded = takes(stays.map(firstOf)) > room
    if (isTight || (column.extra && isCrowded)) stays = stays.filter((other) => other !== column)
  }
  return stays
}

/**
 * How wide columns are that stand two blanks apart in a given room: cut to their least if need be, and left out where even
 * that is too much.
 *
 * @returns for each column its width; undefined for those left out
 */
export function fit(columns: readonly Fitting[], room: number): (number | undefined)[] {
  const stays = staying(columns, room)
  const natural = stays.map((column) => column.natural)
  const widths = stays.map(leastOf)
  const free = Math.max(0, Math.min(room, takes(natural)) - takes(widths))
  widen(widths, natural, widen(widths, stays.map(firstOf), free))
  return columns.map((column) => widths[stays.indexOf(column)])
}

/** The columns of a terminal that the longest of these texts takes. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)
}

/** One line of a table: cells that are cut to their columns and filled up with blanks. */
export function line(
  cells: readonly string[],
  widths: readonly number[],
  paint: (text: string, at: number) => string = (text) => text,
): string {
  return cells
    .map((cell, at) => {
      const shown = cut(cell, widths[at] ?? 0)
      const fill = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(shown)))
      return {shown: shown === '' ? '' : paint(shown, at), fill}
    })
    .reduceRight((rest, {shown, fill}) => {
      if (rest === '') return shown
      return `${shown}${fill}${GAP}${rest}`
    }, '')
}

/**
 * Rows under their headings, columns two blanks apart, without lines; what comes from a server is
 * made harmless. Absent values are blank.
 */
export function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [columns, ...rows].map((row) => row.map((cell) => printable(String(cell ?? ''))))
  const widths = columns.map((_, at) => widest(texts.map((row) => row[at] ?? '')))
  return texts.map((row) => line(row, widths).trimEnd()).join('\n')
}
