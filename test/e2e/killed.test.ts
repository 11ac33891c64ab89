import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {ended, runProgram, startProgram} from '../support/program.js'
import {openTerminal} from '../support/terminal.js'
import {until} from '../support/wait.js'

let folder: string
let database: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-killed-'))
  const naps = 'SELECT pg_sleep(0.1);\n'.repeat(600)
  writeFileSync(join(folder, 'slow.sql'), `CREATE TABLE half (n int);\n${naps}`)
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

beforeEach(async () => {
  database = freshName()
  await run('setup')
  await query("UPDATE users SET display_name = 'mine'", database)
})
afterEach(async () => dropDatabases(...(await databases())))

const env = (): Record<string, string> => ({CONNECTION_URL: urlOf(database)})
const run = (...args: string[]) => runProgram(args, {cwd: folder, env: env()})

async function databases(): Promise<string[]> {
  const rows = await query<{datname: string}>('SELECT datname FROM pg_database ORDER BY datname')
  return rows.map(({datname}) => datname).filter((name) => name.startsWith(database))
}

const loading = async (): Promise<boolean> =>
  (
    await query(`SELECT FROM pg_stat_activity
      WHERE datname LIKE '${database}.new-%' AND query LIKE '%pg_sleep%'`)
  ).length === 1

const oldIsWhole = async (): Promise<boolean> =>
  (await query("SELECT FROM users WHERE display_name = 'mine'", database)).length === 3

describe('a setup', () => {
  test('ended by kill -9 leaves the old database as it was; the next one tidies up', async () => {
    const child = startProgram(['setup', '--schema-file', 'slow.sql'], {cwd: folder, env: env()})
    const result = ended(child)
    await until(loading, () => 'the new database to be loaded')
    child.kill('SIGKILL')
    await result
    expect(await oldIsWhole()).toBe(true)
    await until(
      async () => !(await loading()),
      () => 'the server to notice',
    )
    const [, leftover] = await databases()
    const next = await run('setup')
    expect(next.code).toBe(0)
    expect(next.stderr).toContain(`removed "${leftover}", left by an unfinished setup`)
    expect(await databases()).toEqual([database])
  })

  test('whose connection the server ends fails with 3 and leaves the old database as it was', async () => {
    const result = run('setup', '--schema-file', 'slow.sql', '--json')
    await until(loading, () => 'the new database to be loaded')
    await query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE '${database}.new-%'`,
    )
    const {code, stdout} = await result
    expect([code, JSON.parse(stdout).error.code]).toEqual([3, 'CONNECTION_LOST'])
    expect(await oldIsWhole()).toBe(true)
    expect(await databases()).toEqual([database])
  })

  test('ended by Ctrl-C in a terminal: 130, nothing left, no stack trace', async () => {
    const terminal = openTerminal(['setup', '--schema-file', join(folder, 'slow.sql')], {
      env: env(),
    })
    await until(loading, () => `the new database to be loaded:\n${terminal.screen()}`)
    terminal.type('\u0003')
    expect(await terminal.ended).toBe(130)
    expect(terminal.screen()).toContain('interrupted')
    expect(terminal.screen()).not.toMatch(/^\s+at /m)
    expect(await oldIsWhole()).toBe(true)
    expect(await databases()).toEqual([database])
  })

  test('started twice: the second is refused while the first loads', async () => {
    const child = startProgram(['setup', '--schema-file', 'slow.sql'], {cwd: folder, env: env()})
    const first = ended(child)
    await until(loading, () => 'the new database to be loaded')
    const {code, stdout} = await run('setup', '--json')
    child.kill('SIGTERM')
    expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'SETUP_RUNNING'])
    expect(await first).toMatchObject({code: 143})
    expect(await databases()).toEqual([database])
  })
})
