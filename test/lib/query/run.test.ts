import type pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {jsonOf} from '../../../src/lib/query/print.js'
import {isWrapped, type Question, runQuestion, tryReading} from '../../../src/lib/query/run.js'
import type {Values} from '../../../src/lib/template/value.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {templateOf} from '../template/support.js'

const database = freshName()
let client: pg.Client

beforeAll(async () => {
  await query(`CREATE DATABASE ${database} TEMPLATE template0`)
  client = await connect(database)
  await client.query(`CREATE TABLE t (n int PRIMARY KEY, words text NOT NULL);
    CREATE SEQUENCE s; INSERT INTO t VALUES (1, 'one'), (2, 'two')`)
})
afterAll(async () => {
  await client.end()
  await dropDatabases(database)
})

async function ask(
  text: string,
  values: Values = {},
  as: Question['as'] = 'array',
): Promise<unknown> {
  const question = {template: await templateOf(text), values, as}
  const answer = await runQuestion(client, question)
  if (as === 'rows') return answer.rows
  return JSON.parse(jsonOf(answer, as, isWrapped(question)))
}

describe('as JSON', () => {
  test.each([
    [
      'SELECT n, words FROM t WHERE n < 3 ORDER BY n DESC -- the end',
      [
        {n: 2, words: 'two'},
        {n: 1, words: 'one'},
      ],
    ],
    ['(SELECT 1 AS a) UNION ALL (SELECT 2)', [{a: 1}, {a: 2}]],
    ['VALUES (1)', [{column1: 1}]],
    ['TABLE t LIMIT 0', []],
    ['WITH a AS (SELECT 1 AS n) SELECT n FROM a', [{n: 1}]],
    ["INSERT INTO t VALUES (3, 'three') RETURNING n", [{n: 3}]],
    ["INSERT INTO t VALUES (4, 'four')", []],
    [
      "WITH i AS (INSERT INTO t VALUES (5, 'RETURNING') RETURNING n) SELECT n AS five FROM i",
      [{five: 5}],
    ],
    [
      'WITH d AS (SELECT 5 AS n) DELETE FROM t USING d WHERE t.n = d.n RETURNING words',
      [{words: 'RETURNING'}],
    ],
    [
      "WITH d AS (DELETE FROM t WHERE n = 4 RETURNING n) INSERT INTO t SELECT n, 'again' FROM d RETURNING words",
      [{words: 'again'}],
    ],
    ["UPDATE t SET words = '' WHERE n = 4 RETURNING words", [{words: ''}]],
    ['DELETE FROM t WHERE n > 2', []],
    ['SHOW server_encoding', [{server_encoding: 'UTF8'}]],
  ])('%s', async (text, rows) => {
    expect(await ask(text)).toEqual(rows)
  })

  test('one row, or {}', async () => {
    expect(await ask('SELECT n FROM t ORDER BY n', {}, 'object')).toEqual({n: 1})
    expect(await ask('SELECT n FROM t WHERE n = %(n)s', {n: '9'}, 'object')).toEqual({})
  })

  test('no digit of a number is lost', async () => {
    const question = {template: await templateOf('SELECT 12345678901234567890.10 AS n'), values: {}}
    const answer = await runQuestion(client, {...question, as: 'array'})
    expect(jsonOf(answer, 'array', true)).toBe('[{"n":12345678901234567890.10}]')
  })
})

describe('reading first', () => {
  test('is enough where nothing is changed', async () => {
    const template = await templateOf('SELECT n FROM t WHERE n = 1')
    expect(await tryReading(client, {template, values: {}, as: 'rows'})).toMatchObject({
      rows: [['1']],
    })
  })

  test.each([
    "INSERT INTO t VALUES (7, 'x') RETURNING n",
    "SELECT nextval('s')",
    'SELECT n FROM t FOR UPDATE',
    "WITH i AS (INSERT INTO t VALUES (7, 'x') RETURNING n) SELECT n FROM i",
    "SELECT lo_from_bytea(0, 'x')",
    'ANALYZE t',
    'SELECT txid_current()',
  ])('the server says that %s would change something, and nothing is changed', async (text) => {
    const question = {template: await templateOf(text), values: {}, as: 'array' as const}
    expect(await tryReading(client, question)).toBeUndefined()
    expect(client.getTransactionStatus()).toBe('I')
    expect(await ask('SELECT n FROM t WHERE n = 7')).toEqual([])
    expect(await ask('SELECT oid FROM pg_largeobject_metadata')).toEqual([])
  })
})

