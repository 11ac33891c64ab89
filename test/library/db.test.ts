import {createServer} from 'node:net'
import {afterAll, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest'
import {Db} from '../../src/library/db.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {until} from '../support/wait.js'
import {withDb} from './support.js'

const database = freshName()

beforeAll(async () => {
  await query(`CREATE DATABASE ${database} TEMPLATE template0`)
  await query(
    `CREATE TABLE t (n int PRIMARY KEY, at timestamp);
     CREATE TABLE later (n int REFERENCES t DEFERRABLE INITIALLY DEFERRED)`,
    database,
  )
})
beforeEach(() => query('TRUNCATE t, later', database))
afterAll(() => dropDatabases(database))

const rows = async (): Promise<unknown[]> =>
  (await query<{n: number}>('SELECT n FROM t ORDER BY n', database)).map(({n}) => n)

const sessions = (): Promise<{pid: number}[]> =>
  query<{pid: number}>(
    `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND application_name = 'cruddur-db library'`,
  )

const insert = 'INSERT INTO t (n) VALUES (%(n)s) RETURNING n'

describe('a query', () => {
  test('gives rows as objects, one, or {}', async () => {
    await withDb(database, async (db) => {
      const sql = 'SELECT n FROM generate_series(1, %(to)s::int) AS n ORDER BY n DESC'
      expect(await db.queryArrayJson(sql, {to: 2})).toEqual([{n: 2}, {n: 1}])
      expect(await db.queryArrayJson(sql, {to: 0})).toEqual([])
      expect(await db.queryObjectJson(sql, {to: 2})).toEqual({n: 2})
      expect(await db.queryObjectJson(sql, {to: 0})).toEqual({})
    })
  })

  test('gives the rows also of what cannot stand in a query', async () => {
    await withDb(database, async (db) => {
      await db.queryCommit("SET application_name = 'shown'")
      expect(await db.queryArrayJson('SHOW application_name')).toEqual([
        {application_name: 'shown'},
      ])
      const plan = await db.queryObjectJson('EXPLAIN (FORMAT JSON) SELECT FROM t WHERE n = %(n)s', {
        n: 1,
      })
      expect(plan).toMatchObject({'QUERY PLAN': [{Plan: {'Relation Name': 't'}}]})
      expect(await db.queryObjectJson('SET application_name = DEFAULT')).toEqual({})
      expect(await db.queryArrayJson('UPDATE t SET n = 3')).toEqual([])
    })
  })

  test('is one statement to the server too, however it reads strings', async () => {
    const connectionString = `${urlOf(database)}?options=-c%20standard_conforming_strings%3Doff`
    const sql = "SELECT 'a\\'' AS a; COMMIT; INSERT INTO t VALUES (9); -- '"
    await withDb(
      database,
      async (db) => {
        const refused = {message: 'cannot insert multiple commands into a prepared statement'}
        await expect(db.queryCommit(sql)).rejects.toMatchObject(refused)
      },
      {connectionString},
    )
    expect(await rows()).toEqual([])
  })

  test('gives what RETURNING gives, and is kept', async () => {
    await withDb(database, async (db) => {
      expect(await db.queryCommit<number>(insert, {n: 1})).toBe(1)
      expect(await db.queryCommit('DELETE FROM t WHERE n = 2 RETURNING n')).toBeUndefined()
      expect(await db.queryCommit('UPDATE t SET n = 3')).toBeUndefined()
    })
    expect(await rows()).toEqual([3])
  })

  test('a Date is an instant also for a column without a time zone', async () => {
    const at = new Date(Date.UTC(2026, 6, 1, 12))
    const connectionString = `${urlOf(database)}?options=-c%20TimeZone%3DAmerica/New_York`
    await withDb(
      database,
      async (db) => {
        const sql = 'INSERT INTO t VALUES (1, %(at)s) RETURNING at'
        expect(await db.queryCommit(sql, {at})).toBe('2026-07-01 08:00:00')
        expect(await db.queryObjectJson('SELECT at FROM t')).toEqual({at: '2026-07-01T08:00:00'})
      },
      {connectionString},
    )
  })

  test('values of many kinds arrive as they are', async () => {
    const values = {
      a: [1, 2],
      b: new Uint8Array([0, 255]),
      c: {x: [1]},
      d: true,
      e: null,
      f: 12345678901234567890n,
    }
    const sql = `SELECT %(a)s::int[] AS a, encode(%(b)s::bytea, 'hex') AS b, %(c)s::jsonb AS c,
      %(d)s::boolean AS d, %(e)s::text AS e, %(f)s::numeric::text AS f`
    expect(await withDb(database, (db) => db.queryObjectJson(sql, values))).toEqual({
      a: [1, 2],
      b: '00ff',
      c: {x: [1]},
      d: true,
      e: null,
      f: '12345678901234567890',
    })
  })
})

describe('an error', () => {
  test('is thrown, with the SQLSTATE and the place in the template', async () => {
    await withDb(database, async (db) => {
      await expect(db.queryArrayJson('SELECT\n  nothing')).rejects.toMatchObject({
        name: 'CruddurError',
        code: 'SQL_ERROR',
        details: {sqlstate: '42703', file: '<sql>', line: 2, column: 3},
      })
      await db.queryCommit(insert, {n: 1})
      await expect(db.queryCommit(insert, {n: 1})).rejects.toMatchObject({
        details: {sqlstate: '23505', detail: 'Key (n)=(1) already exists.'},
      })
      await expect(db.template('activities', 'nothing')).rejects.toMatchObject({
        code: 'TEMPLATE_NOT_FOUND',
      })
      expect(await db.queryArrayJson('SELECT n FROM t')).toEqual([{n: 1}])
    })
  })

  test('at the end of the transaction is one too', async () => {
    await withDb(database, async (db) => {
      await expect(
        db.queryCommit('INSERT INTO later VALUES (9) RETURNING n'),
      ).rejects.toMatchObject({details: {sqlstate: '23503'}})
      await expect(
        db.transaction((queries) => queries.queryCommit('INSERT INTO later VALUES (9)')),
      ).rejects.toMatchObject({details: {sqlstate: '23503'}})
    })
    expect(await query('SELECT FROM later', database)).toEqual([])
  })

  test('never has the password in it', async () => {
    const password = `p%40"\\'# x`
    const url = new URL(urlOf(database))
    const wrong = `postgres://nobody:${encodeURIComponent(password)}@${url.host}/${database}`
    const bad = `postgres://nobody:${password}@${url.host}/${database}`
    const failures: unknown[] = []
    await withDb(
      database,
      async (db) => {
        failures.push(await db.queryArrayJson('SELECT 1').catch((error: unknown) => error))
      },
      {connectionString: wrong},
    )
    try {
      new Db({connectionString: bad})
    } catch (error) {
      failures.push(error)
    }
    expect(failures).toMatchObject([{code: 'LOGIN_FAILED'}, {code: 'CONFIGURATION'}])
    const said = failures.map((error) => `${JSON.stringify(error)} ${(error as Error).stack}`)
    for (const text of said) expect(text).not.toMatch(/p%40|p%2540/)
  })

  test('says which variable, or option, is missing or wrong', () => {
    vi.stubEnv('CONNECTION_URL', undefined)
    expect(() => new Db()).toThrow('CONNECTION_URL is not set')
    expect(() => new Db({connectionString: ''})).toThrow('connectionString is empty')
    expect(() => new Db({connectionString: 'http://x/y'})).toThrow(/^connectionString: /)
    expect(() => new Db({connectionString: urlOf(database), max: 0})).toThrow('max is no whole')
    vi.unstubAllEnvs()
  })
})

describe('a transaction', () => {
  test('is kept as a whole, or nothing of it', async () => {
    await withDb(database, async (db) => {
      const result = await db.transaction(async (queries) => {
        await queries.queryCommit(insert, {n: 1})
        expect(await queries.queryArrayJson('SELECT n FROM t')).toEqual([{n: 1}])
        expect(await rows()).toEqual([])
        return 'done'
      })
      expect(result).toBe('done')
      const failure = new Error('no')
      const failing = db.transaction(async (queries) => {
        await queries.queryCommit(insert, {n: 2})
        throw failure
      })
      await expect(failing).rejects.toBe(failure)
    })
    expect(await rows()).toEqual([1])
  })

  test('in which a statement failed is not told as done', async () => {
    await withDb(database, async (db) => {
      const going = db.transaction(async (queries) => {
        await queries.queryCommit(insert, {n: 1})
        await queries.queryCommit('SELECT 1/0').catch(() => {})
      })
      await expect(going).rejects.toMatchObject({code: 'TRANSACTION_ABORTED'})
    })
    expect(await rows()).toEqual([])
  })

  test('cannot be asked after its end', async () => {
    await withDb(database, async (db) => {
      const queries = await db.transaction(async (inside) => inside)
      await expect(queries.queryArrayJson('SELECT 1')).rejects.toMatchObject({code: 'POOL_CLOSED'})
    })
  })
})

describe('the pool', () => {
  test('opens no more than max connections, and uses them again', async () => {
    await withDb(
      database,
      async (db) => {
        const sql = 'SELECT pg_backend_pid() AS pid, pg_sleep(0.01)::text'
        const found = await Promise.all(
          Array.from({length: 20}, () => db.queryObjectJson<{pid: number}>(sql)),
        )
        expect(new Set(found.map(({pid}) => pid)).size).toBeLessThanOrEqual(3)
        expect((await sessions()).length).toBeLessThanOrEqual(3)
      },
      {max: 3},
    )
  })

  test('one that waits too long is told', async () => {
    await withDb(
      database,
      (db) =>
        db.transaction(async () => {
          await expect(db.queryArrayJson('SELECT 1')).rejects.toMatchObject({
            code: 'POOL_TIMEOUT',
            message: 'no connection became free within 0.05 s: all 1 are in use',
          })
        }),
      {max: 1, acquireTimeoutMillis: 50},
    )
  })

  test('one that waits for connections which nobody answers is told that', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const {port} = server.address() as {port: number}
    const connectionString = `postgres://a:b@127.0.0.1:${port}/x?connect_timeout=2`
    const options = {connectionString, max: 1, acquireTimeoutMillis: 50}
    await withDb(
      database,
      async (db) => {
        const first = db.queryArrayJson('SELECT 1')
        await expect(db.queryArrayJson('SELECT 1')).rejects.toMatchObject({
          code: 'POOL_TIMEOUT',
          message: 'no connection became free within 0.05 s: 1 of 1 are still being made',
          details: {hint: 'see whether the server answers: cruddur-db doctor'},
        })
        await expect(first).rejects.toMatchObject({code: 'CONNECT_TIMEOUT'})
      },
      options,
    )
    server.close()
  })

  test('a connection that dies while nobody uses it is replaced', async () => {
    await withDb(database, async (db) => {
      await db.queryArrayJson('SELECT 1')
      const [{pid} = {pid: 0}] = await sessions()
      await query(`SELECT pg_terminate_backend(${pid})`)
      await until(
        async () =>
          (
            await db
              .queryObjectJson<{pid: number}>('SELECT pg_backend_pid() AS pid')
              .catch(() => ({pid}))
          ).pid !== pid,
        () => 'another connection',
      )
    })
  })

  test('one that dies in a query fails it, and the next one goes on', async () => {
    await withDb(
      database,
      async (db) => {
        const dying = db.queryArrayJson('SELECT pg_terminate_backend(pg_backend_pid())')
        await expect(dying).rejects.toMatchObject({code: 'CONNECTION_LOST'})
        const inside = db.transaction((queries) =>
          queries.queryArrayJson('SELECT pg_terminate_backend(pg_backend_pid())'),
        )
        await expect(inside).rejects.toMatchObject({code: 'CONNECTION_LOST'})
        expect(await db.queryArrayJson('SELECT 1 AS n')).toEqual([{n: 1}])
      },
      {max: 1},
    )
  })

  test('a transaction that a statement has left open is not given to the next one', async () => {
    await withDb(
      database,
      async (db) => {
        await db.queryCommit('BEGIN')
        await db.queryCommit(insert, {n: 1})
        expect(await rows()).toEqual([1])
      },
      {max: 1},
    )
  })

  test('a server that is not there fails each request, and no room is lost', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const {port} = server.address() as {port: number}
    await withDb(
      database,
      async (db) => {
        for (const _ of [1, 2, 3])
          await expect(db.queryArrayJson('SELECT 1')).rejects.toMatchObject({
            code: 'CONNECT_FAILED',
          })
      },
      {connectionString: `postgres://a:b@127.0.0.1:${port}/x?sslmode=disable`, max: 1},
    )
    server.close()
  })

  test('end() waits for what was asked right before it, without a connection yet too', async () => {
    const db = new Db({connectionString: urlOf(database), max: 1})
    const asked = [
      db.queryArrayJson('SELECT 1 AS n'),
      db.queryCommit('SELECT 2'),
      db.queryObjectJson('SELECT;;'),
    ]
    const outcomes = Promise.allSettled(asked)
    const end = db.end()
    const after = db.queryCommit('SELECT 3')
    await expect(after).rejects.toMatchObject({code: 'POOL_CLOSED'})
    await end
    expect(await outcomes).toEqual([
      {status: 'fulfilled', value: [{n: 1}]},
      {status: 'fulfilled', value: 2},
      {status: 'fulfilled', value: {}},
    ])
    await until(
      async () => (await sessions()).length === 0,
      () => 'all connections to be closed',
    )
  })

  test('end() waits for what is under way, closes all, and refuses what comes after', async () => {
    const db = new Db({connectionString: urlOf(database)})
    const holder = await connect(database)
    await holder.query('SELECT pg_advisory_lock(1)')
    const going = db.queryArrayJson('SELECT 1 AS n FROM (SELECT pg_advisory_lock(1)) AS l')
    await until(
      async () =>
        (await query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).length >
        0,
      () => 'the query to wait',
    )
    const ended = db.end()
    await expect(db.queryArrayJson('SELECT 1')).rejects.toMatchObject({code: 'POOL_CLOSED'})
    await holder.end()
    expect(await going).toEqual([{n: 1}])
    await ended
    await db[Symbol.asyncDispose]()
    await until(
      async () => (await sessions()).length === 0,
      () => 'the sessions to end',
    )
  })
})
