import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import pg from 'pg'
import {afterAll, beforeAll, describe, expect, inject, type TestContext, test} from 'vitest'
import {harm} from '../support/harmless.js'
import {dropDatabases, freshName, query} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'
import {leaks} from '../support/stage.js'

const id = pg.escapeIdentifier

/** What clears the screen, sets its title, writes to the clipboard, turns the writing round, hides, ends the line. */
const STEERS = '\x1b[2J\x1b]0;t\x07\u202e\u200b\u009b\u2028\n\t'
/** What a shell would run, a format would fill in, and SQL would take for its own; nothing of it is a path. */
const RUNS = `-r "'$(touch pwned);%s\\`

/** Behind the 25 bytes of a test's own name. */
const suffixes = {
  'what steers a terminal, quotes and an option': `${STEERS} -f "'\`%s;\\`,
  'letters of two bytes up to the 63rd': 'é'.repeat(19),
}

let folder: string
/** A role with a name and a password of this kind, who may do everything. */
const role = freshName(STEERS)
const SECRET = 'to#be/kept secret'

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-names-'))
  await query(`CREATE ROLE ${id(role)} SUPERUSER LOGIN PASSWORD '${SECRET}'`)
})
afterAll(async () => {
  await query(`DROP ROLE ${id(role)}`)
  rmSync(folder, {recursive: true, force: true})
})

const encoded = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')
function urlTo(database: string): string {
  const {host} = new URL(inject('serverUrl'))
  return `postgres://${encoded(role)}:${encoded(SECRET)}@${host}/${encoded(database)}`
}

