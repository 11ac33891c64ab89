import {type AddressInfo, createServer, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {openScreen} from '../support/screen.js'
import {openShellFolder, openShellScreen} from './shell-support.js'

const database = freshName()
const folder = openShellFolder()
const env = {...folder.env, CONNECTION_URL: urlOf(database)}

beforeAll(() => query(`CREATE DATABASE "${database}" TEMPLATE template0`))
afterAll(async () => {
  folder.close()
  await dropDatabases(database)
})

const sessions = (): Promise<{pid: number; state: string; query: string}[]> =>
  query(`SELECT pid, state, query FROM pg_stat_activity WHERE datname = '${database}'
    AND application_name = 'cruddur-db connect'`)
const count = async (): Promise<number> => (await sessions()).length

const terminate = () =>
  query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)

describe('a lost connection', () => {
  test('at the prompt is said, the statement is not run, and the next one is', async () => {
    const screen = await openShellScreen([], {env})
    await screen.enter('CREATE TEMP TABLE t AS SELECT 1;')
    await terminate()
    await expect.poll(count).toBe(0)
    await screen.enter("SELECT 'first' AS word;")
    const shown = screen.lines().join('\n')
    expect(screen.lines().join('')).toMatch(
      /was lost: terminating connection due to ?administrator command/,
    )
    expect(shown).toContain('→ the statement was not run')
    expect(shown).toContain('connected again, in a new session')
    expect(shown).not.toMatch(/^ first$/m)
    await screen.enter("SELECT 'second' AS word;")
    expect(screen.below("SELECT 'second' AS word;")[2]).toBe(' second')
    screen.hangUp()
  })

  test('in a transaction is said with what it means', async () => {
    const screen = await openShellScreen([], {env})
    await screen.enter('BEGIN;')
    expect(screen.lines().at(-1)).toBe(`local ${database}=*>`)
    await terminate()
    await expect.poll(count).toBe(0)
    await screen.enter('CREATE TABLE never (n int);')
    expect(screen.lines().join(' ')).toMatch(/not run; the open transaction is undone/)
    expect(screen.lines().at(-1)).toBe(`local ${database}=>`)
    const made = "SELECT 1 FROM pg_class WHERE relname = 'never'"
    expect(await query(made, database)).toEqual([])
    screen.hangUp()
  })

  test('while a statement runs is said, and made anew', async () => {
    const screen = await openShellScreen([], {env})
    await screen.waits(() => {
      screen.type('SELECT pg_sleep(60);\r')
      void expect
        .poll(async () => (await sessions()).some(({query: sql}) => sql.includes('pg_sleep')))
        .toBe(true)
        .then(terminate)
    })
    expect(screen.lines().join('\n')).toContain('connected again, in a new session')
    await screen.enter('SELECT 1 AS one;')
    expect(screen.below('SELECT 1 AS one;')[2]).toBe('   1')
    screen.hangUp()
  })
})

describe('no session stays on the server', () => {
  test('when the terminal is closed, at the prompt and in a statement', async () => {
    for (const line of ['', 'SELECT pg_sleep(60);\r']) {
      const screen = await openShellScreen([], {env})
      screen.type(line)
      await sleep(line ? 300 : 0)
      expect(await count()).toBe(1)
      screen.hangUp()
      await screen.ended
      await expect.poll(count, {timeout: 10_000}).toBe(0)
    }
  })

  test('after SIGTERM, and the terminal is as it was', async () => {
    for (const line of ['', "SELECT 'x", 'SELECT pg_sleep(60);\r']) {
      const screen = await openShellScreen([], {env})
      screen.type(line)
      await sleep(300)
      process.kill(screen.pid, 'SIGTERM')
      expect(await screen.ended).toBe(143)
      expect(screen.output().endsWith('\x1b[?2004h')).toBe(false)
      expect(screen.output().split('\x1b[?2004h').length).toBe(
        screen.output().split('\x1b[?2004l').length,
      )
      await expect.poll(count, {timeout: 10_000}).toBe(0)
    }
  })
})

test('Ctrl-C while it connects ends it', async () => {
  // Takes the connection and never answers.
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const {port} = server.address() as AddressInfo
  const screen = openScreen(['connect', '--url', `postgres://u:p@127.0.0.1:${port}/d`], {
    env: folder.env,
  })
  await screen.shows(/the built-in shell/)
  screen.type('\x03')
  expect(await screen.ended).toBe(130)
  for (const socket of sockets) socket.destroy()
  server.close()
})