describe('nothing is written', () => {
  const change = "INSERT INTO t VALUES (8, 'x') RETURNING n"

  test('when the transaction that only reads cannot begin', async () => {
    const query = (words: unknown): unknown =>
      client.query((words === 'BEGIN READ ONLY' ? 'BEGIN READ ONLY wrong' : words) as string)
    const failing = new Proxy(client, {
      get: (from, key) => (key === 'query' ? query : Reflect.get(from, key, from)),
    })
    const question = {template: await templateOf(change), values: {}, as: 'rows' as const}
    await expect(tryReading(failing, question)).rejects.toThrow('syntax error')
    expect(await ask('SELECT n FROM t WHERE n = 8')).toEqual([])
  })

  test('by a second statement that only the server can see', async () => {
    const text = `SELECT 'a\\'' AS a; COMMIT; ${change}; -- '`
    const question = {template: await templateOf(text), values: {}, as: 'rows' as const}
    await client.query('SET standard_conforming_strings = off')
    try {
      const refused = {message: 'cannot insert multiple commands into a prepared statement'}
      await expect(tryReading(client, question)).rejects.toMatchObject(refused)
      await expect(runQuestion(client, question)).rejects.toMatchObject(refused)
    } finally {
      await client.query('RESET standard_conforming_strings')
    }
    expect(client.getTransactionStatus()).toBe('I')
    expect(await ask('SELECT n FROM t WHERE n = 8')).toEqual([])
  })

  test.each([
    "SELECT set_config('transaction_read_only', 'off', true), nextval('s')",
    'CALL sneak()',
    "DO $$ BEGIN SET TRANSACTION READ WRITE; INSERT INTO t VALUES (8, 'x'); END $$",
    'SELECT sneaking()',
    'EXPLAIN ANALYZE INSERT INTO t VALUES (8)',
    'CREATE TABLE u AS SELECT 8',
    'SET TRANSACTION READ WRITE',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
    'COMMIT AND CHAIN',
    'ROLLBACK',
    'END',
  ])('by %s', async (text) => {
    const body = `BEGIN SET TRANSACTION READ WRITE; INSERT INTO t VALUES (8, 'x'); END`
    await client.query(`CREATE OR REPLACE PROCEDURE sneak() LANGUAGE plpgsql AS '${body.replaceAll("'", "''")}';
      CREATE OR REPLACE FUNCTION sneaking() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN
        PERFORM set_config('transaction_read_only', 'off', true);
        INSERT INTO t VALUES (8, 'x'); RETURN 1; END $f$`)
    const question = {template: await templateOf(text), values: {}, as: 'rows' as const}
    await tryReading(client, question).catch(() => undefined)
    expect(client.getTransactionStatus()).toBe('I')
    expect(await ask('SELECT n FROM t WHERE n = 8')).toEqual([])
  })
})

/** `LINE:COLUMN message`, and the line under it as the caret stands. */
async function failure(text: string, values: Values, as: Question['as']): Promise<string[]> {
  const error = await ask(text, values, as).catch((reason: unknown) => reason)
  const {details, excerpt, message} = error as {
    message: string
    excerpt: string
    details: {line: number; column: number; hint?: string}
  }
  return [`${details.line}:${details.column} ${message}`, excerpt.split('\n')[1] ?? '']
}

describe('an error points into the template, though it was wrapped and its placeholders were changed', () => {
  test.each(['array', 'object', 'rows'] as const)('%s', async (as) => {
    const text = `-- ü\nSELECT %(first)s::text, 'ü%%',\n  nothing, %(second)s::int\nFROM t`
    expect(await failure(text, {first: 'a', second: '1'}, as)).toEqual([
      '3:3 column "nothing" does not exist',
      '     |   ^',
    ])
  })

  test.each(['array', 'object', 'rows'] as const)(
    'behind a byte order mark, CRLF, wide characters, and parameters without a blank: %s',
    async (as) => {
      const text = `\ufeff-- 💥ü%%\r\nSELECT%(first)s::text, '💥💥ü%%', LOWER(%(first)s)LIKE%(second)s, 'é',\r\n  '💥', nothing\r\nFROM t`
      expect((await failure(text, {first: 'a', second: '1'}, as))[0]).toBe(
        '3:8 column "nothing" does not exist',
      )
    },
  )

  test('behind a WITH that something was put into', async () => {
    const text = `WITH i AS (INSERT INTO t VALUES (%(n)s, 'x') RETURNING n)\nSELECT wrong FROM i`
    expect((await failure(text, {n: '9'}, 'array'))[0]).toBe('2:8 column "wrong" does not exist')
  })

  test('at the value that is none of its type', async () => {
    const text = 'SELECT n FROM t\nWHERE n = %(n)s'
    expect(await failure(text, {n: 'x'}, 'array')).toEqual([
      '2:11 invalid input syntax for type integer: "x"',
      '     |           ^',
    ])
  })

  test('at a parameter whose type nobody knows', async () => {
    const text = 'SELECT 1 WHERE %(a)s IS NULL'
    expect((await failure(text, {a: 'x'}, 'array'))[0]).toBe(
      '1:16 could not determine data type of parameter $1',
    )
  })

  test('where the statement ends too soon, in words without ours', async () => {
    expect(await failure('SELECT n FROM\n', {}, 'array')).toEqual([
      '1:14 syntax error at the end of the statement',
      '     |              ^',
    ])
  })
})
