import {describe, expect, test} from 'vitest'
import {errorOf, placeOf, scriptOf, statementsOf} from './support.js'

describe('in one transaction', () => {
  test.each([
    'BEGIN',
    'begin isolation level serializable',
    'START TRANSACTION',
    'COMMIT',
    'COMMIT AND CHAIN',
    "COMMIT PREPARED 'a'",
    'END',
    'ROLLBACK',
    'ROLLBACK WORK',
    "ROLLBACK PREPARED 'a'",
    'ABORT',
    "PREPARE TRANSACTION 'a'",
    '/* a */ Commit -- b\n work',
  ])('%s is refused', async (sql) => {
    const error = await errorOf(() => scriptOf(`SELECT 1;\n\n${sql};\nSELECT 2;`))
    expect(error).toMatchObject({code: 'SQL_TRANSACTION', exit: 1})
    expect(error.details.hint).toMatch(/^remove the [A-Z]+, or run the file with --no-transaction$/)
    expect(placeOf(error)).toMatch(/^x\.sql:3:/)
  })

  test.each([
    ['CREATE DATABASE a', 'CREATE DATABASE'],
    ['DROP DATABASE IF EXISTS a', 'DROP DATABASE'],
    ["CREATE TABLESPACE a LOCATION '/a'", 'CREATE TABLESPACE'],
    ['DROP TABLESPACE a', 'DROP TABLESPACE'],
    ['ALTER DATABASE "a" SET TABLESPACE b', 'ALTER DATABASE … SET TABLESPACE'],
    ["ALTER SYSTEM SET work_mem = '1MB'", 'ALTER SYSTEM'],
    ['VACUUM', 'VACUUM'],
    ['vacuum (analyze) a', 'VACUUM'],
    ['CREATE INDEX CONCURRENTLY a ON b (c)', 'CREATE INDEX CONCURRENTLY'],
    ['CREATE UNIQUE INDEX /* a */ concurrently ON b (c)', 'CREATE INDEX CONCURRENTLY'],
    ['DROP INDEX CONCURRENTLY a', 'DROP INDEX CONCURRENTLY'],
    ['REINDEX TABLE CONCURRENTLY a', 'REINDEX CONCURRENTLY'],
    ['REINDEX (VERBOSE, CONCURRENTLY) INDEX a', 'REINDEX CONCURRENTLY'],
    ['REINDEX DATABASE a', 'REINDEX DATABASE'],
    ['REINDEX (VERBOSE) SCHEMA a', 'REINDEX SCHEMA'],
    ['REINDEX SYSTEM a', 'REINDEX SYSTEM'],
    ['CLUSTER', 'CLUSTER of all tables'],
    ['CLUSTER VERBOSE', 'CLUSTER of all tables'],
    ['DISCARD ALL', 'DISCARD ALL'],
    ["CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c", 'CREATE SUBSCRIPTION'],
    ['ALTER SUBSCRIPTION a REFRESH PUBLICATION', 'ALTER SUBSCRIPTION … REFRESH'],
    [
      'ALTER TABLE a DETACH PARTITION b CONCURRENTLY',
      'ALTER TABLE … DETACH PARTITION CONCURRENTLY',
    ],
  ])('%s is refused', async (sql, name) => {
    const error = await errorOf(() => scriptOf(`SELECT 1;\n${sql}`))
    expect(error).toMatchObject({
      code: 'SQL_TRANSACTION',
      exit: 1,
      message: `${name} cannot run in a transaction, and the file is run in one`,
      details: {file: 'x.sql', line: 2, column: 1, hint: 'run the file with --no-transaction'},
    })
  })

  test.each([
    'SAVEPOINT a',
    'ROLLBACK TO a',
    'ROLLBACK WORK TO SAVEPOINT a',
    'RELEASE a',
    'PREPARE transaction AS SELECT 1',
    'PREPARE a AS SELECT 1',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'DO $$ BEGIN COMMIT; END $$',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'COMMIT'",
    'CREATE INDEX "concurrently" ON b (c)',
    'CREATE INDEX a ON concurrently (c)',
    'CREATE TABLE database (a int)',
    'CREATE UNIQUE INDEX a ON b (c)',
    'REINDEX (CONCURRENTLY false) TABLE a',
    'REINDEX (CONCURRENTLY off) TABLE a',
    'DROP TABLE concurrently',
    'REINDEX TABLE a',
    'CLUSTER a USING b',
    'CLUSTER "a"',
    'DISCARD PLANS',
    'DROP SUBSCRIPTION a',
    'ALTER DATABASE a SET work_mem = 1',
    'ALTER DATABASE a RENAME TO tablespace',
    'ALTER TABLE a DETACH PARTITION b',
    "ALTER TYPE a ADD VALUE 'b'",
    "CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c WITH (connect = false)",
    "CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c WITH (create_slot = false)",
    'TABLE vacuum',
    'SELECT 1 AS commit',
  ])('%s is not', async (sql) => {
    expect(await statementsOf(await scriptOf(`${sql};`))).toEqual([sql])
  })
})

describe('without a transaction of ours', () => {
  test.each([
    'BEGIN; SELECT 1; COMMIT; SELECT 2;',
    'START TRANSACTION; ROLLBACK TO a; END;',
    'BEGIN; COMMIT AND CHAIN; SELECT 1; ROLLBACK;',
    'BEGIN; SELECT 1; COMMIT AND NO CHAIN;',
    "BEGIN; PREPARE TRANSACTION 'a';",
    'COMMIT; SELECT 1;',
  ])('%s is fine', async (sql) => {
    const script = await scriptOf(sql, {transaction: false})
    expect(await statementsOf(script)).toEqual(sql.slice(0, -1).split('; '))
  })

  test.each([
    ['BEGIN;\nSELECT 1;', 'x.sql:1:1'],
    ['BEGIN; COMMIT;\nBEGIN; SELECT 1; ROLLBACK TO a;', 'x.sql:2:1'],
    ['BEGIN; BEGIN; SELECT 1;', 'x.sql:1:1'],
    ['BEGIN;\nCOMMIT AND CHAIN;', 'x.sql:2:1'],
  ])('%j would lose what follows, and is refused', async (sql, place) => {
    const error = await errorOf(() => scriptOf(sql, {transaction: false}))
    expect(error).toMatchObject({
      code: 'SQL_TRANSACTION',
      exit: 1,
      message: 'the transaction begun here is never ended: nothing in it would be kept',
    })
    expect(placeOf(error)).toBe(place)
  })
})
