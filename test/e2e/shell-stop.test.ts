import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {openShellFolder, openShellScreen, type ShellScreen} from './shell-support.js'

const database = freshName()
const folder = openShellFolder()
const env = {...folder.env, CONNECTION_URL: urlOf(database)}

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE t (n int)', database)
})
beforeEach(async () => {
  await query('TRUNCATE t', database)
})
afterAll(async () => {
  folder.close()
  await dropDatabases(database)
})

async function withShell(fn: (screen: ShellScreen) => Promise<void>): Promise<void> {
  const screen = await openShellScreen([], {env})
  try {
    await fn(screen)
    expect(await query('TABLE t', database)).toEqual([])
    screen.type('\x03\\q\r')
    expect(await screen.ended).toBe(0)
  } finally {
    screen.hangUp()
  }
}

const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`
const LOSE = 'SELECT pg_terminate_backend(pg_backend_pid());'

describe('what is behind a lost connection is not run, for it was meant for the transaction', () => {
  test('on the same line', () =>
    withShell(async (screen) => {
      await screen.enter(`BEGIN; ${LOSE} INSERT INTO t VALUES (2); COMMIT;`)
      expect(screen.lines().at(-2)).toBe('what was typed behind it was not run')
    }))

  test('in the same paste', () =>
    withShell(async (screen) => {
      screen.type(paste(`BEGIN;\r${LOSE}\rINSERT INTO t VALUES (2);\rCOMMIT;\r`))
      await screen.shows(/what was typed behind it was not run/)
    }))
})

describe('Ctrl-C', () => {
  test('throws away the rest of a paste', () =>
    withShell(async (screen) => {
      screen.type(paste('SELECT pg_sleep(30);\rINSERT INTO t VALUES (1);\r'))
      await screen.shows(/pg_sleep\(30\);/)
      await screen.waits(() => screen.type('\x03'))
    }))

  test('throws away the rest of a line whose COPY it ends', () =>
    withShell(async (screen) => {
      screen.type('COPY t FROM STDIN; INSERT INTO t VALUES (1);\r')
      await screen.shows(/>> /)
      await screen.waits(() => screen.type('5\r\x03'))
    }))

  test('ends a file of short statements', () =>
    withShell(async (screen) => {
      const file = join(folder.path, 'long.sql')
      writeFileSync(file, `${'SELECT 1;\n'.repeat(200_000)}INSERT INTO t VALUES (1);\n`)
      screen.type(`\\i ${file}\r`)
      await screen.shows(/\(1 row\)/)
      await screen.waits(() => screen.type('\x03'))
    }))
})

test.each(['exit', 'quit;', ' QUIT '])('%j leaves, as in psql', async (word) => {
  const screen = await openShellScreen([], {env})
  screen.type(`${word}\r`)
  expect(await screen.ended).toBe(0)
})
