import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, inject, test} from 'vitest'
import {harm} from '../support/harmless.js'
import {dropDatabases, freshName, query} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'

const database = freshName()
const {hostname, port} = new URL(inject('serverUrl'))
let root: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cruddur-db-secrets-'))
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
})
afterAll(async () => {
  await dropDatabases(database)
  rmSync(root, {recursive: true, force: true})
})

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    return false
  }
}

describe('a password is in no output, no argument and no file', () => {
  const passwords: Record<string, string> = {
    'a quote': "a'b'secret",
    'double quotes': 'a"b"secret',
    backslashes: 'a\\b\\secret',
    'what a shell would run': 'a$(id)`id`$HOME;secret',
    'percent signs': 'a%b%41%25secret',
    'what a URL is made of': '@:/?#[]&=+secret',
    blanks: ' a secret ',
    'line breaks': 'a\nb\r\nsecret',
    'what steers a terminal': 'a\x1b[2J\u202esecret',
    'other letters': 'ünï🐘秘密secret',
    'letters that have two forms': 'e\u0301\u00aa\ufb01secret',
    'a thousand letters': `secret${'z'.repeat(1000)}`,
    'the sign for one that is hidden': '***secret',
  }

  const role = freshName()
  let bin: string
  beforeAll(async () => {
    bin = mkdtempSync(join(root, 'bin-'))
    // Stands in for psql: tells who runs here, and with what arguments.
    const tell = 'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null; echo; done'
    writeFileSync(join(bin, 'psql'), `#!/bin/sh\n${tell}\nps -axww -o args 2>/dev/null\nexit 0\n`)
    chmodSync(join(bin, 'psql'), 0o755)
    for (const [at, each] of Object.values(passwords).entries())
      await query(
        `CREATE ROLE ${role}_${at} SUPERUSER LOGIN PASSWORD E'${each.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
      )
  })
  afterAll(async () => {
    for (const at of Object.values(passwords).keys()) await query(`DROP ROLE ${role}_${at}`)
  })

  const cases = Object.entries(passwords).map(([what, each], at) => ({what, each, at}))
  test.concurrent.each(cases)('that holds $what', async ({each, at}) => {
    const encoded = encodeURIComponent(each).replaceAll("'", '%27')
    const cwd = mkdtempSync(join(root, 'cwd-'))
    writeFileSync(join(cwd, 'bad.sql'), 'SELECT 1/0;\n')
    const temporary = join(cwd, 'tmp')
    mkdirSync(temporary)
    const target = (password: string): string =>
      `postgres://${role}_${at}:${password}@${hostname}:${port || 5432}/${database}`
    const run = async (args: string[], password = encoded, more = {}): Promise<ProgramResult> => {
      const env = {CONNECTION_URL: target(password), TMPDIR: temporary, HOME: cwd, ...more}
      const result = await runProgram(args, {cwd, env})
      for (const output of [result.stdout, result.stderr])
        for (const secret of [
          each,
          encoded,
          encodeURIComponent(each),
          JSON.stringify(each).slice(1, -1),
        ])
          expect(output).not.toContain(secret)
      return result
    }
    // It is the right one, and logs in.
    expect(await run(['sessions', '--json'])).toMatchObject({code: 0})
    expect(await run(['seed', '--seed-file', 'bad.sql', '--json'])).toMatchObject({code: 1})
    expect(await run(['drop', '--dry-run'], encoded, {DEBUG: '*'})).toMatchObject({code: 0})
    expect(await run(['sessions'], `${encoded}x`, {DEBUG: '*'})).toMatchObject({code: 3})
    const psql = await run(['connect', '--', '-c', 'SELECT 1'], encoded, {
      PATH: `${bin}:/usr/bin:/bin`,
    })
    expect(psql.code).toBe(0)
    expect(harm(psql.stderr)).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
    expect(
      readdirSync(cwd)
        .filter((name) => name !== '.cache')
        .sort(),
    ).toEqual(['bad.sql', 'tmp'])
  })

  test.skipIf(!hasPsql())('and the real psql logs in with it', async () => {
    for (const {each, at} of cases) {
      const encoded = encodeURIComponent(each).replaceAll("'", '%27')
      const {code, stdout} = await runProgram(['connect', '--', '-XAtc', 'SELECT 1'], {
        env: {
          CONNECTION_URL: `postgres://${role}_${at}:${encoded}@${hostname}:${port || 5432}/${database}`,
        },
      })
      expect([code, stdout]).toEqual([0, '1\n'])
    }
  })
})
