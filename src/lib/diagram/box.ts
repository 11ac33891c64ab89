import {widthOf} from '../width.js'
import type {Entity} from './model.js'

/** Lengths of a picture are in pixels. Every common monospace font is at most 0.61 as wide as high. */
export const FONT_SIZE = 13
const CHARACTER = 8
export const ROW_HEIGHT = 22
export const HEAD_HEIGHT = 30
const PADDING = 12
const GAP = 16

/** How a text looks: a class in the picture's style sheet. */
type Look = 'title' | 'soft' | 'mark' | 'name'

interface Text {
  x: number
  text: string
  look: Look
}

/** A table as it is drawn: a head, a row for each column, then what is unique together. */
export interface Box {
  width: number
  height: number
  head: readonly Text[]
  rows: readonly (readonly Text[])[]
}

export function textWidth(text: string): number {
  return Math.ceil(widthOf(text) * CHARACTER)
}

export function boxOf(entity: Entity): Box {
  const {fields, kind, title, uniques} = entity
  const cells = fields.map(({marks, name, notNull, type}): string[] => [
    marks.join(' '),
    name,
    type,
    // A primary key says it already.
    notNull && !marks.includes('PK') ? 'not null' : '',
  ])
  const {offsets, end} = columnsOf(cells)
  const fieldRows = cells.map((texts) => rowOf(texts, offsets))
  const noteRows = uniques.map((names) => [note(`unique (${names.join(', ')})`)])
  const head: Text[] = [{x: PADDING, text: title, look: 'title'}]
  if (kind !== undefined) {
    head.push({x: PADDING + textWidth(title) + GAP, text: kind, look: 'soft'})
  }
  const ends = [head, ...noteRows].map((row) => endOf(row) + PADDING)
  const height = HEAD_HEIGHT + (fieldRows.length + noteRows.length) * ROW_HEIGHT
  return {width: Math.max(end, ...ends), height, head, rows: [...fieldRows, ...noteRows]}
}

const LOOKS: readonly Look[] = ['mark', 'name', 'soft', 'soft']

function rowOf(texts: readonly string[], offsets: readonly number[]): Text[] {
  return texts.flatMap((text, place) =>
    text === '' ? [] : [{x: offsets[place] ?? 0, text, look: LOOKS[place] ?? 'soft'}],
  )
}

function note(text: string): Text {
  return {x: PADDING, text, look: 'soft'}
}

/** Where each column of texts begins; one that is empty throughout takes no place. */
function columnsOf(cells: readonly (readonly string[])[]): {offsets: number[]; end: number} {
  let end = PADDING
  const offsets = LOOKS.map((_, place) => {
    const widest = Math.max(0, ...cells.map((row) => textWidth(row[place] ?? '')))
    const begin = end
    if (widest > 0) end += widest + GAP
    return begin
  })
  return {offsets, end: Math.max(PADDING * 2, end - GAP + PADDING)}
}

function endOf(row: readonly Text[]): number {
  const last = row.at(-1)
  return last ? last.x + textWidth(last.text) : 0
}

/** Where the middle of a row is, from the top of its box. */
export function rowMiddle(row: number): number {
  return HEAD_HEIGHT + row * ROW_HEIGHT + ROW_HEIGHT / 2
}
