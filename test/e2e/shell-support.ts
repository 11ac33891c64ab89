import {mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {openScreen, type Screen} from '../support/screen.js'
import type {TerminalSize} from '../support/terminal.js'
import {until} from '../support/wait.js'

export interface ShellFolder {
  path: string
  /** Variables for a shell whose state lies here, on a machine without psql. */
  env: Record<string, string>
  close: () => void
}

/** @param programs of this machine that are on the PATH, by their paths */
export function openShellFolder(programs: readonly string[] = []): ShellFolder {
  const path = mkdtempSync(join(tmpdir(), 'cruddur-db-shell-'))
  for (const program of programs) symlinkSync(program, join(path, program.split('/').at(-1) ?? ''))
  return {
    path,
    env: {HOME: path, PATH: path, XDG_STATE_HOME: join(path, 'state')},
    close: () => rmSync(path, {recursive: true, force: true}),
  }
}

export interface ShellScreen extends Screen {
  /** Types a line, and waits until the shell asks for the next one. */
  enter: (line: string) => Promise<void>
  /** Does something, and waits until the shell asks for a line then. */
  waits: (act: () => void) => Promise<void>
  /** What is on the screen between the last prompt with this line and the one that waits. */
  below: (line: string) => string[]
}

/** Written before each line that is asked for: pastes are to be marked (xterm, bracketed paste). */
const ASKS = '\x1b[?2004h'

/** The built-in shell in a terminal, once it asks for a line. */
export async function openShellScreen(
  args: readonly string[],
  {columns = 80, rows = 40, env}: TerminalSize & {env: Record<string, string>},
): Promise<ShellScreen> {
  const screen = openScreen(['connect', ...args], {columns, rows, env: {PAGER: '', ...env}})
  const lines = (): string[] => screen.lines().map((line) => line.trimEnd())
  const asked = (): number => screen.output().split(ASKS).length
  const waits = (before: number): Promise<void> =>
    until(
      () => asked() > before && />$/.test(lines().at(-1) ?? ''),
      () => `a prompt in:\n${screen.lines().join('\n')}`,
    )
  await waits(1)
  return {
    ...screen,
    lines,
    async enter(line) {
      const before = asked()
      screen.type(`${line}\r`)
      await waits(before)
    },
    waits: async (act) => {
      const before = asked()
      act()
      await waits(before)
    },
    below(line) {
      const all = lines()
      return all.slice(all.findLastIndex((each) => each.endsWith(line)) + 1, -1)
    },
  }
}
