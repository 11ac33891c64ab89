import {lookup} from 'node:dns/promises'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, createServer, type Server} from 'node:net'
import {hostname, tmpdir} from 'node:os'
import {join} from 'node:path'
import pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'
import {openScreen, type Screen} from '../support/screen.js'

const WIDTHS = [60, 80, 200]
const RED = 1
const GREEN = 2

const database = freshName()
const filled = freshName()
const role = freshName('_role')
const AWKWARD = `p%40"\\'# x`
let folder: string
let silent: Server

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-overview-'))
  silent = createServer(() => {}).listen(0, '127.0.0.1')
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(`CREATE DATABASE "${filled}" TEMPLATE template0`)
  await query('CREATE TABLE users (n int); CREATE TABLE activities (n int)', filled)
  await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'right'`)
})
afterAll(async () => {
  silent.close()
  await dropDatabases(database, filled)
  await query(`DROP ROLE IF EXISTS "${role}"`)
  rmSync(folder, {recursive: true, force: true})
})

type Env = Record<string, string>

const withHome = (env: Env): Env => ({CRUDDUR_DB_HOME: join(folder, 'home'), ...env})
const run = (env: Env, args: string[] = []): Promise<ProgramResult> =>
  runProgram(args, {cwd: folder, env: withHome(env)})

async function shown(env: Env, columns: number, args: string[] = []): Promise<Screen> {
  const screen = openScreen(args, {columns, cwd: folder, env: withHome(env)})
  expect(await screen.ended).toBe(0)
  return screen
}

/** What follows a label, its further lines put behind it. */
function entry(lines: readonly string[], label: string): string {
  const start = lines.findIndex((line) => line.startsWith(label.padEnd(10)))
  const [first = '', ...rest] = lines.slice(start)
  const end = rest.findIndex((line) => !line.startsWith(' '.repeat(10)))
  return [first, ...rest.slice(0, end)].map((line) => line.slice(10)).join(' ')
}

const LABELS = ['target', 'server', 'database', 'schema', 'next']

describe.each(WIDTHS)('at %i columns', (columns) => {
  test('a ready database: five lines, three commands, nothing overflows', async () => {
    const screen = await shown({CONNECTION_URL: urlOf(filled)}, columns)
    const lines = screen.lines()
    expect(
      lines.slice(0, lines.indexOf('')).flatMap((line) => /^\w+/.exec(line)?.[0] ?? []),
    ).toEqual(LABELS)
    expect(entry(lines, 'target')).toMatch(/^local {1,2}postgres@/)
    expect(entry(lines, 'server')).toMatch(/^PostgreSQL \d+\.\d+, running since [-\d:]+$/)
    expect(entry(lines, 'database')).toMatch(new RegExp(`^"${filled}", \\d+\\.\\d MB$`))
    expect(lines.slice(lines.findIndex((line) => line.startsWith('schema')))).toEqual([
      'schema    2 tables: activities, users',
      'next      cruddur-db connect',
      '',
      'cruddur-db setup    builds it anew, with schema and seed',
      'cruddur-db connect  opens it',
      'cruddur-db doctor   says what is wrong, and what cures it',
      'cruddur-db help     shows all commands',
      '',
    ])
    expect(screen.look('local').color).toBe(GREEN)
  })

  test('nothing set up at all: says so, makes nothing', async () => {
    const home = join(folder, 'never')
    const screen = await shown({CRUDDUR_DB_HOME: home}, columns)
    expect(screen.lines().slice(0, 5)).toEqual([
      'target    embedded  as CONNECTION_URL is not set',
      'server    not set up yet',
      'database  none yet',
      'schema    none yet',
      'next      cruddur-db setup',
    ])
    expect(() => rmSync(home)).toThrow('ENOENT')
  })

  test('an empty database: setup is next', async () => {
    const lines = (await shown({CONNECTION_URL: urlOf(database)}, columns)).lines()
    expect([entry(lines, 'schema'), entry(lines, 'next')]).toEqual([
      'no tables',
      'cruddur-db setup',
    ])
  })

  test('no such database: setup is next', async () => {
    const name = freshName()
    const lines = (await shown({CONNECTION_URL: urlOf(name)}, columns)).lines()
    expect(entry(lines, 'database')).toBe(`"${name}" is not there`)
    expect(entry(lines, 'next')).toBe('cruddur-db setup')
  })

  test('a server that is not there: what to do stands below', async () => {
    const env = {CONNECTION_URL: 'postgres://u:hush@127.0.0.1:1/d'}
    const screen = await shown(env, columns)
    const lines = screen.lines()
    expect(entry(lines, 'target')).toBe('local  u@127.0.0.1:1/d')
    expect(entry(lines, 'server')).toBe('nothing listens at 127.0.0.1:1')
    expect(entry(lines, 'database') + entry(lines, 'schema')).toBe('unknownunknown')
    expect(entry(lines, 'next')).toBe(
      'start that server, or unset CONNECTION_URL to use the embedded one',
    )
    expect(screen.look('nothing listens').color).toBe(RED)
    expect(screen.output()).not.toContain('hush')
  })

  test('a wrong password is named, and not shown', async () => {
    const url = new URL(urlOf(database))
    const lines = (
      await shown(
        {CONNECTION_URL: `postgres://${role}:${encodeURIComponent(AWKWARD)}@${url.host}/d`},
        columns,
      )
    ).lines()
    const all = lines.join('\n')
    if (!all.includes('wrong password')) {
      // A server that trusts everybody here looks for the database next.
      expect(entry(lines, 'database')).toBe('"d" is not there')
    }
    for (const secret of [AWKWARD, encodeURIComponent(AWKWARD)]) expect(all).not.toContain(secret)
  })

  test('a URL that cannot be read: the part at fault, and how to write it', async () => {
    const env = {CONNECTION_URL: 'postgres://u:hush#x@h/d'}
    const lines = (await shown(env, columns)).lines()
    expect(entry(lines, 'target')).toBe('CONNECTION_URL: the password holds "#": write %23')
    expect(entry(lines, 'next')).toBe('cruddur-db doctor')
    expect(lines.join()).not.toContain('hush')
  })

  test('production is said in words and in red, whatever variable named it', async () => {
    const env = {CONNECTION_URL: urlOf(filled), PROD_CONNECTION_URL: urlOf(filled)}
    for (const args of [[], ['overview', '--prod']]) {
      const screen = await shown(env, columns, args)
      expect(entry(screen.lines(), 'target')).toMatch(/^PRODUCTION {1,2}postgres@/)
      expect(screen.look('PRODUCTION')).toMatchObject({color: RED, bold: true})
    }
  })
})

