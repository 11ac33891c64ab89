import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import Create from '../../src/commands/create.js'
import Drop from '../../src/commands/drop.js'
import SchemaLoad from '../../src/commands/schema-load.js'
import Seed from '../../src/commands/seed.js'
import Sessions from '../../src/commands/sessions.js'
import Setup from '../../src/commands/setup.js'
import {runCommand} from '../support/command.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'

let database: string
let folder: string

beforeEach(() => {
  database = freshName()
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-command-'))
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  vi.stubEnv('CONNECTION_URL', urlOf(database))
  vi.stubEnv('PROD_CONNECTION_URL', undefined)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, {recursive: true, force: true})
  await dropDatabases(database)
})

/** An SQL file in the working directory. */
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

const targetLine = (): string => {
  const {host, username} = new URL(urlOf(database))
  return `local  ${username}@${host}/${database}\n`
}

describe('create', () => {
  test('says what it did, and the second time that it was there', async () => {
    expect(await runCommand(Create, [])).toMatchObject({
      exit: 0,
      stdout: `created the database "${database}"\n`,
      stderr: targetLine(),
      result: {created: true},
    })
    expect(await runCommand(Create, [])).toMatchObject({
      exit: 0,
      stdout: `the database "${database}" exists already\n`,
      result: {created: false},
    })
  })

  test('--json gives the target without its password', async () => {
    const {stdout, stderr} = await runCommand(Create, ['--json'])
    const {hostname, port, username} = new URL(urlOf(database))
    expect(JSON.parse(stdout)).toEqual({
      target: {
        name: 'local',
        production: false,
        host: hostname,
        port: Number(port),
        database,
        user: username,
      },
      created: true,
    })
    expect(stderr).toBe(targetLine())
  })
})

// Not through the binary: Node itself looks for a file after --env-file, and ends with 9 when there is none.
test('a missing --env-file is a mistake in the command (exit 2)', async () => {
  expect(await runCommand(Create, ['--env-file', 'none.env'])).toMatchObject({exit: 2, stdout: ''})
})

test('an empty --url is a mistake (exit 2), and CONNECTION_URL is not taken in its place', async () => {
  expect(await runCommand(Create, ['--url', ''])).toMatchObject({exit: 2, stdout: ''})
  expect(await query(`SELECT FROM pg_database WHERE datname = '${database}'`)).toEqual([])
})

test('--wait waits that many seconds for a server, and says so', async () => {
  const began = performance.now()
  const args = ['--url', 'postgres://u:p@127.0.0.1:1/d', '--wait', '1']
  const {exit, stderr} = await runCommand(Create, args)
  expect(exit).toBe(3)
  expect(stderr).toMatch(/^waiting: /m)
  expect(performance.now() - began).toBeGreaterThan(500)
})

test('a warning about the target stands under its name', async () => {
  vi.stubEnv('PRODUCTION_URL', 'postgres://p/d')
  const {stderr} = await runCommand(Create, [])
  expect(stderr).toBe(`${targetLine()}PRODUCTION_URL is not read: call it PROD_CONNECTION_URL\n`)
})

test('a name that could steer the terminal is shown harmless', async () => {
  const steering = `${database}\u001b[2J`
  const {stdout, stderr} = await runCommand(Create, ['--url', urlOf(steering)])
  await dropDatabases(steering)
  expect(stdout).toBe(`created the database "${database}\\x1b[2J"\n`)
  expect(stderr).not.toContain('\u001b')
})

test('a command that has ended listens to no signal any more', async () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const counts = () => signals.map((name) => process.listenerCount(name))
  const before = counts()
  await runCommand(Create, [])
  expect(counts()).toEqual(before)
})

describe('drop', () => {
  test('says what it did, and the second time that there was none', async () => {
    await runCommand(Create, [])
    expect(await runCommand(Drop, [])).toMatchObject({
      exit: 0,
      stdout: `dropped the database "${database}"\n`,
      result: {dropped: true},
    })
    expect(await runCommand(Drop, [])).toMatchObject({
      exit: 0,
      stdout: `there is no database "${database}"\n`,
      result: {dropped: false},
    })
  })

  test('in use: exit 1 and a table of who uses it; --force drops all the same', async () => {
    await runCommand(Create, [])
    const holder = await connect(database)
    const refused = await runCommand(Drop, [])
    expect(refused.exit).toBe(1)
    expect(refused.stdout).toBe('')
    expect(refused.stderr).toContain(`1 session uses the database "${database}"`)
    expect(refused.stderr).toMatch(/process_id +user +app +client_addr +state/)
    expect(refused.stderr).toContain('--force')
    expect((await runCommand(Drop, ['--force'])).result).toMatchObject({dropped: true})
    await holder.end()
  })

  test('--json: DATABASE_IN_USE with the sessions', async () => {
    await runCommand(Create, [])
    const holder = await connect(database)
    const {exit, stdout} = await runCommand(Drop, ['--json'])
    await holder.end()
    expect(exit).toBe(1)
    const {error} = JSON.parse(stdout)
    expect(error.code).toBe('DATABASE_IN_USE')
    expect(error.sessions).toEqual([
      {
        process_id: expect.any(Number),
        user: new URL(urlOf(database)).username,
        db: database,
        app: '',
        client_addr: expect.any(String),
        state: 'idle',
      },
    ])
  })
})

