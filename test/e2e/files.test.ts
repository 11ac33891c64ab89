import {spawn} from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {ROWS, writeBigFiles} from '../support/big-files.js'
import {closeGate, PASS_GATE} from '../support/gate.js'
import {ended, programCommand} from '../support/program.js'
import {openScreen, type Screen} from '../support/screen.js'
import {leaks, openStage, type Stage} from '../support/stage.js'

let folder: string
let stage: Stage
let before: unknown
const screens: Screen[] = []

const path = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-files-'))
  writeBigFiles(folder)
  writeFileSync(path('empty.sql'), '')
  writeFileSync(path('comments.sql'), '-- nothing\n/* to do */\n')
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

beforeEach(async () => {
  stage = await openStage(folder)
  before = await stage.state()
})
afterEach(async () => {
  await stage.close()
  const shown = screens.splice(0).map((screen) => screen.output())
  expect(leaks([stage.output(), ...shown].join('\n'))).toEqual([])
})

const SMALL =
  'CREATE TABLE made (n int);\nCOPY made FROM stdin;\n1\n2\n\\.\nINSERT INTO made VALUES (3);\n'
const made = () => stage.query('SELECT n FROM made ORDER BY n')

const asBefore = async (): Promise<void> => {
  await stage.noSession()
  expect(await stage.state()).toEqual(before)
}

const production = (): Record<string, string> => ({PROD_CONNECTION_URL: stage.url})

const onScreen = (args: string[], env: Record<string, string>): Screen => {
  const screen = openScreen(args, {cwd: folder, env})
  screens.push(screen)
  return screen
}

describe('schema-load, where migrations have run', () => {
  const load = ['schema-load', '--schema-file', 'loaded.sql']
  const ANEW = 'cruddur-db doctor tells, cruddur-db setup builds everything anew\n'

  beforeEach(async () => {
    writeFileSync(path('loaded.sql'), 'DROP TABLE IF EXISTS one;\n')
    mkdirSync(path('db/migrations'), {recursive: true})
    writeFileSync(path('db/migrations/0001_one.sql'), '-- migrate:up\nCREATE TABLE one (n int);\n')
    expect((await stage.run(['migrate'])).code).toBe(0)
  })
  afterEach(() => rmSync(path('db'), {recursive: true}))

  test('says what it may have undone, once it has run', async () => {
    const {code, stdout, stderr} = await stage.run(load)
    expect([code, stdout.replace(/\d+ ms/, 'N ms')]).toEqual([
      0,
      'ran loaded.sql: 1 statement in N ms\n',
    ])
    expect(stderr).toBe(
      `${stage.targetLine}loaded.sql may have undone the migration 0001_one that ran before it: ${ANEW}`,
    )
    await stage.query(
      `INSERT INTO cruddur_migrations (version, name, checksum) VALUES (2, 'b', '')`,
    )
    expect((await stage.run(load)).stderr).toContain(
      `loaded.sql may have undone 2 migrations that ran before it: ${ANEW}`,
    )
  })

  test('not for a script, nor when it fails, runs nothing, or none has run', async () => {
    const {stderr, stdout} = await stage.run([...load, '--quiet', '--json'])
    expect([stderr, Object.keys(JSON.parse(stdout))]).toEqual([
      '',
      ['target', 'file', 'statements', 'ms'],
    ])
    expect((await stage.run([...load, '--dry-run'])).stderr).not.toContain('undone')
    writeFileSync(path('loaded.sql'), 'SELECT nope;\n')
    const failed = await stage.run(load)
    expect([failed.code, failed.stderr.includes('undone')]).toEqual([1, false])
    writeFileSync(path('loaded.sql'), 'SELECT 1;\n')
    await stage.query('DELETE FROM cruddur_migrations')
    expect(await stage.run(load)).toMatchObject({code: 0, stderr: stage.targetLine})
    await stage.query('DROP TABLE cruddur_migrations')
    expect(await stage.run(load)).toMatchObject({code: 0, stderr: stage.targetLine})
  })
})

