import {spawn} from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {readXml} from '../lib/diagram/read-xml.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {
  ended,
  type ProgramResult,
  packageRoot,
  programCommand,
  runProgram,
} from '../support/program.js'
import {openScreen} from '../support/screen.js'

const [database, empty] = [freshName(), freshName()]
const target = {CONNECTION_URL: urlOf(database)}
let folder: string

beforeAll(async () => {
  for (const name of [database, empty]) await query(`CREATE DATABASE ${name} TEMPLATE template0`)
  const client = await connect(database)
  await client.query(readFileSync(join(packageRoot, 'db/schema.sql'), 'utf8'))
  await client.end()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-diagram-'))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))
afterAll(() => dropDatabases(database, empty))

const run = (args: string[], env: Record<string, string> = target): Promise<ProgramResult> =>
  runProgram(['diagram', ...args], {cwd: folder, env})

describe('to stdout', () => {
  test('the picture is all there is on it', async () => {
    const {code, stdout, stderr} = await run([])
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^local {2}\S+\/cruddur_test_\w+\n$/)])
    expect(readXml(stdout).name).toBe('svg')
    expect(stdout.endsWith('</svg>\n')).toBe(true)
    expect((await run(['--output', '-'])).stdout).toBe(stdout)
  })

  test('mermaid where it is asked for', async () => {
    const {code, stdout} = await run(['--format', 'mermaid'])
    expect([code, stdout.split('\n').slice(0, 3)]).toEqual([
      0,
      ['erDiagram', '    "activities" {', '        uuid uuid PK'],
    ])
  })

  test('on a terminal it says how to get a file', async () => {
    const screen = openScreen(['diagram'], {cwd: folder, env: target, columns: 80, lingers: true})
    expect(await screen.ended).toBe(0)
    expect(screen.lines().at(-2)).toBe('this is a picture: --output schema.svg writes it to a file')
  })

  test('--json has it as a string, in one document', async () => {
    const {code, stdout} = await run(['--json', '--format', 'mermaid'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      target: expect.objectContaining({name: 'local', database, production: false}),
      format: 'mermaid',
      tables: 2,
      diagram: expect.stringMatching(/^erDiagram\n/),
    })
  })
})

describe('to a file', () => {
  test('says what was written where; the format is that of its name', async () => {
    const {code, stdout} = await run(['--output', 'schema.mmd'])
    expect([code, stdout]).toEqual([0, 'drew 2 tables into schema.mmd\n'])
    expect(readFileSync(join(folder, 'schema.mmd'), 'utf8')).toMatch(/^erDiagram\n/)
    expect(readdirSync(folder)).toEqual(['schema.mmd'])
  })

  test('replaces one that is there, and is the same again for the same schema', async () => {
    const path = join(folder, 'schema.svg')
    writeFileSync(path, 'old')
    expect(await run(['-o', 'schema.svg', '--quiet'])).toMatchObject({code: 0, stdout: ''})
    const first = readFileSync(path, 'utf8')
    await run(['-o', 'schema.svg'])
    expect(readFileSync(path, 'utf8')).toBe(first)
    expect(first).toBe((await run([])).stdout)
  })

  test('--json names it', async () => {
    const {stdout} = await run(['--json', '--output', 'schema.svg'])
    expect(JSON.parse(stdout)).toEqual({
      target: expect.objectContaining({database}),
      format: 'svg',
      tables: 2,
      file: 'schema.svg',
    })
  })

  test('in a folder that is missing is refused with what makes it', async () => {
    const {code, stdout, stderr} = await run(['--output', 'no/schema.svg'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`Error: no/schema.svg cannot be written: there is no folder no
  → make it: mkdir -p no
`)
  })

  test.runIf(existsSync('/dev/full'))('on a full disk leaves the old one as it was', async () => {
    mkdirSync(join(folder, 'small'))
    writeFileSync(join(folder, 'schema.svg'), 'old')
    const command = programCommand(['diagram', '-o', 'schema.svg'], {cwd: folder, env: target})
    // No file may become larger than a block: what is left of a disk that is nearly full.
    const words = ['-c', 'ulimit -f 1; exec "$0" "$@"', command.file, ...command.args]
    const child = spawn('bash', words, {...command.options, stdio: ['ignore', 'pipe', 'pipe']})
    const {code, stderr} = await ended(child)
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('schema.svg cannot be written: it would'),
    ])
    expect(readFileSync(join(folder, 'schema.svg'), 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['schema.svg', 'small'])
  })
})

describe('an error', () => {
  test('no tables at all: what loads some', async () => {
    const {code, stdout, stderr} = await run([], {CONNECTION_URL: urlOf(empty)})
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`Error: there are no tables in the database "${empty}"
  → load some: cruddur-db schema-load
`)
    const failed = await run(['--json', '-o', 'x.svg'], {CONNECTION_URL: urlOf(empty)})
    expect(JSON.parse(failed.stdout).error.code).toBe('NO_TABLES')
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['a format there is not', ['--format', 'png']],
    ['a file whose name says another one', ['--format', 'mermaid', '--output', 'schema.svg']],
  ])('%s is refused before anything is connected to', async (_, args) => {
    const {code, stdout, stderr} = await run(args, {CONNECTION_URL: 'postgres://u:p@127.0.0.1:1/d'})
    expect([code, stdout, stderr]).toEqual([2, '', expect.not.stringContaining('127.0.0.1')])
  })

  test('a database that is not there is named', async () => {
    const {code, stderr} = await run([], {CONNECTION_URL: urlOf(freshName())})
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no database')])
  })

  test('no password is on any of the streams, nor in the picture', async () => {
    const url = new URL(urlOf(database))
    const {password} = url
    url.password = 'p%40"\'%23 x'.replaceAll('"', '%22').replaceAll(' ', '%20')
    const texts = [await run([]), await run(['--json']), await run([], {CONNECTION_URL: url.href})]
    for (const {stdout, stderr} of texts) {
      expect(stdout + stderr).not.toMatch(/p%40|p@"'/)
      expect(stdout + stderr).not.toContain(`:${password}@`)
    }
  })
})

test('production is read without consent, and is not changed', async () => {
  const env = {
    PROD_CONNECTION_URL: `${urlOf(database)}?options=-c%20default_transaction_read_only%3Don`,
  }
  const {code, stderr} = await run(['--prod', '--output', 'schema.svg'], env)
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^PRODUCTION {2}\S+\n$/)])
  expect(readdirSync(folder)).toEqual(['schema.svg'])
})

test('a reader that takes its time gets a large picture whole', async () => {
  const wide = freshName()
  await query(`CREATE DATABASE ${wide} TEMPLATE template0`)
  try {
    const columns = Array.from({length: 500}, (_, i) => `column_number_${i} int`).join()
    const client = await connect(wide)
    for (let i = 0; i < 10; i++) await client.query(`CREATE TABLE t${i} (${columns})`)
    await client.end()
    const shell = ['-c', '"$0" "$@" | (sleep 1; cat)']
    const command = programCommand(['diagram'], {env: {CONNECTION_URL: urlOf(wide)}})
    const child = spawn('bash', [...shell, command.file, ...command.args], {
      ...command.options,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const {stdout} = await ended(child)
    expect(stdout.length).toBeGreaterThan(500_000)
    expect(readXml(stdout).name).toBe('svg')
  } finally {
    await dropDatabases(wide)
  }
})
