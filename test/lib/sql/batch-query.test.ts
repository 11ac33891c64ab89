import type pg from 'pg'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {queryBatch} from '../../../src/lib/sql/batch-query.js'
import {connect, query} from '../../support/postgres.js'

let client: pg.Client
beforeEach(async () => {
  client = await connect('postgres')
})
afterEach(async () => {
  await client.end().catch(() => {})
})

/** What the server reports of each statement, and what it fails with. */
async function tagsOf(sql: string): Promise<{tags: string[]; error: unknown}> {
  const tags: string[] = []
  const error: unknown = await queryBatch(client, sql, (tag) => tags.push(tag)).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return {tags, error}
}

const pidOf = async () => {
  const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid
}

const untilAsleep = async (pid: number | undefined) => {
  const asleep = `SELECT 1 FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`
  await expect.poll(() => query(asleep)).toHaveLength(1)
}

const one = async () => (await client.query<{one: number}>('SELECT 1 AS one')).rows

describe('statements in one query', () => {
  test('are reported one by one, in order', async () => {
    const sql = `CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1), (2), (3);
      UPDATE t SET a = a + 1 WHERE a > 1; SELECT a FROM t; DELETE FROM t WHERE a = 1; BEGIN; COMMIT`
    expect(await tagsOf(sql)).toEqual({
      tags: ['CREATE TABLE', 'INSERT 0 3', 'UPDATE 2', 'SELECT 3', 'DELETE 1', 'BEGIN', 'COMMIT'],
      error: undefined,
    })
  })

  test('5 000 of them', async () => {
    const {tags} = await tagsOf('SELECT 1;'.repeat(5000))
    expect(tags).toHaveLength(5000)
  })

  test('nothing at all, and only comments', async () => {
    for (const sql of ['', ' ', '-- a', ';;'])
      expect(await tagsOf(sql)).toEqual({tags: [], error: undefined})
    expect(await one()).toEqual([{one: 1}])
  })

  test('a rule that adds statements reports as the server does', async () => {
    await client.query('CREATE TEMP TABLE t (a int); CREATE TEMP TABLE u (a int)')
    await client.query('CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO u VALUES (NEW.a)')
    expect((await tagsOf('INSERT INTO t VALUES (1); SELECT 1')).tags).toEqual([
      'INSERT 0 1',
      'SELECT 1',
    ])
  })
})

describe('an error', () => {
  test('comes with the statements that ran before it, and the next query works', async () => {
    const {tags, error} = await tagsOf('SELECT 1; SELECT 2; SELECT 1/0; SELECT 3')
    expect(tags).toEqual(['SELECT 1', 'SELECT 1'])
    expect(error).toMatchObject({code: '22012', message: 'division by zero'})
    expect(await one()).toEqual([{one: 1}])
    expect((await tagsOf('SELECT 1')).tags).toEqual(['SELECT 1'])
  })

  test('of the syntax comes before any has run, with its position', async () => {
    const {tags, error} = await tagsOf("SELECT 'é😀'; SELEC 2")
    expect(tags).toEqual([])
    expect(error).toMatchObject({code: '42601', position: '14'})
  })

  test('behind many rows', async () => {
    const {tags, error} = await tagsOf('SELECT 1/(100000 - n) FROM generate_series(1, 100000) n')
    expect(tags).toEqual([])
    expect(error).toMatchObject({code: '22012'})
    expect(await one()).toEqual([{one: 1}])
  })
})