describe('--no-transaction', () => {
  const WRONG =
    'CREATE TABLE made (n int);\nINSERT INTO made VALUES (1);\nSELECT nope;\nINSERT INTO made VALUES (2);\n'
  const BAD_COPY =
    'CREATE TABLE made (n int);\nINSERT INTO made VALUES (1);\nCOPY made FROM stdin;\n2\nx\n\\.\n'
  const message = 'column "nope" does not exist (2 statements before it have run and are kept)'

  test.each(['file', 'pipe'])(
    'stops at the first error of a %s, and says how far it came',
    async (kind) => {
      writeFileSync(path('wrong.sql'), WRONG)
      const [name, shown] = kind === 'file' ? ['wrong.sql', 'wrong.sql'] : ['-', '<stdin>']
      const args = ['seed', '--no-transaction', '--seed-file', name]
      const {code, stdout, stderr} = await stage.run(args, WRONG)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toBe(`${stage.targetLine}Error: ${shown}:3:8: ${message}
   3 | SELECT nope;
     |        ^
  → compare the name with the columns the schema gives that table
  SQLSTATE 42703
`)
      expect(await made()).toEqual([{n: 1}])
    },
  )

  test('in JSON: the statements that are kept', async () => {
    const args = ['seed', '--no-transaction', '--seed-file', '-', '--json']
    const {code, stdout} = await stage.run(args, WRONG)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'SQL_ERROR',
        message,
        file: '<stdin>',
        line: 3,
        column: 8,
        sqlstate: '42703',
        hint: 'compare the name with the columns the schema gives that table',
        statements: 2,
      },
    })
  })

  test('of a COPY that fails no row is kept', async () => {
    const args = ['seed', '--no-transaction', '--seed-file', '-', '--json']
    const {code, stdout} = await stage.run(args, BAD_COPY)
    expect([code, JSON.parse(stdout).error]).toMatchObject([
      1,
      {
        message:
          'invalid input syntax for type integer: "x" (2 statements before it have run and are kept)',
        file: '<stdin>',
        line: 5,
        statements: 2,
      },
    ])
    expect(await made()).toEqual([{n: 1}])
  })

  test('ended by kill -9 half way: the statements before are kept', async () => {
    writeFileSync(path('half.sql'), `CREATE TABLE made (n int);\n${PASS_GATE}\nDROP TABLE made;`)
    const gate = await closeGate(stage.url)
    const {child, result} = stage.start('seed', '--no-transaction', '--seed-file', 'half.sql')
    await gate.reached()
    child.kill('SIGKILL')
    await result
    await gate.open()
    await stage.noSession()
    expect(await made()).toEqual([])
  })
})

describe('on a terminal', () => {
  test('a large file shows a bar, which is gone in the end; notices stand on lines of their own', async () => {
    const notice = (text: string): string => `DO $$ BEGIN RAISE NOTICE '${text}'; END $$;\n`
    const [head = '', tail = ''] = readFileSync(path('inserts.sql'), 'utf8').split(PASS_GATE)
    const middle = `${notice('half way')}${PASS_GATE}\n${notice('beyond')}`
    writeFileSync(path('bar.sql'), head + middle + tail + notice('at the end'))

    const gate = await closeGate(stage.url)
    const screen = onScreen(['seed', '--seed-file', 'bar.sql'], {CONNECTION_URL: stage.url})
    await gate.reached()
    await screen.shows(/^bar\.sql {2}█+░+ +\d+ % .* MB\/s/)
    await screen.shows(/^NOTICE: half way$/)
    await gate.open()
    expect(await screen.ended).toBe(0)
    expect(screen.lines()).toEqual([
      stage.targetLine.trimEnd(),
      'NOTICE: half way',
      'NOTICE: beyond',
      'NOTICE: at the end',
      expect.stringMatching(`^ran bar.sql: ${ROWS + 5} statements, ${ROWS} rows in \\d+ ms$`),
      '',
    ])
  })

  test('a bar is shown while the first statement takes its time', async () => {
    writeFileSync(path('slow.sql'), `${PASS_GATE}\n${SMALL}`)
    const gate = await closeGate(stage.url)
    const screen = onScreen(['seed', '--seed-file', 'slow.sql'], {CONNECTION_URL: stage.url})
    await screen.shows(/^slow\.sql {2}[█░]+ +\d+ %/)
    await gate.open()
    expect(await screen.ended).toBe(0)
    expect(screen.lines()).toEqual([
      stage.targetLine.trimEnd(),
      expect.stringMatching(/^ran slow.sql: 4 statements, 3 rows in \d+ ms$/),
      '',
    ])
  })

  test('after an error half way the bar is gone too', async () => {
    const gate = await closeGate(stage.url)
    const screen = onScreen(['seed', '--seed-file', 'wrong-middle.sql'], {
      CONNECTION_URL: stage.url,
    })
    await screen.shows(/^wrong-middle\.sql .* \d+ %/)
    await gate.open()
    expect(await screen.ended).toBe(1)
    const [first, second] = screen.lines()
    expect([first, second]).toEqual([
      stage.targetLine.trimEnd(),
      `Error: wrong-middle.sql:${ROWS / 2 + 3}:1: duplicate key value violates unique constraint "old_pkey"`,
    ])
    expect(screen.lines().join('\n')).not.toMatch(/[█░]/)
    await asBefore()
  })
})

