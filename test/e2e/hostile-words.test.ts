import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {harm} from '../support/harmless.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'
import {leaks} from '../support/stage.js'

/** What clears the screen, sets its title, writes to the clipboard, turns the writing round, hides, ends the line. */
const STEERS = '\x1b[2J\x1b]0;t\x07\u202e\u200b\u009b\u2028\n\t'
/** What a shell would run, and a format would fill in. */
const RUNS = `-r "'$(touch pwned);%s\\`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-words-'))
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const encoded = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')

/** Nothing in it may do harm, and nothing may have been run on this machine. */
function expectHarmless({stdout, stderr}: ProgramResult): void {
  expect(harm(stdout + stderr)).toEqual([])
  expect(leaks(stdout + stderr)).toEqual([])
  expect(readdirSync(folder)).not.toContain('pwned')
}

describe('a file whose name holds all that', () => {
  const file = `f${RUNS}${STEERS}.sql`
  let name: string
  beforeAll(async () => {
    name = freshName()
    await query(`CREATE DATABASE "${name}" TEMPLATE template0`)
    writeFileSync(join(folder, file), 'SELECT 1;\n')
    writeFileSync(join(folder, `bad ${file}`), 'SELECT 1/0;\n')
  })
  afterAll(() => dropDatabases(name))

  test.each([
    ['is run', ['seed', '--seed-file', file], 0],
    ['is run without a transaction', ['schema-load', '--no-transaction', '--schema-file', file], 0],
    ['is in a plan', ['seed', '--seed-file', file, '--dry-run'], 0],
    ['is in the plan of a setup', ['setup', '--schema-file', file, '--dry-run'], 0],
    [
      'is in the plan for production',
      ['schema-load', '--prod', '--confirm', 'NAME', '--schema-file', file],
      0,
    ],
    ['is not confirmed', ['schema-load', '--prod', '--schema-file', file], 4],
    ['fails', ['seed', '--seed-file', `bad ${file}`], 1],
    ['fails in a setup', ['setup', '--schema-file', `bad ${file}`], 1],
    ['is not there', ['seed', '--seed-file', `no ${file}`], 2],
  ] as const)('%s', async (_, args, exit) => {
    const given = args.map((arg) => (arg === 'NAME' ? name : arg))
    const env = {CONNECTION_URL: urlOf(name), PROD_CONNECTION_URL: urlOf(name)}
    const local = given.includes('--prod') ? env : {CONNECTION_URL: urlOf(name)}
    for (const words of [given, [...given, '--json']]) {
      const result = await runProgram(words, {cwd: folder, env: local})
      expectHarmless(result)
      expect(result.code, result.stderr).toBe(exit)
    }
  })
})

/** Words of a command line that are not what they should be. */
const WORDS: readonly (readonly [string, readonly string[]])[] = [
  ['a command', [STEERS]],
  ['a command to explain', ['help', STEERS]],
  ['an argument', ['drop', STEERS]],
  ['a flag', ['drop', `--x${STEERS}`]],
  ['a flag with a value', ['drop', `--x=${STEERS}`]],
  ['a number', ['drop', '--wait', STEERS]],
  ['a process', ['sessions', '--terminate', STEERS]],
  ['what to do with the server', ['server', STEERS]],
  ['a URL', ['drop', '--url', STEERS]],
  ['a host', ['drop', '--url', `postgres://u@${encoded(STEERS)}/d`]],
  ['a host that a shell would run', ['drop', '--url', 'postgres://u@$(touch pwned)/d']],
  ['a host that looks like an option', ['drop', '--url', 'postgres://u@-oProxyCommand=x/d']],
  ['a port', ['drop', '--url', `postgres://u@h:${encoded(STEERS)}/d`]],
  ['a socket’s folder', ['drop', '--url', `postgres://u@${encoded(`/tmp/${STEERS}`)}/d`]],
  [
    'a database and a user',
    ['drop', '--url', `postgres://${encoded(STEERS)}@127.0.0.1:1/${encoded(STEERS)}`],
  ],
  ['a parameter', ['drop', '--url', `postgres://u@h/d?${encoded(STEERS)}=1`]],
  ['a parameter’s value', ['drop', '--url', `postgres://u@h/d?sslmode=${encoded(STEERS)}`]],
  ['a certificate’s file', ['drop', '--url', `postgres://u@h/d?sslrootcert=${encoded(STEERS)}`]],
  ['a password file', ['drop', '--url', `postgres://u@127.0.0.1:1/d?passfile=${encoded(STEERS)}`]],
  ['a name of 64 bytes', ['drop', '--url', `postgres://u@h/${encoded(`${'é'.repeat(31)}\u202e`)}`]],
  ['a name cut off in a letter', ['drop', '--url', 'postgres://u@h/%C3']],
  ['a name with a zero', ['drop', '--url', 'postgres://u@h/d%00']],
]

test.concurrent.each(WORDS)('%s on the command line is refused harmless', async (_, args) => {
  const result = await runProgram(args, {cwd: folder, env: {CRUDDUR_DB_HOME: folder}})
  expectHarmless(result)
  expect([2, 3], result.stderr).toContain(result.code)
})

test.concurrent.each(['CONNECTION_URL', 'PROD_CONNECTION_URL', 'PGHOST', 'PGUSER', 'PGPORT'])(
  'so it is in %s',
  async (variable) => {
    const env = {CONNECTION_URL: 'postgres:///d', CRUDDUR_DB_HOME: folder, [variable]: STEERS}
    const result = await runProgram(['drop', '--wait', '0'], {cwd: folder, env})
    expectHarmless(result)
    expect([2, 3], result.stderr).toContain(result.code)
  },
)
