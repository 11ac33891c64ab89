export type LiveOutput = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'> &
  Partial<Pick<NodeJS.WriteStream, 'rows'>>

/** A few lines of a terminal that are drawn anew in their place. */
export interface LiveLine {
  /** Draws the lines of `text`, unless they are there already; those that the terminal has no room for are left out. */
  show(text: string): void
  /** Takes the lines off the screen while `write` writes whole lines to it. */
  interrupt(write: () => void): void
  /** Takes the lines off the screen for good; may be called twice. */
  stop(): void
}

/** A flood of other lines does not have these drawn anew for each of them. */
const REDRAW_MS = 50

/** The terminal's size where it does not tell: a serial line's. */
const ROWS = 24

/** Undefined where the output is no terminal that can redraw a line, or where others (a log, DEBUG) write between. */
export function openLiveLine(output: LiveOutput = process.stderr): LiveLine | undefined {
  const {CI, DEBUG, TERM} = process.env
  if (!output.isTTY || TERM === 'dumb' || CI || DEBUG) return undefined
  let shown = ''
  let visible = false
  let columns: number | undefined
  let redrawnAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  // The cursor is not hidden, so that nothing, kill -9 included, can leave it hidden. It rests at the
  // beginning of the first line: where a resized terminal rewraps the lines, it mostly stays there, and
  // erasing from it on takes all that has become of them, and nothing above.
  const erase = (): void => {
    if (visible) output.write('\r\x1b[J')
    visible = false
  }
  const draw = (): void => {
    const lines = shown.split('\n').slice(0, Math.max(1, (output.rows || ROWS) - 1))
    const up = lines.length > 1 ? `\x1b[${lines.length - 1}A` : ''
    // Wrapping is off (?7l): the terminal may find a character wider than we do.
    output.write(`\r\x1b[?7l${lines.join('\x1b[K\n')}\x1b[J${up}\r\x1b[?7h`)
    visible = true
    columns = output.columns
  }
  const redraw = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (!shown) return
    redrawnAt = performance.now()
    draw()
  }
  // A stopped program's lines would lie under the shell's.
  const onStop = (): void => {
    erase()
    process.off('SIGTSTP', onStop)
    process.kill(process.pid, 'SIGTSTP')
    process.on('SIGTSTP', onStop)
    redraw()
  }
  const stop = (): void => {
    process.off('exit', stop)
    process.off('SIGTSTP', onStop)
    clearTimeout(timer)
    timer = undefined
    erase()
    shown = ''
  }
  return {
    show(text) {
      // A terminal that has changed its width may have wrapped what was there.
      if (text === shown && columns === output.columns) return
      if (!text) return stop()
      if (!shown) {
        process.once('exit', stop)
        process.on('SIGTSTP', onStop)
      }
      shown = text
      if (!timer) draw()
    },
    interrupt(write) {
      erase()
      try {
        write()
      } finally {
        const soon = redrawnAt + REDRAW_MS - performance.now()
        if (shown && soon > 0) timer ??= setTimeout(redraw, soon).unref()
        else redraw()
      }
    },
    stop,
  }
}
