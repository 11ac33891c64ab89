export type LiveOutput = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>

/** One line of a terminal that is drawn anew in its place. */
export interface LiveLine {
  /** Draws the line, unless it is there already. */
  show(line: string): void
  /** Takes the line off the screen while `write` writes whole lines to it. */
  interrupt(write: () => void): void
  /** Takes the line off the screen for good; may be called twice. */
  stop(): void
}

/** Undefined where the output is no terminal that can redraw a line. */
export function openLiveLine(output: LiveOutput = process.stderr): LiveLine | undefined {
  if (!output.isTTY || process.env['TERM'] === 'dumb') return undefined
  let shown = ''

  // The cursor is not hidden, so that nothing, kill -9 and Ctrl-Z included, can leave it hidden. It
  // rests at the line's beginning: where a resized terminal rewraps the line, it mostly stays there,
  // and erasing from it on takes all that has become of the line.
  const erase = (): void => {
    if (shown) output.write('\r\x1b[J')
  }
  const draw = (line: string): void => {
    // Wrapping is off (?7l): the terminal may find a character wider than we do.
    output.write(`\r\x1b[?7l${line}\x1b[J\r\x1b[?7h`)
    if (!shown) process.once('exit', stop)
    shown = line
  }
  const stop = (): void => {
    process.off('exit', stop)
    erase()
    shown = ''
  }
  return {
    show(line) {
      if (line !== shown) draw(line)
    },
    interrupt(write) {
      erase()
      try {
        write()
      } finally {
        if (shown) draw(shown)
      }
    },
    stop,
  }
}
