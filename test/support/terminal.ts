import {stripVTControlCharacters} from 'node:util'
import {type IPty, spawn} from '@lydell/node-pty'
import {type ProgramOptions, programCommand} from './program.js'
import {until} from './wait.js'

export interface Terminal {
  /** Everything shown so far, without control sequences. */
  screen: () => string
  /** Waits until the screen holds `text`. */
  shows: (text: string) => Promise<void>
  type: (keys: string) => void
  /** Closes the terminal under the program. */
  hangUp: () => void
  /** The exit code, once the program has ended. */
  ended: Promise<number>
  /** The number of the signal that ended it; 0 or undefined for none. */
  signal: Promise<number | undefined>
}

export interface TerminalSize {
  columns?: number
  rows?: number
}

export interface TerminalOptions extends ProgramOptions, TerminalSize {
  /**
   * Keeps the terminal open until an emulator behind it has shown everything: of more than 4096 bytes Linux may lose the end
   * when the last program leaves a terminal (1 in 60 times, with both processors busy).
   */
  lingers?: boolean
}

/** Runs a program, then asks the terminal how it is, and waits for its answer of four bytes. */
const LINGER =
  '"$@"; code=$?; stty -icanon -echo; printf "\\033[5n"; dd bs=1 count=4 >/dev/null 2>&1; exit $code'

/** The built program in a pseudo-terminal, of 100 columns and 30 rows unless told. */
export function spawnInTerminal(
  args: readonly string[],
  {columns = 100, rows = 30, lingers = false, ...options}: TerminalOptions,
): IPty {
  const command = programCommand(args, options)
  const [file, words]: [string, string[]] = lingers
    ? ['sh', ['-c', LINGER, 'sh', command.file, ...command.args]]
    : [command.file, command.args]
  return spawn(file, words, {
    cols: columns,
    rows,
    cwd: command.options.cwd,
    env: {TERM: 'xterm-256color', ...command.options.env},
  })
}

/** Runs the built program in a pseudo-terminal, as a person would. */
export function openTerminal(args: readonly string[], options: ProgramOptions = {}): Terminal {
  const pty = spawnInTerminal(args, options)
  let shown = ''
  pty.onData((data) => {
    shown += data
  })
  const screen = (): string => stripVTControlCharacters(shown)
  const exit = new Promise<{exitCode: number; signal?: number}>((resolve) => pty.onExit(resolve))
  return {
    screen,
    shows: (text) =>
      until(
        () => screen().includes(text),
        () => `"${text}" in:\n${screen()}`,
      ),
    type: (keys) => pty.write(keys),
    hangUp: () => pty.kill('SIGHUP'),
    ended: exit.then(({exitCode}) => exitCode),
    signal: exit.then(({signal}) => signal),
  }
}
