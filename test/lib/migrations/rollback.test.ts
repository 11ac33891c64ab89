import {afterEach, beforeEach, expect, test} from 'vitest'
import {readHistory} from '../../../src/lib/migrations/history.js'
import {migration} from '../../support/migrations.js'
import {connect, query} from '../../support/postgres.js'
import {failure, type MigrationStage, openMigrationStage} from './stage.js'

let stage: MigrationStage
beforeEach(async () => {
  stage = await openMigrationStage()
})
afterEach(() => stage.close())

beforeEach(async () => {
  stage.folder.write({
    '0001_one': migration(
      'CREATE TABLE one (n int);',
      'SET ROLE pg_monitor; RESET ROLE; DROP TABLE one;',
    ),
    '0002_two': migration('CREATE TABLE two (n int);', 'DROP TABLE two;'),
    '0010_ten': migration('CREATE TABLE ten (n int);', 'DROP TABLE ten;'),
  })
  await stage.migrate()
})

test('takes back the one with the highest number, and migrate runs it again', async () => {
  await stage.rollBack()
  expect(await stage.applied()).toEqual(['one', 'two'])
  expect(await query("SELECT to_regclass('ten') AS t", stage.database)).toEqual([{t: null}])
  const {done} = await stage.migrate()
  expect(done.map(({step}) => step.migration.name)).toEqual(['ten'])
})

test('takes back as many as it is told, the last one first', async () => {
  const {done} = await stage.rollBack({steps: 2})
  expect(done.map(({step}) => step.migration.name)).toEqual(['ten', 'two'])
  expect(await stage.applied()).toEqual(['one'])
})

test('takes back all behind one that stays', async () => {
  await stage.rollBack({to: '0001_one'})
  expect(await stage.applied()).toEqual(['one'])
})

test('takes nothing back when one of them has no down part', async () => {
  stage.folder.write({'0002_two': migration('CREATE TABLE two (n int);')})
  expect(await failure(stage.rollBack({steps: 2}))).toEqual({
    code: 'MIGRATION_IRREVERSIBLE',
    message: '0002_two: it has no down part; nothing was rolled back',
    hint: 'write one below "-- migrate:down", or undo it by hand, then cruddur-db rollback --mark-rolled-back 0002_two',
  })
  expect(await stage.applied()).toEqual(['one', 'two', 'ten'])
})

test('changes nothing when the down part is wrong, and says where', async () => {
  stage.folder.write({
    '0010_ten': migration('CREATE TABLE ten (n int);', 'DROP TABLE ten;\nDROP TABLE tne;'),
  })
  const error = await stage.rollBack().catch((error: unknown) => error)
  expect(error).toMatchObject({
    code: 'SQL_ERROR',
    message: 'table "tne" does not exist',
    details: {line: 5, column: 1},
  })
  expect(await stage.applied()).toEqual(['one', 'two', 'ten'])
  expect(await query('SELECT * FROM ten', stage.database)).toEqual([])
})

test('refuses where the file is gone, and takes the record away when told to', async () => {
  stage.folder.remove('0010_ten')
  expect(await failure(stage.rollBack())).toEqual({
    code: 'MIGRATION_FILE_MISSING',
    message: '0010_ten: applied, and there is no such file any more; nothing was run',
    hint: 'restore the file, or, if the database has nothing of it: cruddur-db rollback --mark-rolled-back 0010_ten',
  })
  await stage.rollBack({markRolledBack: ['0010_ten']})
  expect(await stage.applied()).toEqual(['one', 'two'])
})

test('runs the down part of a file that was changed since, and says so', async () => {
  stage.folder.write({'0010_ten': migration('CREATE TABLE ten (n bigint);', 'DROP TABLE ten;')})
  const notes: string[] = []
  await stage.rollBack({}, {onNote: (note) => notes.push(note)})
  expect(notes).toEqual([
    '0010_ten was changed after it was applied; its down part is run as it is now',
  ])
  expect(await stage.applied()).toEqual(['one', 'two'])
})

test('puts the time back when a part without a transaction fails at once', async () => {
  stage.folder.write({
    '0010_ten': migration('CREATE TABLE ten (n int);', 'VACUUM nowhere;', ' transaction:false'),
  })
  await stage.migrate({markApplied: ['10']})
  const client = await connect(stage.database)
  const before = await readHistory(client)
  await failure(stage.rollBack())
  expect(await readHistory(client)).toEqual(before)
  await client.end()
})