async function connectAs(database: string): Promise<pg.Client> {
  const {hostname, port} = new URL(inject('serverUrl'))
  const client = new pg.Client({
    host: hostname,
    port: Number(port || 5432),
    user: role,
    password: SECRET,
    database,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Nothing in it may do harm, and nothing may have been run on this machine. */
function expectHarmless({stdout, stderr}: ProgramResult): void {
  expect(harm(stdout + stderr)).toEqual([])
  expect(leaks(stdout + stderr)).toEqual([])
  expect(readdirSync(folder)).not.toContain('pwned')
}

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    return false
  }
}

/** A database of such a name, and one of almost that name, which nothing may happen to. */
interface Scene {
  base: string
  name: string
  neighbour: string
  /** Those whose names begin as these do, sorted. */
  databases: () => Promise<string[]>
  run: (...args: string[]) => Promise<ProgramResult>
  /** Its JSON; it has to succeed. */
  runJson: (...args: string[]) => Promise<Record<string, unknown> & ReturnType<typeof JSON.parse>>
}

async function openScene(suffix: string, {onTestFinished}: TestContext): Promise<Scene> {
  const base = freshName()
  const [name, neighbour] = [base + suffix, `${base}_neighbour`]
  const databases = async (): Promise<string[]> => {
    const rows = await query<{datname: string}>('SELECT datname FROM pg_database')
    return rows.flatMap(({datname}) => (datname.startsWith(base) ? [datname] : [])).sort()
  }
  onTestFinished(async () => dropDatabases(...(await databases())))
  const client = await connectAs('postgres')
  for (const each of [name, neighbour])
    await client.query(`CREATE DATABASE ${id(each)} TEMPLATE template0`)
  await client.end()
  const run: Scene['run'] = async (...args) => {
    const result = await runProgram(args, {cwd: folder, env: {CONNECTION_URL: urlTo(name)}})
    expectHarmless(result)
    return result
  }
  const runJson: Scene['runJson'] = async (...args: string[]) => {
    const {code, stdout, stderr} = await run(...args, '--json')
    const document = JSON.parse(stdout)
    expect(code, stderr).toBe(0)
    expect(document.target).toMatchObject({database: name, user: role})
    return document
  }
  return {base, name, neighbour, databases, run, runJson}
}

const named = Object.entries(suffixes).map(([what, suffix]) => ({what, suffix}))

test.concurrent.for(named)(
  'a database whose name holds $what is the one that is created, loaded, seeded, looked at and dropped',
  async ({suffix}, context) => {
    const {name, neighbour, databases, run, runJson} = await openScene(suffix, context)
    expect(await runJson('create')).toMatchObject({created: false})
    expect(await runJson('schema-load')).toMatchObject({statements: expect.any(Number)})
    expect(await runJson('seed')).toMatchObject({rows: expect.any(Number)})
    expect((await runJson('sessions', '--all', '--long')).sessions).toContainEqual(
      expect.objectContaining({user: role, app: 'cruddur-db sessions'}),
    )
    const plans = ['drop', 'setup', 'seed'].map(async (command) => {
      const {plan} = await runJson(command, '--dry-run')
      expect(plan.database).toMatchObject({name, exists: true, owner: role})
      expect((await run(command, '--dry-run')).code).toBe(0)
    })
    await Promise.all(plans)
    expect(await runJson('drop', '--confirm', name)).toMatchObject({dropped: true})
    expect(await databases()).toEqual([neighbour])
    expect(await runJson('drop')).toMatchObject({dropped: false})
    expect(await runJson('create')).toMatchObject({created: true})
    expect(await databases()).toEqual([name, neighbour].sort())
  },
)

test.concurrent.for(named)(
  'a database whose name holds $what is the one that a setup replaces, and keeps where it is asked to',
  async ({suffix}, context) => {
    const {name, neighbour, databases, run, runJson} = await openScene(suffix, context)
    const first = await runJson('setup', '--force')
    expect(first).toMatchObject({replaced: true, previous: null})
    expect(await databases()).toEqual([name, neighbour].sort())
    const {previous} = await runJson('setup', '--keep-previous')
    expect(Buffer.byteLength(previous)).toBeLessThanOrEqual(63)
    expect(await databases()).toEqual([name, neighbour, previous].sort())
    expect((await run('setup', '--keep-previous', '--no-seed')).code).toBe(0)
  },
)

test.concurrent.for(named)(
  'a database whose name holds $what is confirmed by its name only, in production',
  async ({suffix}, context) => {
    const {base, name, neighbour, databases} = await openScene(suffix, context)
    const production = async (...args: string[]): Promise<ProgramResult> => {
      const env = {PROD_CONNECTION_URL: urlTo(name), CONNECTION_URL: urlTo(name)}
      const result = await runProgram(args, {cwd: folder, env})
      expectHarmless(result)
      return result
    }
    const wrong = [base, neighbour, name.slice(0, -1), `${name} `].map(async (confirm) => {
      for (const args of [
        ['drop', '--prod', '--force'],
        ['setup', '--seed'],
      ])
        expect((await production(...args, '--confirm', confirm)).code).toBe(4)
    })
    await Promise.all(wrong)
    expect(await databases()).toEqual([name, neighbour].sort())
    for (const args of [['schema-load', '--prod'], ['setup', '--seed'], ['drop']])
      expect(await production(...args, '--confirm', name)).toMatchObject({code: 0})
    expect(await databases()).toEqual([neighbour])
  },
)

test.concurrent.for(named)(
  'a database whose name holds $what is named in the errors of all that goes wrong with it',
  async ({suffix}, context) => {
    const {name, run} = await openScene(suffix, context)
    const holder = await connectAs(name)
    for (const args of [['drop'], ['setup']]) {
      expect(await run(...args)).toMatchObject({code: 1, stdout: ''})
      const {stdout} = await run(...args, '--json')
      expect(JSON.parse(stdout).error).toMatchObject({
        code: 'DATABASE_IN_USE',
        message: expect.stringContaining(`the database "${name}"`),
        sessions: [expect.objectContaining({user: role, db: name})],
      })
    }
    await holder.end()
    await run('drop', '--force')
    for (const args of [['seed'], ['schema-load']]) {
      const {stdout} = await run(...args, '--json')
      expect(JSON.parse(stdout).error.message).toContain(`there is no database "${name}"`)
    }
  },
)

describe.skipIf(!hasPsql())('psql', () => {
  test.concurrent.for(named)(
    'a database whose name holds $what is the one that psql is opened on',
    async ({suffix}, context) => {
      const {name} = await openScene(suffix, context)
      const args = ['connect', '--', '-XAt', '-c', 'SELECT current_database()']
      const env = {CONNECTION_URL: urlTo(name)}
      const {code, stdout, stderr} = await runProgram(args, {cwd: folder, env})
      expect([code, stdout]).toEqual([0, `${name}\n`])
      expectHarmless({code, stdout: '', stderr})
    },
  )
})

describe('what is in a database is shown harmless', () => {
  let name: string
  let client: pg.Client
  beforeAll(async () => {
    name = freshName()
    await query(`CREATE DATABASE "${name}" TEMPLATE template0 OWNER ${id(role)}`)
    client = await connectAs(name)
    const [schema, table] = [`s${STEERS}`, `t${RUNS}${STEERS}`].map(id)
    await client.query(`
      CREATE SCHEMA ${schema};
      CREATE TABLE ${table} AS SELECT generate_series(1, 5) AS n;
      CREATE TABLE ${schema}.${table} AS SELECT generate_series(1, 5) AS n;
      CREATE MATERIALIZED VIEW ${id(STEERS)} AS SELECT 1 AS n;
      ANALYZE`)
    await client.query(`COMMENT ON DATABASE "${name}" IS ${pg.escapeLiteral(STEERS)}`)
    // A statement that goes on, with what steers in it.
    client.query(`SELECT pg_sleep(600) /* ${STEERS} */`).catch(() => {})
  })
  afterAll(async () => {
    await dropDatabases(name)
    await client.end().catch(() => {})
  })

  test.concurrent.each([
    'sessions',
    'sessions --all --long',
    'drop',
    'drop --dry-run',
    'setup --dry-run',
    'seed --dry-run',
  ])('%s', async (what) => {
    const env = {CONNECTION_URL: urlTo(name)}
    for (const args of [what.split(' '), [...what.split(' '), '--json']]) {
      const result = await runProgram(args, {cwd: folder, env})
      expectHarmless(result)
      expect(result.code).toBe(what === 'drop' ? 1 : 0)
      if (args.includes('--json')) JSON.parse(result.stdout)
    }
  })

  test('the plan names the tables as they are called', async () => {
    const {stdout} = await runProgram(['drop', '--dry-run', '--json'], {
      cwd: folder,
      env: {CONNECTION_URL: urlTo(name)},
    })
    const {tables} = JSON.parse(stdout).plan.database
    expect(tables.map((table: {name: string}) => table.name)).toEqual(
      expect.arrayContaining([`t${RUNS}${STEERS}`, `s${STEERS}.t${RUNS}${STEERS}`]),
    )
  })
})
