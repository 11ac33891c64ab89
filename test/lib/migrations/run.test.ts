import {afterEach, beforeEach, expect, test} from 'vitest'
import {HISTORY} from '../../../src/lib/migrations/history.js'
import {migration} from '../../support/migrations.js'
import {connect, query} from '../../support/postgres.js'
import {until} from '../../support/wait.js'
import {failure, type MigrationStage, openMigrationStage} from './stage.js'

let stage: MigrationStage
beforeEach(async () => {
  stage = await openMigrationStage()
})
afterEach(() => stage.close())

test('what a migration does and its record are kept together or not at all', async () => {
  stage.folder.write({'0001_drop': migration(`CREATE TABLE t (n int); DROP TABLE ${HISTORY};`)})
  expect(await failure(stage.migrate())).toEqual({
    code: 'HISTORY_NOT_WRITTEN',
    message: `0001_drop cannot be recorded in ${HISTORY}, so nothing of it was kept: relation "${HISTORY}" does not exist`,
    hint: `see whether the migration changes ${HISTORY} itself`,
  })
  expect(await query("SELECT to_regclass('t') AS t", stage.database)).toEqual([{t: null}])
})

test('rows that stand in the way of a unique index are to be changed, not thrown away', async () => {
  const sql =
    'CREATE TABLE t (n int); INSERT INTO t VALUES (1), (1);\nCREATE UNIQUE INDEX ON t (n);'
  stage.folder.write({'0001_unique': migration(sql)})
  expect(await failure(stage.migrate())).toMatchObject({
    hint: 'some rows have the same there: change them further up in the file, or by hand',
  })
})

test('what takes longer than the role may, and what somebody else uses, have a cure', async () => {
  stage.folder.write({
    '0001_long': migration('SET statement_timeout = 1;\nSELECT pg_sleep(9);'),
  })
  expect(await failure(stage.migrate())).toMatchObject({
    hint: 'if it took longer than statement_timeout allows: SET statement_timeout = 0 above it',
  })
  const other = await connect(stage.database)
  for (const sql of ['CREATE TABLE t (n int)', 'BEGIN', 'LOCK TABLE t']) await other.query(sql)
  stage.folder.write({'0001_long': migration('LOCK TABLE t NOWAIT;')})
  expect(await failure(stage.migrate())).toMatchObject({
    hint: 'somebody else uses it: see who with cruddur-db sessions',
  })
  await other.end()
})

test('a part without a transaction that has run and cannot be recorded is not said to have been kept from it', async () => {
  stage.folder.write({'0001_one': migration('SELECT 1;')})
  await stage.migrate()
  await query(
    `ALTER TABLE ${HISTORY} ADD CONSTRAINT no CHECK (version < 2 OR finished_at IS NULL)`,
    stage.database,
  )
  stage.folder.write({
    '0002_two': migration('CREATE TABLE t (n int);', undefined, ' transaction:false'),
  })
  expect(await failure(stage.migrate())).toMatchObject({
    code: 'HISTORY_NOT_WRITTEN',
    message: expect.stringMatching(
      /^0002_two cannot be recorded in public\.cruddur_migrations, though all of it has run: .*; 0002_two is unfinished$/,
    ),
    hint: 'finish it by hand, then cruddur-db migrate --mark-applied 0002_two; or undo what it did, then cruddur-db rollback --mark-rolled-back 0002_two',
  })
})

test('a constraint that fails at COMMIT is told with the file, and nothing behind it is run', async () => {
  const sql =
    'CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1), (1);'
  stage.folder.write({
    '0001_late': migration(sql),
    '0002_next': migration('CREATE TABLE next (n int);'),
  })
  const error = await stage.migrate().catch((error: unknown) => error)
  expect(error).toMatchObject({
    code: 'SQL_ERROR',
    details: {file: expect.stringMatching(/0001_late\.sql$/), sqlstate: '23505'},
  })
  expect(await stage.applied()).toEqual([])
  expect(await query("SELECT to_regclass('next') AS t", stage.database)).toEqual([{t: null}])
})

test('two that do not see each other’s lock run a migration once', async () => {
  stage.folder.write({
    '0001_first': migration('CREATE TABLE t (n int);'),
    '0002_second': migration('INSERT INTO t VALUES (1);'),
  })
  await stage.migrate({to: '1'})
  const other = await connect(stage.database)
  await other.query(
    `BEGIN; INSERT INTO ${HISTORY} (version, name, checksum) VALUES (2, 'second', '')`,
  )
  const running = failure(stage.migrate())
  await waitUntilBlocked()
  await other.query('COMMIT')
  await other.end()
  expect(await running).toEqual({
    code: 'MIGRATION_RAN_ALREADY',
    message: '0002_second was run by somebody else in the meantime; here nothing of it was kept',
    hint: 'look at what has run: cruddur-db migrate-status',
  })
  expect(await query('SELECT * FROM t', stage.database)).toEqual([])
})

const waitUntilBlocked = async (): Promise<void> => {
  const sql = `SELECT FROM pg_locks WHERE NOT granted AND pid IN
    (SELECT pid FROM pg_stat_activity WHERE datname = '${stage.database}')`
  await until(
    async () => (await query(sql)).length > 0,
    () => 'a lock to be waited for',
  )
}

test('more to do than was agreed to is refused, less is not', async () => {
  stage.folder.write({'0001_one': migration('SELECT 1;'), '0002_two': migration('SELECT 1;')})
  expect(await failure(stage.migrate({}, {agreed: [1n]}))).toEqual({
    code: 'TARGET_CHANGED',
    message:
      'there is more to do than what was shown: other migrations have run, or were taken back, since',
    hint: 'nothing was touched; run it again and look at what is there now',
  })
  const {done} = await stage.migrate({to: '1'}, {agreed: [1n, 2n]})
  expect(done).toHaveLength(1)
})

test('a database that has nothing to run is not written to', async () => {
  const {done, statuses} = await stage.migrate()
  expect({done, statuses}).toEqual({done: [], statuses: []})
  expect(await query(`SELECT to_regclass('${HISTORY}') AS t`, stage.database)).toEqual([{t: null}])
})
