import {spawnSync} from 'node:child_process'
import {spawn} from '@lydell/node-pty'
import {Terminal} from '@xterm/headless'
import {until} from './wait.js'

/** A shell in a pseudo-terminal behind a terminal emulator: what a person sees who types there. */
export interface Shell {
  /** What is on the screen, without empty lines below. */
  lines: () => string[]
  /** Waits until the screen holds a line that matches. */
  shows: (line: RegExp) => Promise<void>
  type: (keys: string) => void
  close: () => Promise<void>
}

interface ShellOptions {
  cwd: string
  env: Record<string, string>
  columns?: number
  rows?: number
}

/** Whether `name` is installed. */
export function isInstalled(name: string): boolean {
  return spawnSync(name, ['--version']).status === 0
}

/** Starts an interactive shell. */
export function openShell(
  file: string,
  args: readonly string[],
  {columns = 100, cwd, env, rows = 40}: ShellOptions,
): Shell {
  const pty = spawn(file, [...args], {
    cols: columns,
    rows,
    cwd,
    env: {TERM: 'xterm-256color', ...env},
  })
  const terminal = new Terminal({cols: columns, rows, allowProposedApi: true})
  pty.onData((data) => terminal.write(data))
  terminal.onData((answer) => pty.write(answer))
  const ended = new Promise<void>((resolve) => pty.onExit(() => resolve()))
  const lines = (): string[] => {
    const {active} = terminal.buffer
    const all = Array.from(
      {length: active.length},
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    )
    return all.slice(0, all.findLastIndex((line) => line !== '') + 1)
  }
  return {
    lines,
    shows: (wanted) =>
      until(
        () => lines().some((line) => wanted.test(line)),
        () => `${wanted} in:\n${lines().join('\n')}`,
      ),
    type: (keys) => pty.write(keys),
    close: async () => {
      pty.kill('SIGKILL')
      await ended
    },
  }
}
