import {execFileSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {hasPsql} from '../lib/shell/psql.js'
import {openLoads} from '../support/loads.js'
import {urlOf} from '../support/postgres.js'
import {openScreen} from '../support/screen.js'

const url = urlOf('postgres')
const RED = 1
let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cruddur-db-connect-'))
})
afterEach(() => rmSync(home, {recursive: true, force: true}))

const open = (env: Record<string, string> = {}, args: readonly string[] = []) =>
  openScreen(['connect', ...args], {env: {HOME: home, CONNECTION_URL: url, PAGER: '', ...env}})
const production = {PROD_CONNECTION_URL: url}

describe.skipIf(!hasPsql())('psql’s prompt', () => {
  test('names the target and the transaction', async () => {
    const screen = open()
    await screen.shows(/^local postgres=> ?$/)
    screen.type('BEGIN;\rSELECT\r')
    await screen.shows(/^local postgres=\*> SELECT/)
    await screen.shows(/^local postgres-\*> ?$/)
    screen.type('\\q\r')
    expect(await screen.ended).toBe(0)
  })

  test('names production in red, and without colour with NO_COLOR', async () => {
    const screen = open(production)
    await screen.shows(/^PRODUCTION postgres=> ?$/)
    expect(screen.look('PRODUCTION postgres')).toMatchObject({color: RED, bold: true})
    expect(screen.look('postgres=>').color).toBeUndefined()
    screen.hangUp()
    const plain = open({...production, NO_COLOR: '1'})
    await plain.shows(/^PRODUCTION postgres=> ?$/)
    expect(plain.look('PRODUCTION postgres').color).toBeUndefined()
    plain.hangUp()
  })

  test('is the user’s own where ~/.psqlrc sets it, and still names production before it', async () => {
    writeFileSync(join(home, '.psqlrc'), "\\set PROMPT1 'mine %/> '\n\\set QUIET 1\n")
    const screen = open()
    await screen.shows(/^mine postgres> ?$/)
    screen.hangUp()
    const there = open(production)
    await there.shows(/^PRODUCTION mine postgres> ?$/)
    expect(there.look('PRODUCTION mine').color).toBe(RED)
    there.hangUp()
    const without = open(production, ['--', '-X'])
    await without.shows(/^PRODUCTION postgres=> ?$/)
    without.hangUp()
  })

  test('names production before what the file for this version of psql sets, and reads no other', async () => {
    const said = execFileSync('psql', ['--version'], {encoding: 'utf8'}).trim()
    const [, version = '', major = ''] = /\) ((\d+).*)$/.exec(said) ?? []
    const shows = async (suffix: string, line: RegExp): Promise<void> => {
      const file = join(home, `.psqlrc${suffix}`)
      writeFileSync(file, `\\set PROMPT1 'of${suffix.slice(0, 3)} %/> '\n\\set QUIET 1\n`)
      const screen = open(production)
      await screen.shows(line)
      expect(screen.look('PRODUCTION of').color).toBe(RED)
      screen.type('\\q\r')
      expect(await screen.ended).toBe(0)
    }
    await shows('', /^PRODUCTION of postgres> ?$/)
    await shows('-1', /^PRODUCTION of postgres> ?$/)
    await shows(`-${major}`, new RegExp(`^PRODUCTION of-${major} postgres> ?$`))
    rmSync(join(home, `.psqlrc-${major}`))
    await shows(`-${version}`, new RegExp(`^PRODUCTION of-${major} postgres> ?$`))
  })

  test('keeps what is typed apart for each target, where only the user can read it', async () => {
    const screen = open()
    await screen.shows(/=> ?$/)
    screen.type("SELECT 'kept' AS word;\r")
    await screen.shows(/^ kept$/)
    screen.type('\\q\r')
    await screen.ended
    const folder = join(home, '.local', 'state', 'cruddur-db', 'history')
    const [file = ''] = execFileSync('ls', [folder], {encoding: 'utf8'}).split('\n')
    expect(file).toMatch(/^postgres-[0-9a-f]{12}\.psql$/)
    expect(readFileSync(join(folder, file), 'utf8')).toContain("SELECT 'kept' AS word;")
    expect([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777]).toEqual([
      0o700, 0o600,
    ])
    expect(existsSync(join(home, '.psql_history'))).toBe(false)
  })

  test('leaves the history where the user has it', async () => {
    const own = join(home, 'own')
    const screen = open({PSQL_HISTORY: own})
    await screen.shows(/=> ?$/)
    screen.type('SELECT 1;\r')
    await screen.shows(/^ +1$/)
    screen.type('\\q\r')
    await screen.ended
    expect(readFileSync(own, 'utf8')).toContain('SELECT 1;')
  })
})

test.skipIf(!hasPsql())('on a terminal too, -c is run by psql as it is', async () => {
  writeFileSync(join(home, '.psqlrc'), '\\set word mine\n')
  const screen = open(production, ['--', '-Atc', "SELECT 'only this'"])
  expect(await screen.ended).toBe(0)
  expect(screen.lines().slice(1)).toEqual(['only this', ''])
  expect(existsSync(join(home, '.local'))).toBe(false)
})

describe('what is loaded', () => {
  /** Words of the built-in shell that minifying leaves in it. */
  const SHELL = /Expanded display is used automatically|the open transaction was rolled back/
  const DESCRIBE = /List of relations|pg_catalog\.pg_get_viewdef/

  test('with psql is nothing of the shell; with the shell nothing of \\d before it is typed', async () => {
    const loads = openLoads()
    try {
      writeFileSync(join(loads.folder, 'psql'), '#!/bin/sh\nexit 0\n', {mode: 0o755})
      const parts = async (args: readonly string[]) => {
        const {code, files} = await loads.run(['connect', '--url', url, ...args])
        const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
        return {code, shell: SHELL.test(text), describe: DESCRIBE.test(text)}
      }
      expect(await parts([])).toEqual({code: 0, shell: false, describe: false})
      expect(await parts(['--builtin'])).toEqual({code: 0, shell: true, describe: false})
      const typed = ['--builtin', '--', '-c', '\\dt']
      expect(await parts(typed)).toEqual({code: 0, shell: true, describe: true})
    } finally {
      loads.close()
    }
  })
})