describe('queries sent while another one runs', () => {
  test('are answered in order, each with its own statements', async () => {
    const sent = [
      'SELECT 1; SELECT 2',
      'SELECT pg_sleep(0.1); CREATE TEMP TABLE t ()',
      '',
      'DROP TABLE t',
    ]
    const order: number[] = []
    const results = sent.map(async (sql, index) => {
      const {tags} = await tagsOf(sql)
      order.push(index)
      return tags
    })
    const between = client.query<{one: number}>('SELECT 1 AS one')
    expect(await Promise.all(results)).toEqual([
      ['SELECT 1', 'SELECT 1'],
      ['SELECT 1', 'CREATE TABLE'],
      [],
      ['DROP TABLE'],
    ])
    expect(order).toEqual([0, 1, 2, 3])
    expect((await between).rows).toEqual([{one: 1}])
  })

  test('in a transaction do nothing behind one that fails', async () => {
    await client.query('CREATE TEMP TABLE t (a int)')
    await client.query('BEGIN')
    const results = await Promise.all(
      [
        'INSERT INTO t VALUES (1)',
        'INSERT INTO t VALUES (2); SELECT 1/0',
        'INSERT INTO t VALUES (3)',
      ].map(tagsOf),
    )
    expect(results).toMatchObject([
      {tags: ['INSERT 0 1'], error: undefined},
      {tags: ['INSERT 0 1'], error: {code: '22012'}},
      {tags: [], error: {code: '25P02'}},
    ])
    await client.query('ROLLBACK')
    expect((await client.query('SELECT FROM t')).rowCount).toBe(0)
  })

  test('all fail with the connection', async () => {
    const pid = await pidOf()
    const lost = Promise.all(['SELECT pg_sleep(60)', 'SELECT 2', 'SELECT 3'].map(tagsOf))
    await untilAsleep(pid)
    await query(`SELECT pg_terminate_backend(${pid})`)
    for (const {error} of await lost) expect(error).toBeInstanceOf(Error)
  })
})

describe('what nobody reads', () => {
  test('rows are let go: a million take no memory', async () => {
    const before = process.memoryUsage().heapUsed
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().heapUsed)
    }, 20)
    const {tags} = await tagsOf(
      "SELECT n, repeat('x', 100) FROM generate_series(1, 1000000) n; SELECT 1",
    )
    clearInterval(watch)
    expect(tags).toEqual(['SELECT 1000000', 'SELECT 1'])
    expect(most - before).toBeLessThan(150 * 1024 * 1024)
  })

  test('COPY … TO stdout', async () => {
    const {tags, error} = await tagsOf(
      'COPY (SELECT generate_series(1, 10000)) TO stdout; SELECT 1',
    )
    expect({tags, error}).toEqual({tags: ['COPY 10000', 'SELECT 1'], error: undefined})
    expect(await one()).toEqual([{one: 1}])
  })

  test('notices and notifications', async () => {
    const notices: unknown[] = []
    client.on('notice', ({message}) => notices.push(message))
    const sql = `LISTEN cruddur_units; NOTIFY cruddur_units; DO $$ BEGIN RAISE NOTICE 'a'; END $$`
    expect((await tagsOf(sql)).tags).toEqual(['LISTEN', 'NOTIFY', 'DO'])
    expect(notices).toEqual(['a'])
  })
})

test('rows that the server asks for are refused, and nothing hangs', async () => {
  await client.query('CREATE TEMP TABLE t (a int)')
  const {tags, error} = await tagsOf('SELECT 1; COPY t FROM stdin; SELECT 2')
  expect(tags).toEqual(['SELECT 1'])
  expect(error).toMatchObject({code: '57014', message: expect.stringContaining('no rows follow')})
  expect(await one()).toEqual([{one: 1}])
})

describe('a connection that is lost', () => {
  test('while a query runs is an error', async () => {
    const pid = await pidOf()
    const lost = tagsOf('SELECT 1; SELECT pg_sleep(60)')
    await untilAsleep(pid)
    await query(`SELECT pg_terminate_backend(${pid})`)
    expect((await lost).error).toBeInstanceOf(Error)
  })

  test('before a query is an error of that query', async () => {
    const pid = await pidOf()
    const closed = new Promise((resolve) => client.once('end', resolve))
    await query(`SELECT pg_terminate_backend(${pid})`)
    await closed
    expect((await tagsOf('SELECT 1')).error).toBeInstanceOf(Error)
  })

  test('a query that is cancelled is one of the server, and the connection stays', async () => {
    const pid = await pidOf()
    const cancelled = tagsOf('SELECT pg_sleep(60)')
    await untilAsleep(pid)
    await query(`SELECT pg_cancel_backend(${pid})`)
    expect((await cancelled).error).toMatchObject({code: '57014'})
    expect(await one()).toEqual([{one: 1}])
  })
})
