import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-psql-'))
  // Stands in for psql: tells what it was given.
  const psql = join(folder, 'psql')
  writeFileSync(
    psql,
    `#!/bin/sh
for argument in "$@"; do echo "argument=$argument"; done
env | grep '^PG'
if [ -n "$PGSSLROOTCERT" ]; then echo "authorities=$(grep -c BEGIN "$PGSSLROOTCERT")"; fi
exit "\${PSQL_EXIT:-0}"
`,
  )
  chmodSync(psql, 0o755)
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    return false
  }
}

describe('connect', () => {
  test('gives psql the target in its environment and nothing in its arguments', async () => {
    const url = `postgres://us%20er:p%40%23%24w@h1:1,h2:2/da%20ta?sslmode=require&application_name=me`
    const {code, stdout, stderr} = await runProgram(['connect', '--url', url], {
      env: {PATH: `${folder}:/usr/bin:/bin`, PGOPTIONS: '-c geqo=off', PGSERVICE: 'elsewhere'},
    })
    expect(code).toBe(0)
    expect(stderr.split('\n')[0]).toBe('url  us er@h1:1,h2:2/da ta')
    expect(stdout.trimEnd().split('\n').sort()).toEqual([
      'PGAPPNAME=me',
      'PGCHANNELBINDING=prefer',
      'PGCONNECT_TIMEOUT=10',
      'PGDATABASE=da ta',
      'PGHOST=h1,h2',
      'PGOPTIONS=-c geqo=off',
      'PGPASSWORD=p@#$w',
      'PGPORT=1,2',
      'PGSSLMODE=require',
      'PGTARGETSESSIONATTRS=any',
      'PGUSER=us er',
    ])
  })

  test('has psql verify RDS against the authorities of RDS, from a file that is gone afterwards', async () => {
    const {port} = new URL(urlOf('d'))
    const url = `postgres://u:p@db.abc.us-east-1.rds.amazonaws.com:${port}/d?hostaddr=127.0.0.1`
    const {stdout} = await runProgram(['connect', '--url', url], {
      env: {PATH: `${folder}:/usr/bin:/bin`},
    })
    expect(stdout).toContain('PGSSLMODE=verify-full\n')
    expect(stdout).toContain('authorities=3\n')
    const path = /PGSSLROOTCERT=(.*)/.exec(stdout)?.[1] ?? ''
    expect(path).toMatch(/\.pem$/)
    expect(existsSync(path)).toBe(false)
  })

  test('passes what follows -- on, as it is', async () => {
    const {stdout} = await runProgram(
      ['connect', '--url', urlOf('d'), '--', '-c', 'SELECT $1 "x"', '--csv', '--'],
      {env: {PATH: `${folder}:/usr/bin:/bin`}},
    )
    const passed = stdout.split('\n').filter((line) => line.startsWith('argument='))
    expect(passed).toEqual([
      'argument=-c',
      'argument=SELECT $1 "x"',
      'argument=--csv',
      'argument=--',
    ])
  })

  test('ends with psql’s exit code', async () => {
    const {code, stderr} = await runProgram(['connect', '--url', urlOf('d')], {
      env: {PATH: `${folder}:/usr/bin:/bin`, PSQL_EXIT: '3'},
    })
    expect(code).toBe(3)
    expect(stderr).not.toContain('Error')
  })

  test('takes no arguments of psql before --', async () => {
    const {code, stdout} = await runProgram(['connect', '--url', urlOf('d'), 'other'], {
      env: {PATH: `${folder}:/usr/bin:/bin`},
    })
    expect([code, stdout]).toEqual([2, ''])
  })

  test('without psql opens the built-in shell, with a line that says so', async () => {
    const {code, stdout, stderr} = await runProgram(
      ['connect', '--url', urlOf('postgres'), '--', '-c', 'SHOW application_name'],
      {env: {PATH: ''}},
    )
    expect([code, stdout.split('\n')[2]]).toEqual([0, ' cruddur-db connect'])
    expect(stderr.split('\n')[1]).toBe('psql is not installed, so this is the built-in shell')
  })

  test('a psql that is there and cannot be run is said to be so, before anything else is', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'cruddur-db-psql-'))
    try {
      writeFileSync(join(broken, 'psql'), '#!/no/such/program\n', {mode: 0o755})
      const words = ['connect', '--url', urlOf('postgres')]
      const {code, stdout, stderr} = await runProgram(words, {env: {PATH: broken}})
      expect([code, stdout]).toEqual([2, ''])
      // PSQL_NOT_FOUND; connect has no --json.
      expect(stderr).toContain('Error: psql is not installed, or not on the PATH\n  → install')
    } finally {
      rmSync(broken, {recursive: true, force: true})
    }
  })

  test('without psql, or with --builtin, refuses what only psql takes, before it connects', async () => {
    const nobody = 'postgres://u:p@127.0.0.1:1/d'
    for (const [args, env] of [
      [[], {PATH: ''}],
      [['--builtin'], {PATH: `${folder}:/usr/bin:/bin`}],
    ] as const) {
      const words = ['connect', '--url', nobody, ...args, '--', '--csv']
      const {code, stdout, stderr} = await runProgram(words, {env})
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('--csv is for psql: the built-in shell takes only -c SQL')
    }
  })

  test('the built-in shell says what other commands say when it cannot connect', async () => {
    const nobody = 'postgres://u:hidden@127.0.0.1:1/d'
    const {code, stderr} = await runProgram(['connect', '--builtin', '--url', nobody])
    expect(code).toBe(3)
    expect(stderr).toContain('nothing listens at 127.0.0.1:1')
    expect(stderr).not.toContain('hidden')
  })

  test.skipIf(!hasPsql())('opens the real psql', async () => {
    const {code, stdout} = await runProgram([
      ...['connect', '--url', urlOf('postgres')],
      ...['--', '-X', '-A', '-t', '-c', 'SHOW application_name'],
    ])
    expect([code, stdout]).toEqual([0, 'cruddur-db connect\n'])
  })
})
