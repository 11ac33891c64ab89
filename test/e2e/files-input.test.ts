import {execFileSync} from 'node:child_process'
import {createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {CONTENT, expectedContent, ROWS, writeBigFiles} from '../support/big-files.js'
import type {ProgramResult} from '../support/program.js'
import {openScreen, type Screen} from '../support/screen.js'
import {leaks, openStage, type Stage} from '../support/stage.js'

let folder: string
let stage: Stage
let before: unknown
const screens: Screen[] = []

const path = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-input-'))
  writeBigFiles(folder)
  execFileSync('gzip', ['-1', '--keep', path('copy.sql')])
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
const SMALL_DONE = {statements: 3, rows: 3}
const made = () => stage.query('SELECT n FROM made ORDER BY n')

const asBefore = async (): Promise<void> => {
  await stage.noSession()
  expect(await stage.state()).toEqual(before)
}

/** Runs the program with a large file at its standard input, and `behind` after that. */
const pour = (file: string, behind: string, ...args: string[]): Promise<ProgramResult> => {
  const {child, result} = stage.start(...args)
  const {stdin} = child
  if (!stdin) throw new Error('standard input is a pipe')
  createReadStream(path(file))
    .on('end', () => stdin.end(behind))
    .pipe(stdin, {end: false})
  return result
}

const production = (): Record<string, string> => ({PROD_CONNECTION_URL: stage.url})

const onScreen = (args: string[], env: Record<string, string>): Screen => {
  const screen = openScreen(args, {cwd: folder, env})
  screens.push(screen)
  return screen
}

describe('standard input', () => {
  test.each([
    ['seed', '--seed-file', {files: ['<stdin>'], ...SMALL_DONE}],
    ['schema-load', '--schema-file', {file: '<stdin>', statements: 3}],
  ])('is what %s %s - runs', async (command, flag, fields) => {
    const {code, stdout, stderr} = await stage.run([command, flag, '-', '--json'], SMALL)
    expect([code, stderr]).toEqual([0, stage.targetLine])
    expect(JSON.parse(stdout)).toEqual({
      target: expect.objectContaining({database: stage.database}),
      ms: expect.any(Number),
      ...fields,
    })
    expect(await made()).toEqual([{n: 1}, {n: 2}, {n: 3}])
  })

  test('in words: what was run, and how much', async () => {
    const {stdout} = await stage.run(['seed', '--seed-file', '-'], SMALL)
    expect(stdout).toMatch(/^ran <stdin>: 3 statements, 3 rows in \d+ ms\n$/)
  })

  test.each(['schema', 'seed'])('is the %s of a setup', async (kind) => {
    writeFileSync(path('other.sql'), 'CREATE TABLE other (n int);')
    const other = kind === 'seed' ? ['--schema-file', 'other.sql'] : ['--seed-file', 'other.sql']
    const {code} = await stage.run(['setup', `--${kind}-file`, '-', ...other], SMALL)
    expect(code).toBe(0)
    expect(await made()).toEqual([{n: 1}, {n: 2}, {n: 3}])
  })

  test('an error in it has its place', async () => {
    const input = 'CREATE TABLE made (n int);\n\nSELECT nope;\n'
    const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', '-'], input)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(`${stage.targetLine}Error: <stdin>:3:8: column "nope" does not exist
   3 | SELECT nope;
     |        ^
  → compare the name with the columns the schema gives that table
  SQLSTATE 42703
`)
    await asBefore()
  })

  test.each([
    ['seed', '--seed-file', '-', '--seed-file', '-'],
    ['seed', '--seed-file', '-', '--seed-file', '/dev/stdin'],
    ['setup', '--seed-file', '-', '--schema-file', '-'],
  ])('is refused twice, without waiting for it: %s %s %s %s %s', async (...args) => {
    const {code, stdout, stderr} = await stage.start(...args).result
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: standard input (-) can be read only once\n  → name files, or put everything into one input\n`,
    )
  })
})

