import {execFileSync, spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {constants} from 'node:os'
import {stripVTControlCharacters} from 'node:util'
import {spawn as spawnPty} from '@lydell/node-pty'
import type pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {AT_ONCE, inTurn, interrupt, SIGNALS} from '../support/interrupt.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {ended, type ProgramOptions, programCommand} from '../support/program.js'
import {until} from '../support/wait.js'

const database = freshName()
let other: pg.Client
let pid: number
let oid: unknown

const lookUp = async (): Promise<unknown> =>
  (await query(`SELECT oid FROM pg_database WHERE datname = '${database}'`))[0]?.['oid']

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE old AS SELECT 1 AS n', database)
  oid = await lookUp()
  other = await connect('postgres')
  const {rows} = await other.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
  pid = rows[0]?.pid ?? 0
})
afterAll(async () => {
  await other.end()
  await dropDatabases(database)
})

const env = {PROD_CONNECTION_URL: urlOf(database)}
const QUESTION = "Type the database's name"

interface Window {
  /** What it has shown, without control sequences. */
  screen: () => string
  shows: (text: string) => Promise<void>
  type: (keys: string) => void
  /** Closes it under the program. */
  close: () => void
  /** The process that runs in it. */
  pid: number
  /** As a shell shows it, and the seconds from now to the end. */
  end: () => Promise<{exit: number; seconds: number}>
}

/** A command in a window of a terminal. */
function openWindow(file: string, args: string[], options: ProgramOptions): Window {
  const program = programCommand([], options)
  const pty = spawnPty(file, args, {
    cols: 100,
    rows: 30,
    cwd: program.options.cwd,
    env: {...program.options.env, TERM: 'xterm'},
  })
  let shown = ''
  pty.onData((data) => {
    shown += data
  })
  const exited = new Promise<number>((resolve) =>
    pty.onExit(({exitCode, signal}) => resolve(signal ? 128 + signal : exitCode)),
  )
  const screen = (): string => stripVTControlCharacters(shown)
  return {
    screen,
    shows: (text) => until(() => screen().includes(text), screen),
    type: (keys) => pty.write(keys),
    close: () => pty.kill('SIGHUP'),
    pid: pty.pid,
    end: async () => {
      const started = performance.now()
      const patience = setTimeout(() => pty.kill('SIGKILL'), 12_000)
      const exit = await exited
      clearTimeout(patience)
      return {exit, seconds: (performance.now() - started) / 1000}
    },
  }
}

const openProgram = (...args: string[]): Window => {
  const {file, args: words} = programCommand(args, {})
  return openWindow(file, words, {env})
}

/** A shell that tells, when the program has ended, how, and in what state the terminal is. */
const openShell = (...args: string[]): Window => {
  const {file, args: words} = programCommand(args, {})
  const script = '"$@"; echo "exit $?"; stty -a; exec cat'
  return openWindow('sh', ['-c', script, 'sh', file, ...words], {env})
}

/** Numbers of processes and of those that started them; a small container has no `ps`. */
function processes(): number[][] {
  if (process.platform !== 'linux') {
    const table = execFileSync('ps', ['-axo', 'pid=,ppid='], {encoding: 'utf8'})
    return table.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const [, parent] = /.*\) . (\d+)/s.exec(readIfThere(`/proc/${name}/stat`)) ?? []
      return [Number(name), Number(parent)]
    })
}

/** A process may end while they are listed. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The process that another one has started. */
function childOf(parent: number): number {
  return processes().find(([, of]) => of === parent)?.[0] ?? Number.NaN
}

const ASKING = [
  'drop --prod',
  'drop --prod --force',
  'schema-load --prod',
  'seed --prod',
  'setup --prod',
  'sessions --prod --terminate PID',
].map((what) => ({what}))

