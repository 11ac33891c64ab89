import type {IBufferCell, Terminal} from '@xterm/headless'

/** Text of one look; `column` counts from 0. */
export interface Span {
  column: number
  text: string
  /** Classes of the style sheet, as in `red bold`. */
  look: string
}

export type Line = readonly Span[]

/** What a terminal shows, from its first line to its last that is not empty. */
export interface Screen {
  lines: readonly Line[]
  cursor: {line: number; column: number}
}

const COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** The terminal as it is at this moment, without what has scrolled away. */
export function screenOf(terminal: Terminal): Screen {
  const {active} = terminal.buffer
  const lines = Array.from({length: terminal.rows}, (_, row) => {
    const line = active.getLine(active.baseY + row)
    const cells = Array.from({length: terminal.cols}, (_, column) => line?.getCell(column))
    return spansOf(cells)
  })
  const last = lines.findLastIndex((line) => line.length > 0)
  return {
    lines: lines.slice(0, last + 1),
    cursor: {line: active.cursorY, column: active.cursorX},
  }
}

function spansOf(cells: readonly (IBufferCell | undefined)[]): Line {
  const spans: Span[] = []
  for (const [column, cell] of cells.entries()) {
    // The second half of a character that is two columns wide.
    if (!cell || cell.getWidth() === 0) continue
    const [look, text] = [lookOf(cell), cell.getChars() || ' ']
    const last = spans.at(-1)
    if (last && last.look === look) last.text += text
    else spans.push({column, text, look})
  }
  const shown = spans.map((span) => ({...span, text: trimmed(span)}))
  return shown.filter(({text}) => text !== '')
}

function trimmed({look, text}: Span): string {
  return look.includes('inverse') ? text : text.trimEnd()
}

function lookOf(cell: IBufferCell): string {
  const color = cell.isFgPalette() ? COLORS[cell.getFgColor() % COLORS.length] : undefined
  return [
    color,
    cell.isBold() ? 'bold' : undefined,
    cell.isDim() ? 'dim' : undefined,
    cell.isInverse() ? 'inverse' : undefined,
  ]
    .filter((name) => name !== undefined)
    .join(' ')
}

/** The screen with other names for paths; what stands behind one in its line moves along. */
export function renamed({cursor, lines}: Screen, names: ReadonlyMap<string, string>): Screen {
  const inLine = (line: Line): Line => {
    let moved = 0
    return line.map(({column, look, text}) => {
      let shown = text
      for (const [path, name] of names) shown = shown.replaceAll(path, name)
      const span = {column: column + moved, text: shown, look}
      moved += shown.length - text.length
      return span
    })
  }
  return {cursor, lines: lines.map(inLine)}
}
