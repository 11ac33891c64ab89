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

/** The built program in a pseudo-terminal, of 100 columns and 30 rows unless told. */
export function spawnInTerminal(
  args: readonly string[],
  {columns = 100, rows = 30, ...options}: ProgramOptions & TerminalSize,
): IPty {
  const command = programCommand(args, options)
  return spawn(command.file, command.args, {
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
