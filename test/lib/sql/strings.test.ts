import {afterAll, beforeAll, beforeEach, describe, expect, inject, test} from 'vitest'
import {dropDatabases, freshName, query} from '../../support/postgres.js'
import {errorOf, load, placeOf, scriptOf, statementsOf, tablesOf} from './support.js'

const database = freshName()
/** From PostgreSQL 19 on, standard_conforming_strings is always on. */
const fixed = inject('serverVersion') >= 19

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0 ENCODING 'UTF8'`)
})
afterAll(() => dropDatabases(database))
beforeEach(async (context) => {
  context.skip(fixed, 'standard_conforming_strings cannot be turned off on this server')
  await query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (a text)', database)
})

const OFF = 'SET standard_conforming_strings = off;'
/** One string where backslashes escape, else the end of one and the beginning of the next. */
const ESCAPED = "INSERT INTO t VALUES ('\\'); DROP TABLE t; --');"
/** The other way round. */
const PLAIN = "INSERT INTO t VALUES ('\\'); INSERT INTO t VALUES ('b');"

const rowsOf = async () => (await query<{a: string}>('SELECT a FROM t', database)).map(({a}) => a)

test.each([
  OFF,
  "SET LOCAL standard_conforming_strings = 'off';",
  'set session standard_conforming_strings to FALSE;',
  'SET standard_conforming_strings=no;',
  'SET standard_conforming_strings = 0;',
  'SET standard_conforming_strings = fa;',
  "SELECT set_config('standard_conforming_strings', 'off', false);",
  "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', true);",
])('%s: a backslash escapes from there on', async (set) => {
  const script = await scriptOf(`SELECT 1; ${set} ${ESCAPED} SELECT 2`, {database})
  expect(await statementsOf(script)).toEqual([
    'SELECT 1',
    set.slice(0, -1),
    ESCAPED.slice(0, -1),
    'SELECT 2',
  ])
  await load(script)
  expect(await rowsOf()).toEqual(["'); DROP TABLE t; --"])
})

test.each([
  "SET standard_conforming_strings TO 'on';",
  'SET standard_conforming_strings = DEFAULT;',
  'SET SESSION standard_conforming_strings TO default;',
  'RESET standard_conforming_strings;',
  'RESET ALL;',
  "SELECT set_config('standard_conforming_strings', 'on', false);",
  '\n\\connect -\n',
])('%j: a backslash escapes no more', async (set) => {
  const script = await scriptOf(`${OFF} ${ESCAPED} ${set} ${PLAIN}`, {database})
  expect(await load(script)).toMatchObject({rows: 3})
  expect(await rowsOf()).toEqual(["'); DROP TABLE t; --", '\\', 'b'])
})

test('what holds at the end of a file holds in the next, and in one that includes it', async () => {
  const files = {'a.sql': OFF, 'b.sql': `\\i a.sql\n${ESCAPED}`, 'c.sql': ESCAPED}
  await load(await scriptOf(files, {database, names: ['b.sql', 'c.sql']}))
  expect(await rowsOf()).toHaveLength(2)
})

test('each run knows what its own session holds', async () => {
  await load(await scriptOf(`${OFF} ${ESCAPED}`, {database}))
  await load(await scriptOf(PLAIN, {database}))
  expect(await rowsOf()).toHaveLength(3)
})

test('other statements around such a change are none the text does not show', async () => {
  const script = await scriptOf(`SELECT 1; SELECT 2; ${OFF} SELECT 3; RESET ALL; SELECT 4;`, {
    database,
  })
  for (let round = 1; round <= 20; round++) {
    expect(await load(script)).toEqual({statements: 6, rows: 0})
  }
})

test('a file that can only be read with backslashes is refused, in its place, where they are none', async () => {
  const script = await scriptOf("INSERT INTO t VALUES ('a');\nSELECT 'x\\';é';", {database})
  const error = await errorOf(() => load(script))
  expect([error.code, placeOf(error)]).toEqual(['SQL_UNTERMINATED', 'x.sql:2:14'])
  expect(await rowsOf()).toEqual([])
})

describe('a database whose default is off', () => {
  const alter = async (value: string) =>
    await query(`ALTER DATABASE "${database}" SET standard_conforming_strings = ${value}`)
  beforeEach(async () => {
    await alter('off')
    return async () => await alter('DEFAULT')
  })

  test('its strings are read so', async () => {
    expect(await load(await scriptOf(`${ESCAPED} SELECT 1;`, {database}))).toEqual({
      statements: 2,
      rows: 1,
    })
    expect(await rowsOf()).toEqual(["'); DROP TABLE t; --"])
  })

  test('a file that can only be read so is not refused before the server is asked', async () => {
    const script = await scriptOf("INSERT INTO t VALUES ('x\\';é');", {database})
    expect(await load(script)).toEqual({statements: 1, rows: 1})
    expect(await rowsOf()).toEqual(["x';é"])
  })

  test.each(['RESET ALL;', 'SET standard_conforming_strings = DEFAULT;', '\n\\c\n'])(
    '%j leads back to it',
    async (set) => {
      const content = `SET standard_conforming_strings = on; ${PLAIN} ${set} ${ESCAPED}`
      await load(await scriptOf(content, {database}))
      expect(await rowsOf()).toEqual(['\\', 'b', "'); DROP TABLE t; --"])
    },
  )

  test('what cannot be run when they are read so is refused before anything runs', async () => {
    const script = await scriptOf("INSERT INTO t VALUES ('a');\nSELECT '\\';", {database})
    const error = await errorOf(() => load(script))
    expect(error.code).toBe('SQL_UNTERMINATED')
    expect(placeOf(error)).toBe('x.sql:2:8')
    expect(await rowsOf()).toEqual([])
  })

  test('a COMMIT that shows when they are read so is refused before anything runs', async () => {
    const content = "INSERT INTO t VALUES ('a'); SELECT '\\' '; COMMIT; --';"
    const error = await errorOf(async () => load(await scriptOf(content, {database})))
    expect(error.code).toBe('SQL_TRANSACTION')
    expect(await rowsOf()).toEqual([])
  })
})

test('a role whose default is off has its strings read so', async () => {
  const role = freshName()
  await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'p'`)
  try {
    await query(`ALTER ROLE "${role}" SET standard_conforming_strings = off`)
    await query(`GRANT USAGE ON SCHEMA public TO "${role}"`, database)
    await query(`GRANT ALL ON t TO "${role}"`, database)
    const script = await scriptOf(ESCAPED, {database})
    expect(await load(script, {}, {user: role, password: 'p'})).toEqual({statements: 1, rows: 1})
    expect(await rowsOf()).toEqual(["'); DROP TABLE t; --"])
  } finally {
    await query(`DROP OWNED BY "${role}"`, database)
    await query(`DROP ROLE "${role}"`)
  }
})

