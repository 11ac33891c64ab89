import type {ListedSession, Look} from '../../postgres/sessions-list.js'
import {printable} from '../../target/text.js'
import {styleOut} from '../style.js'
import {cut, fit, line, widest} from '../table.js'
import {type Column, markedColumns, plainColumns, type Shown} from './columns.js'

/** A table of sessions, as lines. */
export interface Grid {
  head: string
  /** The lines of each session: one, and with `long` another one for its statement. */
  rows: string[][]
  /** The columns that had no room. */
  leftOut: string[]
}

interface Cells {
  text: string
  paint: ((text: string) => string) | undefined
}

function cellsOf(columns: readonly Column[], session: ListedSession, now: string): Cells[] {
  return columns.map(({paint, text}) => ({
    text: printable(String(text(session, now) ?? '')),
    paint: paint?.(session, now),
  }))
}

function gridOf(columns: readonly Column[], {now, sessions}: Look, room: number): Grid {
  const cells = sessions.map((session) => cellsOf(columns, session, now))
  const natural = columns.map(({name}, at) =>
    widest([name, ...cells.map((row) => row[at]?.text ?? '')]),
  )
  const widths = fit(
    columns.map((column, at) => ({...column, natural: natural[at] ?? 0})),
    room,
  )
  const isIn = (_: unknown, at: number): boolean => widths[at] !== undefined
  const kept = widths.filter((width) => width !== undefined)
  const names = columns.map(({name}) => name)
  return {
    head: line(names.filter(isIn), kept, (text) => styleOut.bold(text)),
    rows: cells.map((row) => {
      const shown = row.filter(isIn)
      const paint = (text: string, at: number) => shown[at]?.paint?.(text) ?? text
      return [
        line(
          shown.map(({text}) => text),
          kept,
          paint,
        ),
      ]
    }),
    leftOut: names.filter((_, at) => widths[at] === undefined),
  }
}

const INDENT = '    '

/** A statement may go over many lines. */
function statementLine({query}: ListedSession, room: number): string {
  const text = printable((query ?? '').replace(/\s+/g, ' ').trim())
  return INDENT + cut(text, room - INDENT.length)
}

/**
 * The sessions for a person, each in its line, and with `long` its statement in another one below.
 *
 * @param room columns of the terminal
 */
export function markedGrid(look: Look, shown: Shown, room: number): Grid {
  const grid = gridOf(markedColumns(shown, look), look, room)
  if (!shown.long) return grid
  const rows = grid.rows.map((lines, at) => {
    const session = look.sessions[at]
    return session?.query ? [...lines, statementLine(session, room)] : lines
  })
  return {...grid, rows}
}

/** The sessions for a script: nothing is cut or left out, and nothing added. */
export function plainGrid(look: Look, shown: Shown): Grid {
  return gridOf(plainColumns(shown), look, Number.POSITIVE_INFINITY)
}