describe('a pipe that is longer than what is held of it', () => {
  test.each(['inserts.sql', 'copy.sql'])('is loaded as it comes: %s', async (file) => {
    const {code, stderr} = await pour(file, '', 'seed', '--seed-file', '-')
    expect([code, stderr]).toEqual([0, stage.targetLine])
    expect(await stage.query(CONTENT)).toEqual([expectedContent()])
  })

  const place = `<stdin>:${ROWS + 3}:1: `
  const excerpt = (line: string): string => `${ROWS + 3} | ${line}\n       | ^\n`

  test('with a COMMIT at its end is refused on the way, and nothing is kept', async () => {
    const {code, stdout, stderr} = await pour(
      'inserts.sql',
      'COMMIT;\n',
      'seed',
      '--seed-file',
      '-',
    )
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: ${place}the file is run in one transaction, which this COMMIT would break up
${excerpt('COMMIT;')}  → remove the COMMIT, or run the file with --no-transaction
`,
    )
    await asBefore()
  })

  test('with an unclosed quote at its end is refused on the way, and nothing is kept', async () => {
    const {code, stderr} = await pour('inserts.sql', "SELECT 'a;\n", 'seed', '--seed-file', '-')
    expect(code).toBe(1)
    expect(stderr).toContain(`Error: <stdin>:${ROWS + 3}:8: the string opened here is never closed`)
    await asBefore()
  })

  test('with a wrong row at its end: the row is shown, and nothing is kept', async () => {
    const row = "INSERT INTO old VALUES (1, 'again');"
    const {code, stdout, stderr} = await pour('inserts.sql', `${row}\n`, 'seed', '--seed-file', '-')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: ${place}duplicate key value violates unique constraint "old_pkey"
${excerpt(row)}  detail: Key (n)=(1) already exists.
  → the row is there already: ON CONFLICT DO NOTHING skips it; cruddur-db setup starts anew
  SQLSTATE 23505
`,
    )
    await asBefore()
  })

  test('with a wrong row at the end of a COPY: its line is named, and nothing is kept', async () => {
    const {code, stdout, stderr} = await pour('wrong-copy.sql', '', 'seed', '--seed-file', '-')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(
      `${stage.targetLine}Error: <stdin>:${ROWS + 7}: invalid input syntax for type integer: "x"\n`,
    )
    await asBefore()
  })

  test('that ends in the middle of a COPY was cut short, and nothing is kept', async () => {
    const {child, result} = stage.start('seed', '--seed-file', '-')
    child.stdin?.end(readFileSync(path('copy.sql')).subarray(0, 20_000_000))
    const {code, stderr} = await result
    expect(code).toBe(1)
    expect(stderr).toContain('Error: <stdin>:6:1: the file ends before the rows of this COPY do\n')
    await asBefore()
  })
})

describe('gzip', () => {
  test('a .sql.gz is loaded as what it holds', async () => {
    const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', 'copy.sql.gz', '--json'])
    expect([code, stderr]).toEqual([0, stage.targetLine])
    expect(JSON.parse(stdout)).toMatchObject({files: ['copy.sql.gz'], statements: 4, rows: ROWS})
    expect(await stage.query(CONTENT)).toEqual([expectedContent()])
  })

  test('is seen in standard input too', async () => {
    const {code, stderr} = await pour('copy.sql.gz', '', 'seed', '--seed-file', '-')
    expect([code, stderr]).toEqual([0, stage.targetLine])
    expect(await stage.query(CONTENT)).toEqual([expectedContent()])
  })

  test.each(['file', 'pipe'])(
    'cut short, in a %s: refused with the cure, and nothing is kept',
    async (kind) => {
      const packed = readFileSync(path('copy.sql.gz'))
      const cut = packed.subarray(0, packed.length - 1000)
      writeFileSync(path('cut.sql.gz'), cut)
      const [name, shown] = kind === 'file' ? ['cut.sql.gz', 'cut.sql.gz'] : ['-', '<stdin>']
      const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', name], cut)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toBe(
        `${stage.targetLine}Error: ${shown} is damaged or cut short (gzip: unexpected end of file)\n  → make or fetch it again; gzip -t tells whether it is whole\n`,
      )
      await asBefore()
    },
  )
})

describe('production', () => {
  beforeEach(() => writeFileSync(path('prod.env'), `PROD_CONNECTION_URL=${stage.url}\n`))

  test('standard input is run there with --confirm', async () => {
    const args = ['seed', '--seed-file', '-', '--prod', '--env-file', 'prod.env']
    const {code} = await stage.run([...args, '--confirm', stage.database], SMALL)
    expect(code).toBe(0)
    expect(await made()).toHaveLength(3)
  })

  test.each([
    ['without --confirm', [], (name: string) => `if you mean it, add: --confirm ${name}`],
    [
      'with another name',
      ['--confirm', 'other'],
      () => 'nothing was touched; check which database you mean',
    ],
  ] as const)('%s it is refused (4) at once, without waiting for input', async (_, flags, hint) => {
    const args = ['seed', '--seed-file', '-', ...flags, '--prod', '--env-file', 'prod.env']
    const {code, stdout, stderr} = await stage.start(...args).result
    expect([code, stdout]).toEqual([4, ''])
    expect(stderr).toContain(`\n  → ${hint(stage.database)}\n`)
    await asBefore()
  })

  test('a setup from standard input is refused in the same way', async () => {
    const args = ['setup', '--schema-file', '-', '--prod', '--env-file', 'prod.env']
    const {code, stdout} = await stage.start(...args).result
    expect([code, stdout]).toEqual([4, ''])
    await asBefore()
  })

  test('at a terminal, SQL typed and ended by Ctrl-D is run with --confirm', async () => {
    const args = ['seed', '--seed-file', '-', '--prod', '--confirm', stage.database]
    const screen = onScreen(args, production())
    await screen.shows(/^PRODUCTION/)
    screen.type('CREATE TABLE made (n int);\r')
    await screen.shows(/^CREATE TABLE/)
    screen.type('INSERT INTO made VALUES (7);\r\u0004')
    expect(await screen.ended).toBe(0)
    expect(screen.lines()).toContainEqual(
      expect.stringMatching(/^ran <stdin>: 2 statements, 1 row in \d+ ms$/),
    )
    expect(await made()).toEqual([{n: 7}])
  })

  test('at a terminal, where what is typed would be run, nobody is asked: refused (4) at once', async () => {
    const screen = onScreen(['seed', '--seed-file', '-', '--prod'], production())
    expect(await screen.ended).toBe(4)
    expect(screen.lines()).toContain(`  → if you mean it, add: --confirm ${stage.database}`)
    await asBefore()
  })
})
