import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {runProgram} from '../support/program.js'
import {openStage, type Stage} from '../support/stage.js'

const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-debug-'))
let stage: Stage
beforeAll(async () => {
  stage = await openStage(folder)
  writeFileSync(
    join(folder, 'roles.sql'),
    `CREATE TABLE t (a text); INSERT INTO t VALUES ('to''be kept'), ($$also kept$$); COMMENT ON TABLE t IS 'kept too'`,
  )
})
afterAll(async () => {
  await stage.close()
  rmSync(folder, {recursive: true, force: true})
})

/** The words of each area, without times. */
async function debugged(args: readonly string[], env: Record<string, string> = {}) {
  const result = await runProgram(args, {
    cwd: folder,
    env: {DEBUG: 'cruddur-db:*', CONNECTION_URL: stage.url, ...env},
  })
  const lines = result.stderr
    .split('\n')
    .map((line) => line.replace(/^\S+ (?=cruddur-db:)/, '').replace(/\b\d+ ms/g, 'N ms'))
  return {...result, lines}
}

test('DEBUG=cruddur-db:* shows where the target comes from, each login and each statement, and how long it took', async () => {
  const where = stage.targetLine.replace(/^\S+ +/, '').trim()
  const {code, lines, stdout} = await debugged(['sessions', '--json'])
  expect(code).toBe(0)
  expect(lines).toContain(
    `cruddur-db:target ${where}, from CONNECTION_URL; not production; sslmode prefer, any, N ms to connect`,
  )
  const server = where.replace(/\/[^/]*$/, '/postgres')
  expect(lines).toContain(`cruddur-db:connection ${server}: connecting, tls`)
  expect(lines).toContain(`cruddur-db:connection ${server}: logged in, plain, N ms`)
  expect(lines).toContainEqual(
    expect.stringMatching(/^cruddur-db:sql SELECT pid AS process_id.*… {2}\d+ rows?, N ms$/),
  )
  expect(JSON.parse(stdout)).toMatchObject({target: {name: 'local'}})
})

test('a file is told by its size, and nothing of its values', async () => {
  const {code, lines, stderr} = await debugged(['schema-load', '--schema-file', 'roles.sql'])
  expect(code).toBe(0)
  expect(lines).toContain('cruddur-db:files roles.sql: 112 bytes, read through')
  expect(lines).toContainEqual(
    expect.stringMatching(/^cruddur-db:sql CREATE TABLE t \(a text\); INSERT INTO t VALUES \(…/),
  )
  expect(stderr).not.toMatch(/kept/)
})

test('an error of the server is told by its SQLSTATE, a refused login in its own words', async () => {
  const {lines} = await debugged(['schema-load', '--schema-file', 'roles.sql'])
  expect(lines).toContainEqual(expect.stringContaining('SQLSTATE 42P07'))
  const url = new URL(stage.url)
  url.username = 'nobody%22here'
  const refused = await debugged(['sessions'], {CONNECTION_URL: url.href})
  expect(refused.code).toBe(3)
  expect(refused.lines).toContainEqual(
    expect.stringMatching(/^cruddur-db:connection nobody"here@.*: error: password authentication/),
  )
})

test('an area can be had by itself, and nothing is shown unasked', async () => {
  const only = await debugged(['sessions'], {DEBUG: 'cruddur-db:connection'})
  expect(only.lines.filter((line) => line.startsWith('cruddur-db:'))).toHaveLength(2)
  const none = await debugged(['sessions'], {DEBUG: ''})
  expect(none.stderr).toBe(stage.targetLine)
})

test.each(['postgres', 'a#b/c?d@e%25f', `"quotes' and blanks`])(
  'the password %j is in none of it',
  async (password) => {
    const url = new URL(stage.url)
    url.password = encodeURIComponent(`${password}-SECRET`)
    const env = {CONNECTION_URL: url.href, PGPASSWORD: 'SECRET-too', DEBUG: '*'}
    for (const args of [['sessions'], ['setup', '--dry-run'], ['drop', '--url', url.href]]) {
      const {code, stderr, stdout} = await debugged(args, env)
      expect(code).toBe(3)
      expect(stdout + stderr).not.toContain('SECRET')
    }
  },
)
