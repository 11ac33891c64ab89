import {Terminal} from '@xterm/headless'
import {spawnInTerminal, type TerminalOptions, type TerminalSize} from './terminal.js'
import {until} from './wait.js'

/** How a piece of text is shown. */
export interface Look {
  /** Of the terminal's 16 colours: 1 red, 2 green, 3 yellow, 4 blue, 5 magenta, 6 cyan; undefined: the terminal's own. */
  color: number | undefined
  bold: boolean
  dim: boolean
  inverse: boolean
}

export interface Screen {
  /** What the terminal shows at this moment, line by line down to the cursor, without colours; what has scrolled off is above it. */
  lines: () => string[]
  /** Waits until it shows a line that matches. */
  shows: (line: RegExp) => Promise<void>
  /** Waits until it shows no line that matches. */
  hides: (line: RegExp) => Promise<void>
  /** How the last line that holds `text` shows its first character. */
  look: (text: string) => Look
  /** Where the cursor is: the number of its line in `lines`, and its column, both from 0. */
  cursor: () => {line: number; column: number}
  /** True while the alternate screen is shown, as by `less`. */
  alternate: () => boolean
  type: (keys: string) => void
  resize: (size: Required<TerminalSize>) => void
  /** Closes the terminal under the program. */
  hangUp: () => void
  /** The program's process id. */
  pid: number
  /** All that was written, with its control sequences. */
  output: () => string
  /** The exit code, once the program has ended and all it wrote is shown. */
  ended: Promise<number>
}

/** Runs the built program in a pseudo-terminal behind which a terminal emulator (xterm.js) draws. */
export function openScreen(args: readonly string[], options: TerminalOptions = {}): Screen {
  const pty = spawnInTerminal(args, options)
  const {cols, rows} = pty
  const terminal = new Terminal({cols, rows, scrollback: 10_000, allowProposedApi: true})
  let written = ''
  pty.onData((data) => {
    // Both at once: who sees that something has come looks at the screen then.
    terminal.write(data, () => {
      written += data
    })
  })
  // What the terminal answers when it is asked, such as where its cursor is.
  terminal.onData((answer) => pty.write(answer))

  const lines = (): string[] => {
    const {active} = terminal.buffer
    const all = Array.from(
      {length: active.length},
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    )
    const last = all.findLastIndex((line) => line !== '')
    return all.slice(0, Math.max(last, active.baseY + active.cursorY) + 1)
  }
  const shown = (): string => `\n${lines().join('\n')}`
  const exited = new Promise<number>((resolve) => pty.onExit(({exitCode}) => resolve(exitCode)))
  return {
    lines,
    shows: (wanted) =>
      until(
        () => lines().some((line) => wanted.test(line)),
        () => `${wanted} in:${shown()}`,
      ),
    hides: (unwanted) =>
      until(
        () => !lines().some((line) => unwanted.test(line)),
        () => `no ${unwanted} in:${shown()}`,
      ),
    look(text) {
      const all = lines()
      const row = all.findLastIndex((line) => line.includes(text))
      const cell = terminal.buffer.active.getLine(row)?.getCell(all[row]?.indexOf(text) ?? 0)
      if (!cell) throw new Error(`"${text}" is not shown in:${shown()}`)
      return {
        color: cell.isFgPalette() ? cell.getFgColor() % 8 : undefined,
        bold: cell.isBold() !== 0,
        dim: cell.isDim() !== 0,
        inverse: cell.isInverse() !== 0,
      }
    },
    cursor() {
      const {baseY, cursorX, cursorY} = terminal.buffer.active
      return {line: baseY + cursorY, column: cursorX}
    },
    alternate: () => terminal.buffer.active.type === 'alternate',
    type: (keys) => pty.write(keys),
    resize({columns, rows: height}) {
      terminal.resize(columns, height)
      pty.resize(columns, height)
    },
    hangUp: () => pty.kill('SIGHUP'),
    pid: pty.pid,
    output: () => written,
    ended: exited.then(async (code) => {
      await new Promise<void>((resolve) => terminal.write('', resolve))
      return code
    }),
  }
}