describe('a file that changes', () => {
  test('while it is run: refused, and nothing is kept', async () => {
    copyFileSync(path('inserts.sql'), path('growing.sql'))
    const gate = await closeGate(stage.url)
    const {result} = stage.start('seed', '--seed-file', 'growing.sql')
    await gate.reached()
    appendFileSync(path('growing.sql'), '-- more\n')
    await gate.open()
    const {code, stdout, stderr} = await result
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: growing.sql was changed while it was being read\n  → run it again once nothing writes to it\n`,
    )
    await asBefore()
  })

  test('while its COPY runs, in JSON: refused, and nothing is kept', async () => {
    copyFileSync(path('copy.sql'), path('growing.sql'))
    const gate = await closeGate(stage.url)
    const {result} = stage.start('seed', '--seed-file', 'growing.sql', '--json')
    await gate.reached()
    appendFileSync(path('growing.sql'), '-- more\n')
    await gate.open()
    const {code, stdout} = await result
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        error: {
          code: 'FILE_CHANGED',
          message: 'growing.sql was changed while it was being read',
          hint: 'run it again once nothing writes to it',
          file: 'growing.sql',
        },
      },
    ])
    await asBefore()
  })

  test('between its check and the consent to run it: refused, and nothing is kept', async () => {
    writeFileSync(path('asked.sql'), SMALL)
    const screen = onScreen(['seed', '--seed-file', 'asked.sql', '--prod'], production())
    await screen.shows(/Type the database's name/)
    appendFileSync(path('asked.sql'), 'DROP TABLE old;\n')
    screen.type(`${stage.database}\r`)
    expect(await screen.ended).toBe(1)
    expect(screen.lines()).toContain('Error: asked.sql was changed while it was being read')
    await asBefore()
  })
})

describe('a file without statements', () => {
  test.each(['empty.sql', 'comments.sql'])('%s is run, and says so', async (file) => {
    const seed = await stage.run(['seed', '--seed-file', file])
    expect([seed.code, seed.stderr]).toEqual([0, stage.targetLine])
    expect(seed.stdout).toMatch(new RegExp(`^ran ${file}: 0 statements, 0 rows in \\d+ ms\n$`))
    const {code, stdout} = await stage.run(['schema-load', '--schema-file', file, '--json'])
    expect([code, JSON.parse(stdout)]).toMatchObject([0, {file, statements: 0}])
    await asBefore()
  })

  test('standard input that is empty is one', async () => {
    const {code, stdout} = await stage.run(['seed', '--seed-file', '-', '--json'])
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      {files: ['<stdin>'], statements: 0, rows: 0},
    ])
  })

  test('a folder as standard input is none, but a mistake (2)', async () => {
    const options = {cwd: folder, env: {CONNECTION_URL: stage.url}}
    const command = programCommand(['seed', '--seed-file', '-'], options)
    const stdin = openSync(folder, 'r')
    const child = spawn(command.file, command.args, {
      ...command.options,
      stdio: [stdin, 'pipe', 'pipe'],
    })
    const {code, stdout, stderr} = await ended(child)
    closeSync(stdin)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: <stdin> is a folder\n  → name the SQL file in it\n`,
    )
  })
})