describe('production under another name', () => {
  const named = hostname()
  const isHere = async (): Promise<boolean> =>
    lookup(named).then(
      ({address}) => address.startsWith('127.'),
      () => false,
    )

  test('of its host counts as production', async ({skip}) => {
    const url = new URL(urlOf(filled))
    if (!(await isHere()) || !url.hostname.startsWith('127.')) skip()
    const production = url.href.replace(url.hostname, named)
    const {stdout} = await run({CONNECTION_URL: url.href, PROD_CONNECTION_URL: production})
    expect(stdout).toMatch(/^target {4}PRODUCTION {2}postgres@127/)
  })

  test('that is another host does not', async () => {
    const env = {CONNECTION_URL: urlOf(filled), PROD_CONNECTION_URL: 'postgres://u@192.0.2.1/d'}
    expect((await run(env)).stdout).toMatch(/^target {4}local {2}/)
  })
})

describe('is quick', () => {
  test.each(WIDTHS)(
    'a silent server is given up after two seconds (%i columns)',
    async (columns) => {
      const {port} = silent.address() as AddressInfo
      const begun = Date.now()
      const lines = (
        await shown({CONNECTION_URL: `postgres://u:p@127.0.0.1:${port}/d`}, columns)
      ).lines()
      expect(Date.now() - begun).toBeLessThan(4000)
      expect(entry(lines, 'server')).toBe(`no answer from 127.0.0.1:${port} within 2 s`)
      expect(entry(lines, 'next')).toBe('check host and port, and that no firewall lies between')
    },
  )
})

test('Ctrl-C ends it at once, with 130', async () => {
  const {port} = silent.address() as AddressInfo
  const accepted = new Promise((resolve) => silent.once('connection', resolve))
  const env = withHome({CONNECTION_URL: `postgres://u:p@127.0.0.1:${port}/d`})
  const screen = openScreen([], {cwd: folder, env})
  await accepted
  screen.type('\u0003')
  expect(await screen.ended).toBe(130)
})

describe('never fails', () => {
  test('where .env is a folder', async () => {
    const cwd = join(folder, 'env-folder')
    mkdirSync(join(cwd, '.env'), {recursive: true})
    const result = await runProgram([], {cwd, env: withHome({})})
    expect(result).toMatchObject({code: 0, stderr: ''})
    expect(result.stdout).toContain('server    not set up yet\n')
  })

  test('where .env is no text', async () => {
    const cwd = join(folder, 'env-bytes')
    mkdirSync(cwd)
    writeFileSync(join(cwd, '.env'), Buffer.from([0xff, 0xfe, 0x00]))
    const {code, stdout} = await runProgram([], {cwd, env: withHome({})})
    expect(code).toBe(0)
    expect(stdout).toContain('target    the environment file .env is not UTF-8 text\n')
    expect(stdout).toContain('next      correct .env, or name another file with --env-file\n')
  })

  test('where .env would choose the embedded server’s folder', async () => {
    const cwd = join(folder, 'env-home')
    mkdirSync(cwd)
    writeFileSync(join(cwd, '.env'), 'CRUDDUR_DB_HOME=/tmp/elsewhere\n')
    const {code, stdout} = await runProgram([], {cwd, env: {}})
    expect(code).toBe(0)
    expect(stdout).toMatch(/^target {4}CRUDDUR_DB_HOME is taken from the environment only/)
  })

  test('with --prod, and no PROD_CONNECTION_URL', async () => {
    const {code, stdout} = await run({}, ['overview', '--prod'])
    expect(code).toBe(0)
    expect(stdout).toContain('target    --prod needs PROD_CONNECTION_URL, which is not set\n')
  })

  test('where an old variable is set: a remark on stderr', async () => {
    const {code, stderr} = await run({
      PRODUCTION_URL: 'postgres://h/d',
      CONNECTION_URL: urlOf(filled),
    })
    expect([code, stderr]).toEqual([0, 'PRODUCTION_URL is not read: call it PROD_CONNECTION_URL\n'])
  })
})

