import {afterAll, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest'
import {createActivity} from '../../src/library/create-activity.js'
import type {Queries} from '../../src/library/types.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'
import {withDb} from './support.js'

const database = freshName()

beforeAll(async () => {
  const env = {CONNECTION_URL: urlOf(database)}
  expect(await runProgram(['setup', '--quiet', '--no-seed'], {env})).toMatchObject({code: 0})
  await query(
    `CREATE TABLE t (n int PRIMARY KEY);
     INSERT INTO users (display_name, email, handle, cognito_user_id) VALUES ('Londo', 'l@x.y', 'londo', 'MOCK')`,
    database,
  )
})
beforeEach(() => query('TRUNCATE t, activities', database))
afterAll(() => dropDatabases(database))

const rows = async (): Promise<number[]> =>
  (await query<{n: number}>('SELECT n FROM t ORDER BY n', database)).map(({n}) => n)

const insert = 'INSERT INTO t (n) VALUES (%(n)s) RETURNING n'

describe('a transaction', () => {
  test('that is asked for several things at once does them one behind another, and nobody is warned', async () => {
    // node-postgres warns once in a process: this test has to be the first one.
    const warned = vi.spyOn(process, 'emitWarning')
    await withDb(database, async (db) => {
      await db.transaction((queries) =>
        Promise.all([3, 1, 2].map((n) => queries.queryCommit(insert, {n}))),
      )
      const failed = db.transaction((queries) =>
        Promise.all([queries.queryCommit('SELECT 1/0'), queries.queryCommit(insert, {n: 4})]),
      )
      await expect(failed).rejects.toMatchObject({details: {sqlstate: '22012'}})
    })
    expect(await rows()).toEqual([1, 2, 3])
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })

  test('does what it was asked for before its end, although nobody waited for it', async () => {
    await withDb(database, async (db) => {
      let asked: Promise<unknown> | undefined
      await db.transaction(async (queries) => {
        asked = queries.queryCommit(insert, {n: 5})
      })
      await asked
    })
    expect(await rows()).toEqual([5])
  })

  test.each(['COMMIT', 'ROLLBACK'])(
    'that a statement %s ends is not told as done, and goes no further',
    async (sql) => {
      await withDb(database, async (db) => {
        const ended = db.transaction(async (queries) => {
          await queries.queryCommit(insert, {n: 6})
          await queries.queryCommit(sql).catch(() => {})
          await queries.queryCommit(insert, {n: 7}).catch(() => {})
        })
        await expect(ended).rejects.toMatchObject({code: 'TRANSACTION_ABORTED'})
        expect(await db.queryCommit('SELECT 8')).toBe(8)
      })
      expect(await rows()).not.toContain(7)
    },
  )
})

describe('an activity that the rules refuse', () => {
  const activity = (handle: string) => ({handle, message: 'x', ttl: '1-day'})

  test('leaves the transaction that it was to be in usable', async () => {
    await withDb(database, (db) =>
      db.transaction(async (queries) => {
        await queries.queryCommit(insert, {n: 1})
        const found = await Promise.all(
          ['nobody', 'londo', 'nobody else'].map((handle) =>
            createActivity(queries, activity(handle)),
          ),
        )
        const refused = ['user_handle_not_found']
        expect(found.map(({errors}) => errors)).toEqual([refused, null, refused])
        await queries.queryCommit(insert, {n: 2})
      }),
    )
    expect(await rows()).toEqual([1, 2])
    expect(await query('SELECT FROM activities', database)).toHaveLength(1)
  })

  test('is told as well by queries that are of no transaction', async () => {
    await withDb(database, async (db) => {
      const own: Queries = {
        template: (...path) => db.template(...path),
        queryArrayJson: (sql, values) => db.queryArrayJson(sql, values),
        queryObjectJson: (sql, values) => db.queryObjectJson(sql, values),
        queryCommit: (sql, values) => db.queryCommit(sql, values),
      }
      expect(await createActivity(own, activity('nobody'))).toMatchObject({
        errors: ['user_handle_not_found'],
      })
    })
  })
})
