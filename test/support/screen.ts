import type {ProgramOptions} from './program.js'
import {spawnInTerminal} from './terminal.js'
import {until} from './wait.js'

export interface Screen {
  /** What the terminal shows at this moment, line by line, without colours. */
  lines: () => string[]
  /** Waits until it shows a line that matches. */
  shows: (line: RegExp) => Promise<void>
  type: (keys: string) => void
  /** All that was written, what is gone from the screen too. */
  output: () => string
  /** The exit code, once the program has ended. */
  ended: Promise<number>
}

/** Runs the built program in a pseudo-terminal that knows how a line is drawn anew. */
export function openScreen(args: readonly string[], options: ProgramOptions = {}): Screen {
  const pty = spawnInTerminal(args, options)
  let written = ''
  pty.onData((data) => {
    written += data
  })
  const lines = (): string[] => draw(written)
  return {
    lines,
    shows: (wanted) =>
      until(
        () => lines().some((line) => wanted.test(line)),
        () => `${wanted} in:\n${lines().join('\n')}`,
      ),
    type: (keys) => pty.write(keys),
    output: () => written,
    ended: new Promise((resolve) => pty.onExit(({exitCode}) => resolve(exitCode))),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's control sequences are made of them
const STEP = /\x1b\[[?\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+/g

/** The lines that output leaves on a terminal: text over text, `\r`, `\n`, and erasing from the cursor on. */
function draw(output: string): string[] {
  const lines = ['']
  let [row, column] = [0, 0]
  for (const [step] of output.matchAll(STEP)) {
    const line = lines[row] ?? ''
    if (step === '\r') column = 0
    else if (step === '\n') lines[++row] ??= ''
    else if (step === '\x1b[J') lines.splice(row, lines.length, line.slice(0, column))
    else if (!step.startsWith('\x1b')) {
      lines[row] = line.slice(0, column).padEnd(column) + step + line.slice(column + step.length)
      column += step.length
    }
  }
  return lines
}
