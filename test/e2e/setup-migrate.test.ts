import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {makeMigrationsFolder, migration} from '../support/migrations.js'
import {query, urlOf} from '../support/postgres.js'
import {packageRoot, runProgram} from '../support/program.js'
import {leaks, openStage, type Stage} from '../support/stage.js'

let folder: string
let stage: Stage
let before: unknown
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-setup-'))
  stage = await openStage(folder)
  before = await stage.state()
})
afterEach(async () => {
  await stage.close()
  rmSync(folder, {recursive: true, force: true})
  expect(leaks(stage.output())).toEqual([])
})

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), {recursive: true})
    writeFileSync(path, text)
  }
}

const SCHEMA = 'CREATE TABLE made (n int);\n'
const SEED = 'INSERT INTO made VALUES (1);\n'
const PROJECT = {
  'db/schema.sql': SCHEMA,
  'db/seed.sql': SEED,
  'db/migrations/0001_one.sql': migration('ALTER TABLE made ADD m int;'),
  'db/migrations/0003_three.sql': migration('UPDATE made SET m = n + 1;'),
}
const OWN_MIGRATION = join(packageRoot, 'db/migrations/0001_replies_and_unique_users.sql')

const timeless = (text: string): string => text.replaceAll(/\d+ ms/g, 'N ms')
const applied = async () =>
  (await stage.query('SELECT version, name FROM cruddur_migrations ORDER BY version')).map(
    ({version, name}) => `${version}_${name}`,
  )
const asBefore = async (): Promise<void> => {
  await stage.noSession()
  expect(await stage.state()).toEqual(before)
}

