import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {CONTENT, expectedContent, ROWS, writeBigFiles} from '../support/big-files.js'
import {closeGate} from '../support/gate.js'
import {leaks, lostConnection, openStage, type Stage} from '../support/stage.js'

let folder: string
let stage: Stage
let before: unknown

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-faults-'))
  writeBigFiles(folder)
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

beforeEach(async () => {
  stage = await openStage(folder)
  before = await stage.state()
})
afterEach(async () => {
  await stage.close()
  expect(leaks(stage.output())).toEqual([])
})

const asBefore = async (): Promise<void> => {
  await stage.noSession()
  expect(await stage.state()).toEqual(before)
}

describe.each(['inserts.sql', 'copy.sql'])('a seed of the large %s', (file) => {
  test('is loaded whole when nothing goes wrong', async () => {
    const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', file, '--json'])
    expect([code, stderr]).toEqual([0, stage.targetLine])
    expect(JSON.parse(stdout)).toEqual({
      target: expect.objectContaining({database: stage.database}),
      files: [file],
      statements: file === 'copy.sql' ? 4 : ROWS + 2,
      rows: ROWS,
      ms: expect.any(Number),
    })
    expect(await stage.query(CONTENT)).toEqual([expectedContent()])
  })

  test('ended by kill -9 half way leaves the database as it was', async () => {
    const gate = await closeGate(stage.url)
    const {child, result} = stage.start('seed', '--seed-file', file)
    await gate.reached()
    child.kill('SIGKILL')
    const {stdout, stderr} = await result
    await gate.open()
    expect([child.signalCode, stdout, stderr]).toEqual(['SIGKILL', '', stage.targetLine])
    await asBefore()
  })

  test('whose session the server ends half way fails with 3 and leaves the database as it was', async () => {
    const gate = await closeGate(stage.url)
    const {result} = stage.start('seed', '--seed-file', file)
    await gate.reached()
    await stage.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'cruddur-db seed'`)
    const {code, stdout, stderr} = await result
    await gate.open()
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(lostConnection(stage))
    await asBefore()
  })
})

const DUPLICATE = 'duplicate key value violates unique constraint "old_pkey"'
const DUPLICATE_NOTES = `  detail: Key (n)=(1) already exists.
  → the row is there already: ON CONFLICT DO NOTHING skips it; cruddur-db setup starts anew
  SQLSTATE 23505
`
const BAD_VALUE = 'invalid input syntax for type integer: "x"'

test('SQL that cannot reach another server (class 08) fails in its place, not as our connection', async () => {
  writeFileSync(
    join(folder, 'link.sql'),
    "DO $$ BEGIN\n  RAISE 'no way' USING ERRCODE = '08001';\nEND $$;\n",
  )
  const {code, stdout} = await stage.run(['seed', '--seed-file', 'link.sql', '--json'])
  expect([code, JSON.parse(stdout).error]).toMatchObject([
    1,
    {code: 'SQL_ERROR', message: 'no way', file: 'link.sql', line: 2, sqlstate: '08001'},
  ])
  await asBefore()
})

describe('a wrong row in a large file', () => {
  // The batches behind a wrong row are under way when the server finds it.
  test.each([
    ['the last of its INSERTs', 'wrong-inserts.sql', ROWS + 3],
    ['one in the middle of its INSERTs', 'wrong-middle.sql', ROWS / 2 + 3],
  ])('%s: is shown, and the database is as it was', async (_, file, line) => {
    const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', file])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: ${file}:${line}:1: ${DUPLICATE}
${String(line).padStart(4)} | INSERT INTO old VALUES (1, 'again');
${' '.repeat(String(line).length)} | ^
${DUPLICATE_NOTES}`,
    )
    await asBefore()
  })

  test('the last of a COPY: is shown, and the database is as it was', async () => {
    const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', 'wrong-copy.sql'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: wrong-copy.sql:${ROWS + 7}:1: ${BAD_VALUE}
${ROWS + 7} | x\tlast
       | ^
  SQLSTATE 22P02
`,
    )
    await asBefore()
  })

  test('of a COPY, in JSON', async () => {
    const {code, stdout, stderr} = await stage.run([
      'seed',
      '--seed-file',
      'wrong-copy.sql',
      '--json',
    ])
    expect([code, stderr]).toEqual([1, stage.targetLine])
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'SQL_ERROR',
        message: BAD_VALUE,
        file: 'wrong-copy.sql',
        line: ROWS + 7,
        column: 1,
        sqlstate: '22P02',
        where: `COPY big, line ${ROWS + 1}, column n: "x"`,
      },
    })
  })

  test.each([
    ['schema', 'wrong-inserts.sql', 'relation "old" does not exist', '42P01'],
    ['seed', 'wrong-copy.sql', BAD_VALUE, '22P02'],
  ])(
    'in the %s of a setup: the old database stays in use, and none is left beside it',
    async (kind, file, message, sqlstate) => {
      const user = await stage.hold()
      const {code, stdout} = await stage.run(['setup', `--${kind}-file`, file, '--force', '--json'])
      expect([code, JSON.parse(stdout).error]).toMatchObject([1, {message, file, sqlstate}])
      expect((await user.query('SELECT t FROM old')).rows).toEqual([{t: 'a'}])
      await user.end()
      await asBefore()
    },
  )
})
