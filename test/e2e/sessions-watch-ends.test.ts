import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {spawn} from '@lydell/node-pty'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {programCommand} from '../support/program.js'
import type {Screen} from '../support/screen.js'
import {until} from '../support/wait.js'
import {isRestored, openSessionsStage, type SessionsStage} from './sessions-stage.js'

let stage: SessionsStage
const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-watch-'))

beforeAll(async () => {
  stage = await openSessionsStage()
})
afterEach(() => stage.endScreens())
afterAll(async () => {
  rmSync(folder, {recursive: true, force: true})
  await stage.close()
})

async function watch(env: Record<string, string> = {}): Promise<Screen> {
  const screen = stage.screen('--watch --interval 0.2', {columns: 80, rows: 12}, env)
  await screen.shows(/cruddur/)
  return screen
}

describe('the terminal is given back', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('after %s', async (signal, code) => {
    const screen = await watch()
    process.kill(screen.pid, signal)
    expect(await screen.ended).toBe(code)
    expect(isRestored(screen)).toBe(true)
    expect(screen.lines()).toContain('Error: interrupted')
    await stage.noSession()
  })

  test('after SIGHUP, and nothing is left when the window is closed', async () => {
    const screen = await watch()
    process.kill(screen.pid, 'SIGHUP')
    await screen.ended
    expect(isRestored(screen)).toBe(true)
    const closed = await watch()
    closed.hangUp()
    await closed.ended
    await stage.noSession()
  })

  test('after an error that nobody expected, which can be read then', async () => {
    const hook = join(folder, 'throws.cjs')
    writeFileSync(
      hook,
      "process.on('SIGUSR2', () => setImmediate(() => { throw new Error('boom') }))",
    )
    const screen = await watch({NODE_OPTIONS: `--require ${hook}`})
    process.kill(screen.pid, 'SIGUSR2')
    expect(await screen.ended).not.toBe(0)
    expect(isRestored(screen)).toBe(true)
    expect(screen.lines().join('\n')).toContain('Error: boom')
  })

  test('while the server does not answer: at once', async () => {
    const screen = await watch()
    await stage.server.freeze()
    try {
      await screen.shows(/^! no answer for [2-9] s$/)
      const began = Date.now()
      screen.type('q')
      expect(await screen.ended).toBe(0)
      expect(Date.now() - began).toBeLessThan(2000)
      expect(isRestored(screen)).toBe(true)
    } finally {
      stage.server.thaw()
    }
    await stage.noSession()
  })
})

/** A shell with job control, as a person has it. */
function openShell() {
  const {file, args, options} = programCommand(['sessions', '--watch'], {
    env: {CONNECTION_URL: stage.url(), TERM: 'xterm-256color', PS1: 'prompt> '},
  })
  const command = [file, ...args].map((word) => `'${word}'`).join(' ')
  const pty = spawn('bash', ['--norc', '--noprofile', '-i'], {cols: 80, rows: 12, ...options})
  let written = ''
  pty.onData((data) => {
    written += data
  })
  const since = {at: 0}
  return {
    pty,
    command,
    write: (keys: string) => {
      since.at = written.length
      pty.write(keys)
    },
    raw: () => written.slice(since.at),
    shows: (words: RegExp) =>
      until(
        () => words.test(stripVTControlCharacters(written.slice(since.at))),
        () => `${words} in:\n${written.slice(since.at)}`,
      ),
  }
}

describe('Ctrl-Z', () => {
  test('gives the terminal back to the shell, and fg goes on where it was', async () => {
    const shell = openShell()
    try {
      shell.write(`${shell.command}\r`)
      await shell.shows(/every 2 seconds/)
      shell.write('\u001a')
      await shell.shows(/Stopped[\s\S]*prompt> $/)
      const [before = ''] = shell.raw().split('Stopped')
      expect(before).toContain('\u001b[?25h\u001b[?1049l')
      shell.write('stty -a\r')
      await shell.shows(/\sicanon\s[\s\S]*\secho\s[\s\S]*prompt> $/)
      shell.write('fg\r')
      await shell.shows(/every 2 seconds/)
      expect(shell.raw()).toContain('\u001b[?1049h')
      shell.write('q')
      await shell.shows(/prompt> $/)
      shell.write('echo "exit $?"; stty -a\r')
      await shell.shows(/exit 0[\s\S]*\sicanon\s[\s\S]*\secho\s[\s\S]*prompt> $/)
    } finally {
      shell.pty.kill('SIGKILL')
    }
    await stage.noSession()
  })

  test('where no shell can wake it, the view goes on by itself', async () => {
    const screen = await watch()
    const before = screen.output().split('\u001b[?1049h').length
    screen.type('\u001a')
    await until(
      () => screen.output().split('\u001b[?1049h').length > before,
      () => 'the view to come back',
    )
    await screen.shows(/cruddur/)
    screen.type('q')
    expect(await screen.ended).toBe(0)
    expect(isRestored(screen)).toBe(true)
  })

  test('after SIGSTOP, which leaves no time, SIGCONT draws all anew', async () => {
    const screen = await watch()
    process.kill(screen.pid, 'SIGSTOP')
    process.kill(screen.pid, 'SIGCONT')
    await until(
      () => screen.output().split('\u001b[2J').length > 2,
      () => 'all to be drawn anew',
    )
    screen.type('q')
    expect(await screen.ended).toBe(0)
    expect(isRestored(screen)).toBe(true)
  })
})