describe('setup runs the migrations', () => {
  test('of this package behind its own schema and seed, where there is no project', async () => {
    const {code, stdout, stderr} = await stage.run(['setup'])
    expect([code, stdout]).toEqual([0, `the database "${stage.database}" is ready\n`])
    expect(timeless(stderr)).toBe(
      `${stage.targetLine}${['create', 'schema', 'seed', 'migrate', 'swap', 'drop-previous'].map((step) => `✔ ${step} N ms\n`).join('')}`,
    )
    expect(await applied()).toEqual(['1_replies_and_unique_users'])
    const [column] = await stage.query(
      `SELECT data_type FROM information_schema.columns WHERE column_name = 'reply_to_activity_uuid'`,
    )
    expect(column).toEqual({data_type: 'uuid'})
    expect(await stage.query('SELECT FROM users')).not.toEqual([])
  })

  test('of the project behind its own, in order, and tells a script which', async () => {
    write(PROJECT)
    const {code, stdout, stderr} = await stage.run(['setup', '--json'])
    const {migrated, steps} = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(migrated).toEqual([
      {version: 1, name: 'one', file: 'db/migrations/0001_one.sql', ms: expect.any(Number)},
      {version: 3, name: 'three', file: 'db/migrations/0003_three.sql', ms: expect.any(Number)},
    ])
    expect(steps.map(({step}: {step: string}) => step).slice(0, 5)).toEqual([
      'create',
      'schema',
      'seed',
      'migrate',
      'swap',
    ])
    expect(stderr).toContain('there is no migration 2\n')
    expect(await stage.query('SELECT * FROM made')).toEqual([{n: 1, m: 2}])
    const status = await stage.run(['migrate-status', '--json'])
    expect([status.code, JSON.parse(status.stdout).upToDate]).toEqual([0, true])
  })

  test('without the seed too; a schema without migrations gets none', async () => {
    write(PROJECT)
    expect((await stage.run(['setup', '--no-seed'])).code).toBe(0)
    expect(await stage.query('SELECT * FROM made')).toEqual([])
    expect(await applied()).toEqual(['1_one', '3_three'])
    rmSync(join(folder, 'db/migrations'), {recursive: true})
    const {stdout} = await stage.run(['setup', '--json'])
    expect(JSON.parse(stdout).migrated).toEqual([])
    expect(await stage.query("SELECT to_regclass('cruddur_migrations') AS found")).toEqual([
      {found: null},
    ])
  })

  test('a schema file that is named outside of a project gets no migrations of this package', async () => {
    write({'other.sql': SCHEMA})
    const args = ['setup', '--no-seed', '--schema-file', 'other.sql']
    const plan = await stage.run([...args, '--dry-run'])
    expect(plan.stdout).toContain('run other.sql')
    expect(plan.stdout).not.toContain('migrations/')
    const {code, stdout} = await stage.run([...args, '--json'])
    expect([code, JSON.parse(stdout).migrated]).toEqual([0, []])
    expect((await stage.run(['setup', '--dry-run'])).stdout).toContain(`run ${OWN_MIGRATION}\n`)
  })

  test('--dry-run shows them behind schema and seed, and touches nothing', async () => {
    write(PROJECT)
    const {code, stdout} = await stage.run(['setup', '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toContain(`  runs      1. create a new database beside "${stage.database}"
            2. run db/schema.sql (27 B)
            3. run db/seed.sql
            4. run the 2 migrations of db/migrations
            5. put the new one in the place of the old one, in one step
`)
    await asBefore()
  })
})

describe('a migration that fails leaves the old database as it was', () => {
  const fails = async (name: string, text: string, told: string): Promise<void> => {
    write({...PROJECT, [`db/migrations/${name}.sql`]: text})
    const {code, stdout, stderr} = await stage.run(['setup'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('✔ seed')
    expect(stderr.slice(stderr.indexOf('✖'))).toBe(`✖ migrate\n${told}`)
    await asBefore()
  }

  test('and points into the file', () =>
    fails(
      '0004_four',
      migration('UPDATE made SET m = 1;\nUPDATE made SET nope = 1;'),
      `Error: db/migrations/0004_four.sql:3:17: column "nope" of relation "made" does not exist
   3 | UPDATE made SET nope = 1;
     |                 ^
  → compare the name with the columns the schema gives that table
  SQLSTATE 42703
`,
    ))

  test('also without a transaction: nothing is kept, and no record of the old one is to be changed', () =>
    fails(
      '0004_four',
      migration(
        'CREATE INDEX CONCURRENTLY ON made (m);\nSELECT 1/0;',
        undefined,
        ' transaction:false',
      ),
      `Error: db/migrations/0004_four.sql:3:1: division by zero
   3 | SELECT 1/0;
     | ^
  SQLSTATE 22012
`,
    ))

  test('what the schema file makes already is to be taken out there', () =>
    fails(
      '0004_four',
      migration('CREATE TABLE made (n int);'),
      `Error: db/migrations/0004_four.sql:2:1: relation "made" already exists
   2 | CREATE TABLE made (n int);
     | ^
  → the files that ran before have made it: take it out of them, or delete the migration where every database has had it
  SQLSTATE 42P07
`,
    ))

  test('in JSON nothing is said to have run or to be kept', async () => {
    const text = migration('SELECT 1;\nSELECT 1/0;', undefined, ' transaction:false')
    write({...PROJECT, 'db/migrations/0004_four.sql': text})
    const {code, stdout} = await stage.run(['setup', '--json'])
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        error: {
          code: 'SQL_ERROR',
          message: 'division by zero',
          file: 'db/migrations/0004_four.sql',
          line: 3,
          column: 1,
          sqlstate: '22012',
        },
      },
    ])
    await asBefore()
  })

  test.each([
    ['a draft', '-- migrate:up\n', 'MIGRATION_INVALID'],
    ['psql’s command for another file', migration('\\i other.sql'), 'SQL_UNSUPPORTED'],
  ])('%s is found before anything is made', async (_, text, code) => {
    write({...PROJECT, 'db/migrations/0004_four.sql': text})
    const {stdout, stderr} = await stage.run(['setup', '--json'])
    expect(JSON.parse(stdout).error).toMatchObject({code, file: 'db/migrations/0004_four.sql'})
    expect(stderr).not.toContain('create')
    await asBefore()
  })
})

describe('a schema file that carries the history', () => {
  /** What pg_dump writes of a database that was migrated, with the state of one migration changed. */
  const dumped = async (sql = ''): Promise<string> => {
    await stage.query(sql || 'SELECT')
    const rows = await stage.query(
      `SELECT string_agg(format('INSERT INTO public.cruddur_migrations VALUES (%L, %L, %L, %L, %L, %L);',
        version, name, checksum, started_at, finished_at, applied_by), E'\\n') AS sql FROM cruddur_migrations`,
    )
    return `CREATE TABLE made (n int, m int);
CREATE TABLE public.cruddur_migrations (version bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(), finished_at timestamptz, applied_by text NOT NULL DEFAULT current_user);
${rows[0]?.['sql']}
`
  }

  beforeEach(async () => {
    write(PROJECT)
    expect((await stage.run(['setup'])).code).toBe(0)
  })

  test('only what it has not recorded is run', async () => {
    write({
      'db/schema.sql': await dumped(),
      'db/migrations/0004_four.sql': migration('UPDATE made SET m = 4;'),
    })
    const {code, stdout, stderr} = await stage.run(['setup', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).migrated).toMatchObject([{version: 4, name: 'four'}])
    expect(stderr).not.toContain('NOTICE')
    expect(await stage.query('SELECT * FROM made')).toEqual([{n: 1, m: 4}])
    expect(await applied()).toEqual(['1_one', '3_three', '4_four'])
  })

  test('all recorded: nothing is run', async () => {
    write({'db/schema.sql': await dumped()})
    const {code, stdout, stderr} = await stage.run(['setup', '--json'])
    const {migrated, steps} = JSON.parse(stdout)
    expect([code, migrated]).toEqual([0, []])
    expect(timeless(stderr)).toBe(
      `${stage.targetLine}there is no migration 2\n${['create', 'schema', 'seed', 'migrate', 'swap', 'drop-previous'].map((step) => `✔ ${step} N ms\n`).join('')}`,
    )
    expect(steps).toContainEqual({step: 'migrate', ms: expect.any(Number)})
    expect(await stage.query('SELECT * FROM made')).toEqual([{n: 1, m: null}])
  })

  test.each([
    [
      'another content',
      `UPDATE cruddur_migrations SET checksum = 'x' WHERE version = 1`,
      'MIGRATION_CHANGED',
      'restore the file, or correct its row of cruddur_migrations in the schema file',
    ],
    [
      'no end',
      'UPDATE cruddur_migrations SET finished_at = NULL WHERE version = 1',
      'MIGRATION_UNFINISHED',
      'complete what it makes and its row of cruddur_migrations in the schema file, or remove both',
    ],
    [
      'not one before the last',
      'DELETE FROM cruddur_migrations WHERE version = 1',
      'MIGRATION_OUT_OF_ORDER',
      'give it a higher number, or add what it makes and its row of cruddur_migrations in the schema file',
    ],
  ])('with %s it is refused, with a cure in the files', async (_, sql, errorCode, hint) => {
    write({'db/schema.sql': await dumped(sql)})
    const {code, stdout} = await stage.run(['setup', '--json'])
    expect([code, JSON.parse(stdout).error]).toMatchObject([1, {code: errorCode, hint}])
    await stage.noSession()
    expect(await stage.query('SELECT * FROM made')).toEqual([{n: 1, m: 2}])
  })
})

test('two connections at a time are enough, also where each migration needs one of its own', async () => {
  const role = `${stage.database}_r`
  const project = makeMigrationsFolder({
    '0001_one': migration('ALTER ROLE CURRENT_USER SET work_mem = 123;\nCREATE TABLE one (n int);'),
    '0002_two': migration(
      'ALTER ROLE CURRENT_USER SET work_mem = 124;',
      undefined,
      ' transaction:false',
    ),
    '0003_three': migration(
      `INSERT INTO one SELECT setting::int FROM pg_settings WHERE name = 'work_mem';`,
    ),
  })
  try {
    await query(`CREATE ROLE "${role}" LOGIN CREATEDB CONNECTION LIMIT 2 PASSWORD 'password'`)
    await query(`ALTER DATABASE "${stage.database}" OWNER TO "${role}"`)
    const url = new URL(urlOf(stage.database))
    url.username = role
    const env = {CONNECTION_URL: url.href}
    const schema = ['--schema-file', join(folder, 'schema.sql')]
    write({'schema.sql': 'ALTER ROLE CURRENT_USER SET work_mem = 100;\n'})
    const args = ['setup', ...schema, '--no-seed', '--json']
    const {code, stdout} = await runProgram(args, {cwd: project.path, env})
    expect([code, JSON.parse(stdout).migrated]).toMatchObject([
      0,
      [{version: 1}, {version: 2}, {version: 3}],
    ])
    expect(await stage.query('SELECT n FROM one')).toEqual([{n: 124}])
  } finally {
    project.close()
    await query(`REASSIGN OWNED BY "${role}" TO CURRENT_USER`, stage.database)
    await query(`DROP ROLE "${role}"`)
  }
})