describe('the question before a destructive act', () => {
  const ask = async (what: string): Promise<Window> => {
    const window = openProgram(...what.replace('PID', String(pid)).split(' '))
    await window.shows(QUESTION)
    return window
  }
  const untouched = async (window: Window): Promise<void> => {
    expect(window.screen()).not.toMatch(/^\s+at .*:\d+|Assertion/m)
    expect(await lookUp()).toBe(oid)
    expect(await query('SELECT * FROM old', database)).toEqual([{n: 1}])
    expect((await other.query('SELECT 1 AS n')).rows).toEqual([{n: 1}])
  }

  test.each(inTurn(ASKING))(
    'of $what ends with $signal from elsewhere',
    async ({what, ...sent}) => {
      const window = await ask(what)
      process.kill(window.pid, sent.signal)
      const {exit, seconds} = await window.end()
      expect(exit).toBe(sent.exit)
      expect(seconds).toBeLessThan(AT_ONCE)
      expect(window.screen()).toContain('Error: interrupted')
      await untouched(window)
    },
  )

  test.each(ASKING.filter(({what}) => !what.startsWith('drop')))(
    'of $what is answered with no by Ctrl-C, Ctrl-D and a closed window',
    async ({what}) => {
      for (const keys of ['\u0003', '\u0004']) {
        const window = await ask(what)
        window.type(keys)
        expect(await window.end()).toMatchObject({exit: 4})
        expect(window.screen()).toContain('Error: not confirmed')
        await untouched(window)
      }
      const window = await ask(what)
      window.close()
      expect(await window.end()).toMatchObject({exit: 128 + constants.signals.SIGHUP})
      await untouched(window)
    },
  )

  test.each(SIGNALS)('and the second one of a setup end with %s', async (signal, exit) => {
    const window = await ask('setup --prod')
    window.type(`${database}\r`)
    await window.shows('Load the seed into production too?')
    process.kill(window.pid, signal)
    expect(await window.end()).toMatchObject({exit})
    await untouched(window)
  })

  test.each([
    ['Ctrl-C', 4],
    ['Ctrl-D', 4],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves the terminal as it was, whatever ends it: %s', async (how, exit) => {
    const window = openShell('drop', '--prod')
    await window.shows(QUESTION)
    if (how === 'Ctrl-C') window.type('\u0003')
    else if (how === 'Ctrl-D') window.type('\u0004')
    else process.kill(childOf(window.pid), how)
    await window.shows(' iexten')
    expect(window.screen()).toMatch(new RegExp(`^exit ${exit}\\s*$`, 'm'))
    expect(window.screen()).toMatch(/\sicrnl\s[\s\S]*\sisig\s[\s\S]*icanon\s[\s\S]*\secho\s/)
    window.close()
    await window.end()
  })
})

const NAP = 'SELECT pg_sleep(600)'
const napping = async (): Promise<boolean> =>
  (
    await query(`SELECT FROM pg_stat_activity WHERE starts_with(datname, '${database}')
      AND query LIKE '%pg_sleep(600)%' AND state = 'active'`)
  ).length > 0

describe('a command that is at work', () => {
  test.each([
    ['Ctrl-C', (window: Window) => window.type('\u0003'), 130],
    ['a closed window', (window: Window) => window.close(), 129],
  ] as const)('ends with %s and tidies up', async (_, act, exit) => {
    const window = openProgram(
      'setup',
      '--url',
      urlOf(`${database}_two`),
      '--schema-file',
      '/dev/stdin',
    )
    await window.shows('url  ')
    window.type(`${NAP};\r\u0004`)
    await until(napping, window.screen)
    act(window)
    const {exit: shown, seconds} = await window.end()
    expect(shown).toBe(exit)
    expect(seconds).toBeLessThan(AT_ONCE)
    await until(
      async () => !(await napping()),
      () => 'the statement to be cancelled',
    )
    const left = `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}_')`
    expect(await query(left)).toEqual([])
  })

  test.each(SIGNALS)(
    'ends with %s to its whole process group, of which a shell is',
    async (signal, exit) => {
      const {file, args, options} = programCommand(
        ['setup', '--url', urlOf(`${database}_two`), '--schema-file', '/dev/stdin'],
        {},
      )
      const child = spawn('sh', ['-c', '"$@"; exit $?', 'sh', file, ...args], {
        ...options,
        detached: true,
      })
      const result = ended(child)
      child.stdin.end(`${NAP};`)
      await until(napping, () => 'the statement')
      const seen = await interrupt({child, result}, signal, {group: true})
      expect(seen.exit).toBe(exit)
      expect(seen.stderr).toMatch(/\nError: interrupted\n$/)
      await until(
        async () => !(await napping()),
        () => 'the statement to be cancelled',
      )
      const left = `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}_')`
      expect(await query(left)).toEqual([])
    },
  )
})

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    return false
  }
}

describe.skipIf(!hasPsql())('psql', () => {
  const open = async (): Promise<Window> => {
    const window = openProgram('connect', '--url', urlOf(database), '--', '-X')
    await window.shows(`${database}=> `)
    window.type(`${NAP};\r`)
    await until(napping, window.screen)
    return window
  }

  test('gets Ctrl-C itself, cancels its statement and stays; its exit code is ours', async () => {
    const window = await open()
    window.type('\u0003')
    await window.shows('canceling statement due to user request')
    expect(await napping()).toBe(false)
    window.type("SELECT 'still ' || 'here';\r")
    await window.shows('still here')
    window.type('\\q\r')
    expect(await window.end()).toMatchObject({exit: 0})
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is ended by %s to us, and leaves no process behind', async (signal, exit) => {
    const window = await open()
    const psql = childOf(window.pid)
    process.kill(window.pid, signal)
    const {exit: shown, seconds} = await window.end()
    expect(shown).toBe(exit)
    expect(seconds).toBeLessThan(AT_ONCE)
    expect(() => process.kill(psql, 0)).toThrow('ESRCH')
    // What psql had sent goes on without it, as always when it is ended so.
    await query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
    )
  })
})
