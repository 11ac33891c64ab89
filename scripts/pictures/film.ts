import {element, xmlText} from '../../src/lib/diagram/xml.js'
import type {Frame} from './pace.js'
import type {Line, Span} from './screen.js'
import {FONT_SIZE, styleSheet} from './theme.js'

const CELL = {width: FONT_SIZE * 0.602, height: 19}
const MARGIN = 16
/** How long the end stays before it begins anew. */
const END_MS = 5000

interface Film {
  columns: number
  rows: number
  title: string
  description: string
}

/**
 * The frames as one SVG: a strip of all of them which is moved by one at a time. Whoever wants no motion, or shows no
 * animation, sees the last.
 */
export function filmOf(
  frames: readonly Frame[],
  {columns, description, rows, title}: Film,
): string {
  const shown = changesOf(frames)
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN)
  const height = rows * CELL.height + 2 * MARGIN
  const {ids, definitions} = defineLines(shown)
  const strip = shown.map((frame, place) => frameOf(frame, place * width, ids))
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'session-title session-description',
    'xml:space': 'preserve',
  }
  const paper = {class: 'paper', x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8}
  const lines = [
    element('title', {id: 'session-title'}, xmlText(title)),
    element('desc', {id: 'session-description'}, xmlText(description)),
    styleSheet(motionOf(shown, width)),
    element('rect', paper),
    element('defs', {}, '\n', definitions.join('\n'), '\n'),
    element('g', {class: 'film'}, '\n', strip.join('\n'), '\n'),
  ]
  return `${element('svg', root, '\n', lines.join('\n'), '\n')}\n`
}

/** Without frames that show nothing new. */
function changesOf(frames: readonly Frame[]): Frame[] {
  const looks = frames.map(({screen, typing}) => JSON.stringify(typing ? screen : screen.lines))
  return frames.filter((_, place) => looks[place] !== looks[place - 1])
}

/** Each line is drawn once and used where it is shown. */
function defineLines(frames: readonly Frame[]) {
  const ids = new Map<string, string>()
  const definitions: string[] = []
  for (const line of frames.flatMap(({screen}) => screen.lines)) {
    const key = JSON.stringify(line)
    if (line.length === 0 || ids.has(key)) continue
    const id = `l${ids.size}`
    ids.set(key, id)
    definitions.push(element('g', {id}, ...line.map(spanOf)))
  }
  return {ids, definitions}
}

function spanOf({column, look, text}: Span): string {
  const x = tenth(column * CELL.width)
  const shown = element('text', {class: look === '' ? undefined : look, x}, xmlText(text))
  if (!look.includes('inverse')) return shown
  const width = tenth([...text].length * CELL.width)
  const back = {class: `back ${look}`, x, y: -14, width, height: CELL.height}
  return element('rect', back) + shown
}

function frameOf({screen, typing}: Frame, left: number, ids: ReadonlyMap<string, string>): string {
  const {cursor, lines} = screen
  const uses = lines.flatMap((line: Line, row) => {
    const id = ids.get(JSON.stringify(line))
    return id === undefined ? [] : [element('use', {href: `#${id}`, y: baseline(row)})]
  })
  const block = {
    class: 'cursor',
    x: tenth(cursor.column * CELL.width),
    y: baseline(cursor.line) - 14,
    width: tenth(CELL.width),
    height: CELL.height - 1,
  }
  const at = {transform: `translate(${left + MARGIN} ${MARGIN})`}
  return element('g', at, ...uses, ...(typing ? [element('rect', block)] : []))
}

function baseline(row: number): number {
  return row * CELL.height + 14
}

function tenth(length: number): number {
  return Math.round(length * 10) / 10
}

/** The rules that move the strip. */
function motionOf(frames: readonly Frame[], width: number): string {
  const begin = frames[0]?.at ?? 0
  const total = (frames.at(-1)?.at ?? 0) - begin + END_MS
  const steps = frames.map(({at}, place) => {
    const percent = Number((((at - begin) / total) * 100).toFixed(2))
    return `${percent}%{transform:translateX(${-place * width}px)}`
  })
  const last = -(frames.length - 1) * width
  return [
    `.film{transform:translateX(${last}px)}`,
    `@keyframes film{${steps.join('')}to{transform:translateX(${last}px)}}`,
    `@media (prefers-reduced-motion:no-preference){.film{animation:film ${total}ms step-end infinite}}`,
  ].join('\n')
}
