import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {type MigrationsFolder, makeMigrationsFolder, migration} from '../support/migrations.js'
import {type ProgramResult, runProgram} from '../support/program.js'
import {openStage, type Stage} from '../support/stage.js'

let folder: MigrationsFolder
let stage: Stage
beforeEach(async () => {
  folder = makeMigrationsFolder({
    '0001_one': migration('CREATE TABLE one (n int);', 'DROP TABLE one;'),
    '0002_two': migration('VACUUM old;', 'VACUUM old;', ' transaction:false'),
  })
  stage = await openStage(folder.path)
})
afterEach(async () => {
  await stage.close()
  folder.close()
})

const inProduction = (...args: string[]): Promise<ProgramResult> =>
  runProgram([...args, '--prod'], {
    cwd: folder.path,
    env: {PROD_CONNECTION_URL: stage.url},
  })
const applied = async () =>
  (await stage.query("SELECT to_regclass('one') IS NOT NULL AS one"))[0]?.['one']

test('nothing is run in production unless somebody agrees', async () => {
  const {code, stdout, stderr} = await inProduction('migrate')
  expect([code, stdout]).toEqual([4, ''])
  expect(stderr).toContain(
    'Error: this would run the pending migrations in production, and nobody confirmed it\n',
  )
  const other = await inProduction('migrate', '--confirm', 'another')
  expect(other.code).toBe(4)
  expect(await applied()).toBe(false)
})

test('the plan names what would run, how, and what may be lost', async () => {
  const {code, stdout} = await inProduction('migrate', '--dry-run', '--json')
  const {plan} = JSON.parse(stdout)
  expect(code).toBe(0)
  expect([plan.act, plan.steps, plan.loss, plan.refusal]).toEqual([
    'run 2 migrations',
    [
      'run db/migrations/0001_one.sql, in one transaction',
      'run db/migrations/0002_two.sql, statement by statement, up to the first error; what ran before it is kept',
    ],
    'what they change or delete',
    null,
  ])
  expect(await applied()).toBe(false)
})

test('consent runs what the plan shows, which stands on stderr', async () => {
  const {code, stdout, stderr} = await inProduction('migrate', '--confirm', stage.database)
  expect([code, stdout.replaceAll(/\d+ ms/g, 'N ms')]).toEqual([
    0,
    'ran db/migrations/0001_one.sql in N ms\nran db/migrations/0002_two.sql in N ms\n',
  ])
  expect(stderr).toContain('PRODUCTION  This will run 2 migrations: ')
  const again = await inProduction('migrate', '--confirm', stage.database, '-q')
  expect([again.code, again.stdout]).toEqual([0, ''])
})

test('rollback names the migration that it takes back', async () => {
  await inProduction('migrate', '--confirm', stage.database)
  const {stdout} = await inProduction('rollback', '--dry-run', '--json')
  expect(JSON.parse(stdout).plan).toMatchObject({
    act: 'roll back 0002_two',
    loss: 'what they take back, with all that is in it',
  })
  expect((await inProduction('rollback')).code).toBe(4)
  expect((await inProduction('rollback', '--confirm', stage.database)).stdout).toMatch(
    /^rolled back db\/migrations\/0002_two\.sql in \d+ ms\n$/,
  )
})

test('what would be refused is shown by --dry-run, and refused before anybody is asked', async () => {
  await inProduction('migrate', '--confirm', stage.database)
  folder.write({'0001_one': migration('CREATE TABLE uno (n int);')})
  const {code, stdout} = await inProduction('migrate', '--dry-run', '--json')
  expect([code, JSON.parse(stdout).plan.refusal]).toEqual([
    0,
    '0001_one: changed after it was applied',
  ])
  expect((await inProduction('migrate', '--confirm', stage.database)).code).toBe(1)
})

test('the command of a hint is for production too', async () => {
  await inProduction('migrate', '--confirm', stage.database)
  folder.write({
    '0001_one': migration('CREATE TABLE uno (n int);'),
    '0003_three': migration('VACUUM;'),
  })
  const hintOf = async (...args: string[]) =>
    JSON.parse((await inProduction(...args, '--json')).stdout).error.hint
  expect(await hintOf('migrate', '--confirm', stage.database)).toBe(
    'restore the file, or, if the database is as it says now: cruddur-db migrate --mark-applied 0001_one --prod',
  )
  expect(await hintOf('rollback', '--to', 'nowhere', '--dry-run')).toBe(
    'see what there is: cruddur-db migrate-status --prod',
  )
  const {stderr} = await inProduction('migrate-status')
  expect(stderr).toContain('cruddur-db migrate --mark-applied 0001_one --prod\n')
  await inProduction('migrate', '--mark-applied', '1', '--confirm', stage.database)
  const after = await inProduction('migrate-status')
  expect(after.stderr).toContain('1 migration pending: cruddur-db migrate --prod\n')
})

test('the command of a hint names the file of variables, and not the URL', async () => {
  const label = '0001_one'
  writeFileSync(join(folder.path, 'other.env'), `CONNECTION_URL=${stage.url}\n`)
  folder.write({'0001_one': migration('CREATE TABLE old (n int);')})
  const hint = async (...args: string[]) =>
    JSON.parse((await runProgram([...args, '--json'], {cwd: folder.path})).stdout).error.hint
  const cure = `if the database has all of it already: cruddur-db migrate --mark-applied ${label}`
  expect(await hint('migrate', '--env-file', 'other.env')).toBe(`${cure} --env-file other.env`)
  expect(await hint('migrate', '--url', stage.url)).toBe(`${cure} --url URL`)
})

test('a record is changed in production with consent only', async () => {
  expect((await inProduction('migrate', '--mark-applied', '1')).code).toBe(4)
  const {stdout} = await inProduction('migrate', '--mark-applied', '1', '--dry-run', '--json')
  expect(JSON.parse(stdout).plan).toMatchObject({
    act: 'record 0001_one as applied without running it',
    steps: ['record 0001_one as applied without running it'],
    loss: null,
  })
  expect(await applied()).toBe(false)
})

test('a part that cannot be run is found before anything is asked or sent', async () => {
  folder.write({'0002_two': migration("SELECT 'open;")})
  const {code, stderr} = await inProduction('migrate', '--confirm', stage.database)
  expect(code).toBe(1)
  expect(stderr).toContain('Error: db/migrations/0002_two.sql:2:8: ')
  expect(stderr).not.toContain('This will')
  expect(await applied()).toBe(false)
})

test('a database that is not there is told as such', async () => {
  const url = stage.url.replace(/\w+$/, 'cruddur_test_000000000000')
  const env = {CONNECTION_URL: url}
  const {code, stdout} = await runProgram(['migrate', '--json'], {cwd: folder.path, env})
  expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'DATABASE_NOT_FOUND'])
  const dry = await runProgram(['migrate', '--dry-run', '--json'], {cwd: folder.path, env})
  expect([dry.code, JSON.parse(dry.stdout).plan.refusal]).toEqual([
    0,
    expect.stringMatching(/^there is no database "cruddur_test_000000000000" at /),
  ])
})