describe('to a pipe', () => {
  test('it is plain text, not wrapped, with FORCE_COLOR coloured, with NO_COLOR plain on a terminal', async () => {
    const sequence = '\u001b['
    const env = {CONNECTION_URL: 'postgres://u:p@127.0.0.1:1/d'}
    const plain = await run(env)
    expect(plain.stdout).not.toContain(sequence)
    expect(plain.stdout).toContain(
      'next      start that server, or unset CONNECTION_URL to use the embedded one\n',
    )
    expect((await run({...env, FORCE_COLOR: '1'})).stdout).toContain(sequence)
    for (const quiet of [{NO_COLOR: '1'}, {TERM: 'dumb'}]) {
      expect((await shown({...env, ...quiet}, 80)).output()).not.toContain(sequence)
    }
  })

  test('with --json it is one document, and nothing on stderr', async () => {
    const {code, stdout, stderr} = await run({CONNECTION_URL: urlOf(filled)}, [
      'overview',
      '--json',
    ])
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      target: {name: 'local', production: false, database: filled},
      state: 'open',
      database: {exists: true},
      tables: 2,
      trouble: null,
      next: 'cruddur-db connect',
    })
  })
})

test('what is next leads to the same target', async () => {
  const file = join(folder, 'other.env')
  writeFileSync(file, `CONNECTION_URL=${urlOf(database)}\n`)
  const {stdout} = await run({}, ['overview', '--env-file', file])
  expect(stdout).toContain(`next      cruddur-db setup --env-file ${file}\n`)
  const url = await run({}, ['overview', '--url', urlOf(database)])
  expect(url.stdout).toContain('next      cruddur-db setup --url URL\n')
  expect(url.stdout).toContain('target    url  postgres@')
})

/** Gives a server what tells one of RDS, whatever its host is called. */
async function likeRds(url: string): Promise<void> {
  const client = new pg.Client({connectionString: url})
  await client.connect()
  await client.query('CREATE ROLE rdsadmin')
  await client.query('CREATE DATABASE rdsadmin OWNER rdsadmin')
  await client.end()
}

describe('the embedded server', () => {
  let home: string
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'cruddur-db-overview-home-'))
    expect(await run({CRUDDUR_DB_HOME: home}, ['server', 'start'])).toMatchObject({code: 0})
  })
  afterAll(async () => {
    await run({CRUDDUR_DB_HOME: home}, ['server', 'stop'])
    rmSync(home, {recursive: true, force: true})
  })

  test('without a database, with one, and stopped: it is looked at and left as it is', async () => {
    const env = {CRUDDUR_DB_HOME: home}
    const before = await run(env)
    expect(before.stdout).toMatch(/^target {4}embedded {2}postgres@127\.0\.0\.1:\d+\/cruddur$/m)
    expect(before.stdout).toMatch(/^server {4}PostgreSQL \d+\.\d+, running since \d\d:\d\d$/m)
    expect(before.stdout).toContain('database  "cruddur" is not there\n')
    expect(await run(env, ['setup'])).toMatchObject({code: 0})
    for (const columns of WIDTHS) {
      const lines = (await shown(env, columns)).lines()
      expect(entry(lines, 'database')).toMatch(/^"cruddur", \d+\.\d MB$/)
      expect(lines).toContain('schema    2 tables: activities, users')
      expect(lines).toContain('next      cruddur-db connect')
    }
    const {url} = JSON.parse((await run(env, ['server', 'status', '--json'])).stdout)
    await likeRds(url)
    const rds = await run(env)
    expect(rds.stdout).toMatch(/^target {4}PRODUCTION {2}postgres@127/)
    expect(await run(env, ['server', 'stop'])).toMatchObject({code: 0})
    const after = await run(env)
    expect(after.stdout).toContain('server    stopped: the next command that needs it starts it\n')
    expect(after.stdout).toContain('next      cruddur-db server start\n')
    expect(JSON.parse((await run(env, ['server', 'status', '--json'])).stdout).running).toBe(false)
  })
})
