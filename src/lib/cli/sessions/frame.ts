import type {ListedSession} from '../../postgres/sessions-list.js'
import {printable} from '../../target/text.js'
import {widthOf} from '../../width.js'
import {styleOut} from '../style.js'
import {cut} from '../table.js'
import {markedGrid} from './grid.js'
import {keyOf, nameOf, rhythm, SORTABLE, sorted, type View} from './view.js'
import {connections, legend} from './words.js'

export interface Size {
  columns: number
  rows: number
}

/** Where the sign of the chosen session stands. */
const GUTTER = 2
/** Lines that are no sessions: two of heading, the columns' names, the last one. */
const AROUND = 4

const KEYS = '? help  q quit  p pause  s sort  t end a session'

const HELP = [
  'up, down      choose a session (also: page up, page down, home, end)',
  't             end the chosen session (also: k)',
  `s, 1-${SORTABLE.length}        sort by the next column, by that column (also: left, right)`,
  'r             sort the other way round',
  'p, blank      pause, go on',
  'enter         look now',
  'l             more columns and the statements, or fewer',
  "a             PostgreSQL's own processes too, or not",
  'q, Esc        quit',
]

/** The left text, and the right one at the end of the line where there is room for both. */
function ends(left: string, right: string, columns: number): {left: string; right: string} {
  const free = columns - widthOf(left) - widthOf(right)
  if (right === '' || free < 2) return {left: cut(left, columns), right: ''}
  return {left, right: ' '.repeat(free) + right}
}

function title({at, guarded, name, where}: View, columns: number): string {
  const label = guarded ? 'PRODUCTION' : name
  const time = at?.toTimeString().slice(0, 8) ?? ''
  const {left, right} = ends(`${label}  ${printable(where)}`, time, columns)
  const paint = guarded ? styleOut.red.bold : styleOut.green
  return paint(left.slice(0, label.length)) + left.slice(label.length) + right
}

/** `PAUSED  12 of 100 connections  by db  1-6 of 40  every 2 seconds`. */
function summary(view: View, range: string, columns: number): string {
  const {look, paused, sort} = view
  const words = [
    paused ? 'PAUSED' : '',
    look ? connections(look) : '',
    `by ${sort.column}${sort.reversed ? ', reversed' : ''}`,
    range,
    paused ? '' : rhythm(view),
  ]
  const text = cut(words.filter(Boolean).join('  '), columns)
  return paused ? styleOut.bold(text) : text
}

/** The last line: what is asked, what is wrong, what was done, or what can be done. */
function lastLine({asking, message, trouble}: View, columns: number): string {
  if (asking) {
    // The number and the question come first: the rest may be cut.
    const question = `end ${asking.process_id}? y/N  ${nameOf(asking)}`
    return styleOut.bold(cut(printable(question), columns))
  }
  if (trouble !== undefined) return styleOut.red(cut(printable(`! ${trouble}`), columns))
  if (message !== undefined) return styleOut.bold(cut(printable(message), columns))
  return cut(KEYS, columns)
}

/** The sessions that there is room for: the page with the chosen one. */
function page(
  sessions: readonly ListedSession[],
  {long, selected}: View,
  lines: number,
): {from: number; to: number} {
  const count = Math.max(1, Math.floor(lines / (long ? 2 : 1)))
  const at = sessions.findIndex((session) => keyOf(session) === selected)
  const from = Math.floor(Math.max(0, at) / count) * count
  return {from, to: Math.min(from + count, sessions.length)}
}

function body(view: View, {columns, rows}: Size): {lines: string[]; range: string} {
  if (view.help) return {lines: HELP.map((text) => cut(text, columns)), range: ''}
  if (!view.look) return {lines: [], range: ''}
  const sessions = sorted(view)
  const {from, to} = page(sessions, view, rows - AROUND)
  const {head, rows: lines} = markedGrid({...view.look, sessions}, view, columns - GUTTER)
  const shown = lines.slice(from, to).map(([first = '', ...more], at) => {
    const session = sessions[from + at]
    const isSelected = session !== undefined && keyOf(session) === view.selected
    return [
      isSelected ? `> ${styleOut.inverse(first)}` : `  ${first}`,
      ...more.map((line) => `  ${line}`),
    ]
  })
  const range = to - from < sessions.length ? `${from + 1}-${to} of ${sessions.length}` : ''
  return {lines: [`  ${head}`, ...shown.flat()], range}
}

/**
 * The live view as lines of a terminal: as many as it has rows, none longer than it has columns.
 *
 * @param size of the terminal; what has no room in a small one is left out, the last line never
 */
export function frame(view: View, size: Size): string[] {
  const {columns, rows} = size
  const {lines, range} = body(view, size)
  const above = [title(view, columns), summary(view, range, columns), ...lines]
  const room = rows - 1
  const below = view.look && !view.help ? legend(view.look).map((text) => cut(text, columns)) : []
  const rest = above.length + below.length < room ? ['', ...below] : []
  const filled = [...above, ...rest].slice(0, room)
  const blank = Array.from({length: Math.max(0, room - filled.length)}, () => '')
  return [...filled, ...blank, lastLine(view, columns)].slice(-rows)
}
