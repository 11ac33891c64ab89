import {afterEach, beforeEach, expect, test} from 'vitest'
import {type MigrationsFolder, makeMigrationsFolder, migration} from '../support/migrations.js'
import {openScreen} from '../support/screen.js'
import {openStage, type Stage} from '../support/stage.js'

let folder: MigrationsFolder
let stage: Stage
beforeEach(async () => {
  folder = makeMigrationsFolder({
    '0001_one': migration('SELECT 1;'),
    '0002_two': migration('SELECT 2;'),
  })
  stage = await openStage(folder.path)
})
afterEach(async () => {
  await stage.close()
  folder.close()
})

const dateless = (text: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'WHEN')
const status = async (...args: string[]) => {
  const {code, stdout, stderr} = await stage.run(['migrate-status', ...args])
  return {code, stdout: dateless(stdout), stderr: stderr.replace(stage.targetLine, '')}
}

test('before the first migrate all are pending, and nothing is made', async () => {
  expect(await status()).toEqual({
    code: 1,
    stdout: 'version  name  state    applied at\n0001     one   pending\n0002     two   pending\n',
    stderr: '2 migrations pending: cruddur-db migrate\n',
  })
  expect(await stage.query("SELECT to_regclass('cruddur_migrations') AS t")).toEqual([{t: null}])
})

test('a database that has had all is up to date', async () => {
  await stage.run(['migrate'])
  expect(await status()).toEqual({
    code: 0,
    stdout:
      'version  name  state    applied at\n0001     one   applied  WHEN\n0002     two   applied  WHEN\n',
    stderr: '',
  })
})

test('each state has its word, and the same in JSON', async () => {
  folder.write({
    '0003_three': migration('SELECT 3;\nSELECT 1/0;', undefined, ' transaction:false'),
  })
  folder.remove('0002_two')
  await stage.run(['migrate', '--to', '1'])
  folder.write({'0005_five': migration('SELECT 5;')})
  await stage.run(['migrate', '--mark-applied', '5'])
  folder.remove('0005_five')
  await stage.run(['migrate', '--to', '3', '--out-of-order'])
  folder.write({
    '0001_one': migration('SELECT 11;'),
    '0004_four': migration('SELECT 4;'),
    '0006_six': migration('SELECT 6;'),
  })
  const {code, stdout, stderr} = await status()
  expect([code, stdout.split('\n')]).toEqual([
    1,
    [
      'version  name   state                  applied at',
      '0001     one    changed                WHEN',
      '0003     three  unfinished',
      '0004     four   pending, out of order',
      '0005     five   missing                WHEN',
      '0006     six    pending',
      '',
    ],
  ])
  // What `migrate` would refuse it for comes first.
  expect(stderr).toContain(
    `0003_three: stopped half way, and what it did before that is kept
  → finish it by hand, then cruddur-db migrate --mark-applied 0003_three; or undo what it did, then cruddur-db rollback --mark-rolled-back 0003_three
`,
  )
  const script = await status('--json')
  expect(script.code).toBe(1)
  const {migrations, pending, upToDate} = JSON.parse(script.stdout)
  expect([pending, upToDate]).toEqual([2, false])
  expect(migrations.slice(1, 4)).toEqual([
    {
      version: 3,
      name: 'three',
      file: 'db/migrations/0003_three.sql',
      state: 'unfinished',
      appliedAt: null,
      outOfOrder: false,
    },
    {
      version: 4,
      name: 'four',
      file: 'db/migrations/0004_four.sql',
      state: 'pending',
      appliedAt: null,
      outOfOrder: true,
    },
    {
      version: 5,
      name: 'five',
      file: null,
      state: 'missing',
      appliedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      outOfOrder: false,
    },
  ])
})

test('what stands in the table cannot steer a terminal', async () => {
  await stage.run(['migrate'])
  await stage.query(
    "UPDATE cruddur_migrations SET version = -5, name = E'\\x1b[2J' WHERE version = 2",
  )
  const {stdout} = await status()
  expect(stdout).not.toContain('\x1b')
  expect(stdout).toContain('\\x1b[2J')
})

test('a row that is no migration is told as such', async () => {
  await stage.query(
    'CREATE TABLE cruddur_migrations (version text, name text, checksum text, started_at timestamptz, finished_at timestamptz, applied_by text)',
  )
  await stage.query("INSERT INTO cruddur_migrations VALUES ('seven')")
  const {code, stderr} = await status('-q')
  expect([code, stderr.split('\n')[0]]).toEqual([
    1,
    'Error: the table public.cruddur_migrations is not the one that migrate makes: a row holds no migration (version seven)',
  ])
})

test('without any migration it says so', async () => {
  folder.remove('0001_one')
  folder.remove('0002_two')
  expect(await status()).toEqual({
    code: 0,
    stdout: 'there are no migrations in db/migrations\n',
    stderr: '',
  })
})

test('on a terminal what has to be done stands out', async () => {
  await stage.run(['migrate', '--to', '0001'])
  const screen = openScreen(['migrate-status', '--url', stage.url], {cwd: folder.path})
  expect(await screen.ended).toBe(1)
  expect(screen.look('0002').color).toBe(5)
  expect(screen.look('0001').color).toBeUndefined()
})