describe('schema-load and seed', () => {
  test('run this package’s own files when there are none nearer', async () => {
    await runCommand(Create, [])
    const schema = await runCommand(SchemaLoad, [])
    const ours = expect.stringMatching(/db\/schema\.sql$/)
    expect(schema).toMatchObject({exit: 0, result: {statements: 5, file: ours}})
    const seed = await runCommand(Seed, [])
    expect(seed.exit).toBe(0)
    const [{users, activities} = {}] = await query<Record<string, string>>(
      'SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM activities) AS activities',
      database,
    )
    expect(users).toBe('3')
    expect(seed.result).toMatchObject({rows: 3 + Number(activities)})
  })

  test('seed runs each file, in order, all in one transaction', async () => {
    await runCommand(Create, [])
    file('one.sql', 'CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1), (2);')
    file('two.sql', 'INSERT INTO t VALUES (3);')
    file('bad.sql', '\nINSERT INTO t VALUES (1);')
    const flags = ['one.sql', 'two.sql'].flatMap((name) => ['--seed-file', name])
    const failed = await runCommand(Seed, [...flags, '--seed-file', 'bad.sql', '--json'])
    expect(failed.exit).toBe(1)
    expect(JSON.parse(failed.stdout)).toMatchObject({
      error: {code: 'SQL_ERROR', sqlstate: '23505', file: 'bad.sql', line: 2, column: 1},
    })
    expect(await query("SELECT to_regclass('t') AS t", database)).toEqual([{t: null}])
    const ran = await runCommand(Seed, flags)
    expect(ran.result).toMatchObject({files: ['one.sql', 'two.sql'], statements: 3, rows: 3})
  })

  test('an error shows file, line, column, the line and a caret', async () => {
    await runCommand(Create, [])
    file('bad.sql', "SELECT 1;\nINSERT INTO public.userz (handle)\nVALUES ('x');\n")
    const {exit, stdout, stderr} = await runCommand(SchemaLoad, ['--schema-file', 'bad.sql'])
    expect([exit, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${targetLine()}Error: bad.sql:2:13: relation "public.userz" does not exist
   2 | INSERT INTO public.userz (handle)
     |             ^
  → create it further up, or load the schema first: cruddur-db schema-load
  SQLSTATE 42P01
`,
    )
  })

  test('what the server remarks is passed on, harmless, but for what IF EXISTS skips', async () => {
    await runCommand(Create, [])
    file('notices.sql', "DROP TABLE IF EXISTS nope; DO $$BEGIN RAISE NOTICE 'a\u001b[2J'; END$$;")
    const {exit, stderr} = await runCommand(SchemaLoad, ['--schema-file', 'notices.sql'])
    expect(exit).toBe(0)
    expect(stderr).toBe(`${targetLine()}NOTICE: a\\x1b[2J\n`)
  })

  test('an empty --schema-file is a mistake (exit 2), and the default is not taken in its place', async () => {
    await runCommand(Create, [])
    expect(await runCommand(SchemaLoad, ['--schema-file', ''])).toMatchObject({exit: 2, stdout: ''})
    expect(await query("SELECT to_regclass('users') AS users", database)).toEqual([{users: null}])
  })

  test('a missing file is a mistake in the command (exit 2), and nothing is sent', async () => {
    const {exit, stdout} = await runCommand(SchemaLoad, ['--schema-file', 'none.sql', '--json'])
    expect(exit).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'FILE_NOT_FOUND'}})
  })

  test('--no-transaction keeps what ran before the error', async () => {
    await runCommand(Create, [])
    file('bad.sql', 'CREATE TABLE kept (n int); SELECT 1/0;')
    const args = ['--schema-file', 'bad.sql', '--no-transaction']
    expect((await runCommand(SchemaLoad, args)).exit).toBe(1)
    expect(await query("SELECT to_regclass('kept') IS NOT NULL AS kept", database)).toEqual([
      {kept: true},
    ])
  })
})

describe('setup', () => {
  test('makes, loads and seeds; the second time it replaces', async () => {
    const first = await runCommand(Setup, [])
    expect(first).toMatchObject({
      exit: 0,
      stdout: `the database "${database}" is ready\n`,
      result: {replaced: false, previous: null, seeded: true},
    })
    await query("UPDATE users SET display_name = 'changed'", database)
    const second = await runCommand(Setup, ['--json'])
    const {steps, ...rest} = JSON.parse(second.stdout)
    expect(rest).toMatchObject({replaced: true, previous: null, seeded: true})
    expect(steps.map(({step}: {step: string}) => step)).toEqual([
      'create',
      'schema',
      'seed',
      'migrate',
      'swap',
      'drop-previous',
    ])
    const changed = await query("SELECT FROM users WHERE display_name = 'changed'", database)
    expect(changed).toEqual([])
  })

  test('--no-seed leaves the tables empty', async () => {
    const {result} = await runCommand(Setup, ['--no-seed'])
    expect(result).toMatchObject({seeded: false})
    expect(await query('SELECT FROM users', database)).toEqual([])
  })

  test.each([
    ['one.sql', 'SELECT 1;\nCOMMIT;', 'SQL_TRANSACTION', 2],
    ['two.sql', "SELECT 'open", 'SQL_UNTERMINATED', 1],
    ['three.sql', '\n\n\\! rm -rf /', 'SQL_UNSUPPORTED', 3],
  ])('refuses %s before it builds anything', async (name, text, code, line) => {
    file(name, text)
    for (const flag of ['--schema-file', '--seed-file']) {
      const {exit, stdout, stderr} = await runCommand(Setup, [flag, name, '--json'])
      expect([exit, stderr]).toEqual([1, targetLine()])
      expect(JSON.parse(stdout)).toMatchObject({error: {code, file: name, line}})
    }
  })

  test('a seed file that would not be run is a mistake in the command', async () => {
    file('seed.sql', 'SELECT 1')
    const {exit, stderr} = await runCommand(Setup, ['--no-seed', '--seed-file', 'seed.sql'])
    expect(exit).toBe(2)
    expect(stderr).toContain('--seed-file is given, but nothing would be seeded')
  })

  test('a bad seed leaves the old database as it was', async () => {
    await runCommand(Setup, [])
    await query("UPDATE users SET display_name = 'mine'", database)
    file('bad.sql', 'INSERT INTO public.users (handle) VALUES (NULL)')
    const failed = await runCommand(Setup, ['--seed-file', 'bad.sql', '--json'])
    expect(failed.exit).toBe(1)
    expect(JSON.parse(failed.stdout)).toMatchObject({error: {code: 'SQL_ERROR', sqlstate: '23502'}})
    const mine = await query("SELECT FROM users WHERE display_name = 'mine'", database)
    expect(mine).toHaveLength(3)
  })
})

describe('sessions', () => {
  test('shows a table with the columns of the script it replaces, also without the database', async () => {
    const {exit, stdout} = await runCommand(Sessions, [])
    expect(exit).toBe(0)
    const [head, ...rows] = stdout.trimEnd().split('\n')
    expect(head?.split(/ +/)).toEqual(['process_id', 'user', 'db', 'client_addr', 'app', 'state'])
    expect(rows.filter((row) => row.includes('cruddur-db sessions'))).toHaveLength(1)
  })

  test('--json: sessions and max_connections; --all shows PostgreSQL’s own processes', async () => {
    const some = JSON.parse((await runCommand(Sessions, ['--json'])).stdout)
    expect(some.max_connections).toBeGreaterThan(0)
    expect(some.sessions).toContainEqual(
      expect.objectContaining({app: 'cruddur-db sessions', db: 'postgres', state: 'active'}),
    )
    const all = JSON.parse((await runCommand(Sessions, ['--all', '--json'])).stdout)
    const types = (sessions: {type: string}[]): Set<string> => new Set(sessions.map((s) => s.type))
    expect([...types(some.sessions)]).toEqual(['client backend'])
    expect(types(all.sessions)).toContain('checkpointer')
  })

  test('show what others run with --long only: it may hold a password', async () => {
    await runCommand(Create, [])
    const holder = await connect(database)
    await holder.query("SELECT 'TOPSECRET'")
    const short = await runCommand(Sessions, ['--json'])
    const long = await runCommand(Sessions, ['--json', '--long'])
    await holder.end()
    expect(short.stdout).not.toContain('TOPSECRET')
    expect(long.stdout).toContain('TOPSECRET')
  })

  test('an application’s name cannot steer the terminal', async () => {
    await runCommand(Create, [])
    const holder = await connect(database)
    await holder.query("SET application_name = 'a\u009b31m'").catch(() => {})
    const {stdout} = await runCommand(Sessions, [])
    await holder.end()
    expect(stdout).not.toContain('\u009b')
  })

  test('--terminate ends a session and says which was not there', async () => {
    await runCommand(Create, [])
    const holder = await connect(database)
    const [row] = (await holder.query<{pid: number}>('SELECT pg_backend_pid() AS pid')).rows
    const pid = String(row?.pid)
    const args = ['--terminate', pid, '--terminate', '2147483647', '--json']
    const {stdout, stderr} = await runCommand(Sessions, args)
    expect(JSON.parse(stdout).terminated).toEqual([row?.pid])
    expect(stderr).toContain('there was no session 2147483647')
  })
})
