import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {type MigrationsFolder, makeMigrationsFolder, migration} from '../support/migrations.js'
import {leaks, openStage, type Stage} from '../support/stage.js'

const TWO = {
  '0001_one': migration('CREATE TABLE one (n int);', 'DROP TABLE one;'),
  '0002_two': migration('CREATE TABLE two (n int);', 'DROP TABLE two;'),
}

let folder: MigrationsFolder
let stage: Stage
beforeEach(async () => {
  folder = makeMigrationsFolder(TWO)
  stage = await openStage(folder.path)
})
afterEach(async () => {
  await stage.close()
  folder.close()
  expect(leaks(stage.output())).toEqual([])
})

const tables = async (): Promise<string[]> =>
  (
    await stage.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    )
  ).map(({relname}) => String(relname))
const applied = async (): Promise<string[]> =>
  (
    await stage.query(
      "SELECT version || '_' || name || CASE WHEN finished_at IS NULL THEN ' unfinished' ELSE '' END AS text FROM cruddur_migrations ORDER BY version",
    )
  ).map(({text}) => String(text))
const timeless = (text: string): string => text.replaceAll(/\d+ ms/g, 'N ms')

describe('migrate', () => {
  test('runs what is pending in order, records it, and has nothing to do the next time', async () => {
    const first = await stage.run(['migrate'])
    expect({...first, stdout: timeless(first.stdout)}).toEqual({
      code: 0,
      stdout: 'ran db/migrations/0001_one.sql in N ms\nran db/migrations/0002_two.sql in N ms\n',
      stderr: stage.targetLine,
    })
    expect(await applied()).toEqual(['1_one', '2_two'])
    expect(await stage.run(['migrate'])).toEqual({
      code: 0,
      stdout: 'nothing is pending: 2 migrations applied\n',
      stderr: stage.targetLine,
    })
  })

  test('tells a script what it ran and what is left', async () => {
    const {code, stdout} = await stage.run(['migrate', '--to', '1', '--json'])
    const {ran, pending, marked} = JSON.parse(stdout)
    expect(code).toBe(0)
    expect({ran, pending, marked}).toEqual({
      ran: [{version: 1, name: 'one', file: 'db/migrations/0001_one.sql', ms: expect.any(Number)}],
      pending: 1,
      marked: [],
    })
    expect(await tables()).toEqual(['cruddur_migrations', 'old', 'one'])
  })

  test('keeps those before one that fails, nothing of that one, and says where it failed', async () => {
    folder.write({'0002_two': migration('CREATE TABLE two (n int);\nSELECT 1/0;')})
    const {code, stdout, stderr} = await stage.run(['migrate'])
    expect([code, timeless(stdout)]).toEqual([1, 'ran db/migrations/0001_one.sql in N ms\n'])
    expect(stderr).toBe(
      `${stage.targetLine}Error: db/migrations/0002_two.sql:3:1: division by zero\n   3 | SELECT 1/0;\n     | ^\n  SQLSTATE 22012\n`,
    )
    expect(await applied()).toEqual(['1_one'])
    expect(await tables()).toEqual(['cruddur_migrations', 'old', 'one'])
  })

  test('tells a script which have run before one that fails', async () => {
    folder.write({'0002_two': migration('SELECT 1/0;')})
    const {code, stdout} = await stage.run(['migrate', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'SQL_ERROR',
      file: 'db/migrations/0002_two.sql',
      line: 2,
      column: 1,
      ran: ['db/migrations/0001_one.sql'],
    })
  })

  test('shows with --dry-run the plan and the SQL, and touches nothing', async () => {
    const {code, stdout} = await stage.run(['migrate', '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toContain('This would run 2 migrations: ')
    expect(stdout.slice(stdout.indexOf('\n\n'))).toBe(
      '\n\n-- db/migrations/0001_one.sql\nCREATE TABLE one (n int);\n\n-- db/migrations/0002_two.sql\nCREATE TABLE two (n int);\n',
    )
    const script = JSON.parse((await stage.run(['migrate', '--dry-run', '--json'])).stdout)
    expect(script.plan.steps).toEqual([
      'run db/migrations/0001_one.sql, in one transaction',
      'run db/migrations/0002_two.sql, in one transaction',
    ])
    expect(script.migrations.map(({sql}: {sql: string}) => sql.trim())).toEqual([
      'CREATE TABLE one (n int);',
      'CREATE TABLE two (n int);',
    ])
    expect(await tables()).toEqual(['old'])
  })

  test('refuses when a file was changed after it ran, until it is told to take it as it is', async () => {
    await stage.run(['migrate', '--to', 'one'])
    folder.write({'0001_one': migration('CREATE TABLE one (n bigint);')})
    const {code, stdout, stderr} = await stage.run(['migrate'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${stage.targetLine}Error: 0001_one: changed after it was applied; nothing was run\n  → restore the file, or, if the database is as it says now: cruddur-db migrate --mark-applied 0001_one\n`,
    )
    expect(await stage.run(['migrate', '--mark-applied', '0001_one'])).toEqual({
      code: 0,
      stdout: 'recorded 0001_one as applied; nothing was run\n',
      stderr: stage.targetLine,
    })
    expect((await stage.run(['migrate', '-q'])).code).toBe(0)
    expect(await applied()).toEqual(['1_one', '2_two'])
  })

  test('refuses one with a number below one that is applied, unless told', async () => {
    await stage.run(['migrate'])
    folder.remove('0001_one')
    folder.write({
      '0000_zero': migration('CREATE TABLE zero (n int);'),
      '0003_three': migration('CREATE TABLE three (n int);'),
    })
    const refused = await stage.run(['migrate'])
    expect(refused).toMatchObject({code: 1, stdout: ''})
    expect(refused.stderr).toContain(
      'Error: 0000_zero: pending, with a number below one that is applied; nothing was run\n',
    )
    expect((await stage.run(['migrate', '--out-of-order'])).code).toBe(0)
    expect(await applied()).toEqual(['0_zero', '1_one', '2_two', '3_three'])
  })

  test('records a baseline without running it', async () => {
    await stage.query('CREATE TABLE one (n int)')
    const run = await stage.run(['migrate', '-q'])
    expect([run.code, run.stderr.split('\n').slice(1)]).toEqual([
      1,
      [
        '   2 | CREATE TABLE one (n int);',
        '     | ^',
        '  → if the database has all of it already: cruddur-db migrate --mark-applied 0001_one',
        '  SQLSTATE 42P07',
        '',
      ],
    ])
    await stage.run(['migrate', '--mark-applied', '0001_one'])
    expect((await stage.run(['migrate'])).code).toBe(0)
    expect(await applied()).toEqual(['1_one', '2_two'])
  })

  test('names what it does not know', async () => {
    const {code, stderr} = await stage.run(['migrate', '--to', 'tow', '-q'])
    expect([code, stderr]).toEqual([
      2,
      'Error: there is no migration "tow", neither in db/migrations nor in public.cruddur_migrations\n  → see what there is: cruddur-db migrate-status\n',
    ])
  })

  test('leaves a table of somebody else alone', async () => {
    await stage.query('CREATE TABLE cruddur_migrations (id int)')
    const {code, stderr} = await stage.run(['migrate', '-q'])
    expect(code).toBe(1)
    expect(stderr).toContain(
      'Error: the table public.cruddur_migrations is not the one that migrate makes: column ',
    )
    expect(await tables()).toEqual(['cruddur_migrations', 'old'])
  })
})

describe('a migration without a transaction', () => {
  const LOOSE = ' transaction:false'

  test('that fails before anything of it is kept is not recorded', async () => {
    folder.write({'0002_two': migration('VACUUM nowhere;', undefined, LOOSE)})
    const {code, stderr} = await stage.run(['migrate', '-q'])
    expect([code, stderr.split('\n')[0]]).toEqual([
      1,
      'Error: db/migrations/0002_two.sql:2:1: relation "nowhere" does not exist (no statement before it is kept)',
    ])
    expect(await applied()).toEqual(['1_one'])
  })

  test('that fails half way is unfinished, keeps the next one from running, and can be ended by hand', async () => {
    folder.write({
      '0002_two': migration('CREATE TABLE two (n int);\nSELECT 1/0;', undefined, LOOSE),
      '0003_three': migration('CREATE TABLE three (n int);'),
    })
    const {code, stderr} = await stage.run(['migrate', '-q'])
    const cure =
      '  → finish it by hand, then cruddur-db migrate --mark-applied 0002_two; or undo what it did, then cruddur-db rollback --mark-rolled-back 0002_two\n'
    expect([code, stderr]).toEqual([
      1,
      `Error: db/migrations/0002_two.sql:3:1: division by zero (1 statement before it has run and is kept); 0002_two is unfinished\n   3 | SELECT 1/0;\n     | ^\n${cure}  SQLSTATE 22012\n`,
    ])
    expect(await applied()).toEqual(['1_one', '2_two unfinished'])
    expect(await stage.run(['migrate', '-q'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `Error: 0002_two: stopped half way, and what it did before that is kept; nothing was run\n${cure}`,
    })
    expect((await stage.run(['rollback', '-q'])).code).toBe(1)
    await stage.run(['migrate', '--mark-applied', '0002_two'])
    expect((await stage.run(['migrate'])).code).toBe(0)
    expect(await applied()).toEqual(['1_one', '2_two', '3_three'])
  })

  test('that ends has each of its statements kept by itself', async () => {
    folder.write({
      '0002_two': migration(
        'SET ROLE pg_monitor;\nRESET ROLE;\nCREATE INDEX CONCURRENTLY i ON one (n);\nSET ROLE pg_monitor;',
        'DROP INDEX CONCURRENTLY i;',
        LOOSE,
      ),
    })
    expect((await stage.run(['migrate', '-q'])).stderr).toBe('')
    expect(await applied()).toEqual(['1_one', '2_two'])
    expect((await stage.run(['rollback', '-q'])).stderr).toBe('')
    expect(await applied()).toEqual(['1_one'])
  })

  test('whose down part fails before anything is kept stays applied', async () => {
    folder.write({'0002_two': migration('VACUUM;', 'DROP INDEX CONCURRENTLY i;', LOOSE)})
    await stage.run(['migrate'])
    const before = await stage.query('SELECT * FROM cruddur_migrations')
    expect((await stage.run(['rollback', '-q'])).code).toBe(1)
    expect(await stage.query('SELECT * FROM cruddur_migrations')).toEqual(before)
  })
})