describe('a change that the text does not show', () => {
  const MESSAGE =
    'standard_conforming_strings was changed here in a way that the text does not show'

  test.each([
    [
      'by a function',
      `CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT set_config('standard_conforming_strings', 'off', false)$$;\nSELECT f();`,
      'x.sql:2:1',
    ],
    [
      'in a DO',
      "INSERT INTO t VALUES ('a');\nDO $$BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); END$$;",
      'x.sql:2:1',
    ],
    ['by a savepoint that is rolled back', `SAVEPOINT a; ${OFF}\n ROLLBACK TO a;`, 'x.sql:2:2'],
    [
      'by a setting that is put together',
      "SELECT set_config('standard' || '_conforming_strings', 'off', false);",
      'x.sql:1:1',
    ],
  ])('%s is refused, and nothing is kept', async (_, change, place) => {
    const script = await scriptOf(`${change}\n\\echo behind\nCREATE TABLE a ();`, {database})
    const error = await errorOf(() => load(script))
    expect(error).toMatchObject({
      code: 'SQL_UNSUPPORTED',
      exit: 1,
      message: MESSAGE,
      details: {
        hint: 'write it as SET standard_conforming_strings = …, so that the strings behind it can be read',
      },
    })
    expect(placeOf(error)).toBe(place)
    expect(await tablesOf(database)).toEqual(['t'])
    expect(await rowsOf()).toEqual([])
  })

  test('is refused before a COMMIT that only the server sees is sent', async () => {
    const change = "SELECT set_config('standard' || '_conforming_strings', 'off', false);"
    const filler = `${'SELECT 1;'.padEnd(99)}\n`.repeat(8000)
    const content = `INSERT INTO t VALUES ('a'); ${change}\n${filler}SELECT '\\' '; COMMIT; --';`
    const error = await errorOf(async () => load(await scriptOf(content, {database})))
    expect(error.message).toBe(MESSAGE)
    expect(await rowsOf()).toEqual([])
  })

  test('without a transaction ends there', async () => {
    const change = "SELECT set_config('standard' || '_conforming_strings', 'off', false);"
    const content = `INSERT INTO t VALUES ('a'); ${change} INSERT INTO t VALUES ('b');`
    const script = await scriptOf(content, {database, transaction: false})
    const error = await errorOf(() => load(script))
    expect(error.message).toBe(`${MESSAGE} (2 statements before it have run and are kept)`)
    expect(await rowsOf()).toEqual(['a'])
  })
})
