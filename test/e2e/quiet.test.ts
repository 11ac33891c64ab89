import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {runProgram} from '../support/program.js'
import {openStage, type Stage} from '../support/stage.js'

const SILENCE = {code: 0, stdout: '', stderr: ''}
const SAY = (severity: string) => `DO $$BEGIN RAISE ${severity} 'a ${severity}'; END$$;\n`

let folder: string
let stage: Stage

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-quiet-'))
  writeFileSync(join(folder, 'loud.sql'), `${SAY('NOTICE')}${SAY('INFO')}\\echo from the file\n`)
  writeFileSync(join(folder, 'warning.sql'), `${SAY('NOTICE')}${SAY('WARNING')}`)
  writeFileSync(join(folder, 'bad.sql'), 'SELECT 1 / 0;\n')
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

beforeEach(async () => {
  stage = await openStage(folder)
})
afterEach(() => stage.close())

describe('with --quiet', () => {
  test.each([
    [['create', '-q']],
    [['schema-load', '--schema-file', 'loud.sql', '--quiet']],
    [['seed', '--quiet', '--seed-file', 'loud.sql', '--seed-file', 'loud.sql']],
    [['setup', '-q', '--schema-file', 'loud.sql', '--seed-file', 'loud.sql']],
    [['setup', '-q', '--no-seed', '--keep-previous', '--schema-file', 'loud.sql']],
    [['drop', '--quiet']],
    [['drop', '--quiet', '--force', '--wait', '3']],
  ])('%j does what it does and says nothing', async (args) => {
    expect(await stage.run(args)).toEqual(SILENCE)
  })

  test.each([
    ['schema-load', '--schema-file'],
    ['seed', '--seed-file'],
    ['setup', '--schema-file'],
  ])('%s passes warnings of the server on, and nothing less', async (command, flag) => {
    const extra = command === 'setup' ? ['--no-seed'] : []
    expect(await stage.run([command, flag, 'warning.sql', ...extra, '-q'])).toEqual({
      ...SILENCE,
      stderr: 'WARNING: a WARNING\n',
    })
  })

  test('an error is told as ever', async () => {
    expect(await stage.run(['setup', '--schema-file', 'bad.sql', '-q'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: bad.sql:1:1: division by zero\n   1 | SELECT 1 / 0;\n     | ^\n  SQLSTATE 22012\n',
    })
  })

  test('a plan that is asked for is shown', async () => {
    for (const command of ['drop', 'schema-load', 'seed', 'setup']) {
      const loud = await stage.run([command, '--dry-run'])
      expect(loud.stdout).toContain(`"${stage.database}"`)
      const quiet = await stage.run([command, '--dry-run', '--quiet'])
      expect(quiet).toEqual({...loud, stderr: ''})
    }
  })

  test('a table that is asked for is shown, and JSON', async () => {
    const {stdout, ...rest} = await stage.run(['sessions', '--quiet'])
    expect(rest).toEqual({code: 0, stderr: ''})
    expect(stdout).toContain('cruddur-db sessions')
    const json = await stage.run([
      'setup',
      '-q',
      '--json',
      '--schema-file',
      'loud.sql',
      '--no-seed',
    ])
    expect(json).toMatchObject({code: 0, stderr: ''})
    expect(JSON.parse(json.stdout)).toMatchObject({
      replaced: true,
      steps: ['create', 'schema', 'swap', 'drop-previous'].map((step) => ({step})),
    })
  })

  test('what is about to happen in production is shown, though it is confirmed', async () => {
    const env = {PROD_CONNECTION_URL: stage.url}
    const args = ['drop', '--prod', '--confirm', stage.database]
    const {code, stdout, stderr} = await runProgram([...args, '--quiet'], {env, cwd: folder})
    expect({code, stdout}).toEqual({code: 0, stdout: ''})
    expect(stderr).toMatch(/^PRODUCTION {2}/)
    expect(stderr).toContain('This will drop the database')
  })

  test('a production command that nobody confirms is refused', async () => {
    const env = {PROD_CONNECTION_URL: stage.url}
    const {code, stdout, stderr} = await runProgram(['drop', '--prod', '-q'], {env, cwd: folder})
    expect({code, stdout}).toEqual({code: 4, stdout: ''})
    expect(stderr).toMatch(/^PRODUCTION .*\nError: /)
  })

  test('psql gets what is its own, and its output is not touched', async () => {
    const psql = join(folder, 'psql')
    writeFileSync(psql, '#!/bin/sh\necho "$@"\n')
    chmodSync(psql, 0o755)
    const env = {CONNECTION_URL: stage.url, PATH: `${folder}:${process.env['PATH']}`}
    const run = (...args: string[]) => runProgram(['connect', ...args], {env, cwd: folder})
    const {stderr, stdout} = await run('--quiet', '--', '-q', '-A')
    expect(stderr).toBe('')
    expect(stdout).toContain('-q -A')
    // psql's own -q is not ours.
    expect((await run('--', '-q')).stderr).toBe(stage.targetLine)
  })
})
