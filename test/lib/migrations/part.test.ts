import {describe, expect, test} from 'vitest'
import {inPart, scriptOf} from '../../../src/lib/migrations/part.js'
import type {Script} from '../../../src/lib/sql/script.js'
import {freshName, withDatabase} from '../../support/postgres.js'
import {errorOf, load, placeOf, statementsOf} from '../sql/support.js'
import {lines, migrationOf} from './files.js'

async function upScript(content: string, database = freshName()): Promise<Script> {
  const {up} = await migrationOf(content)
  return await scriptOf(up, {database, cwd: '/'})
}

test('a part comes to its own statements, in a transaction or without one', async () => {
  const {up, down} = await migrationOf(
    lines('-- migrate:up', 'SELECT 1; SELECT 2', '-- migrate:down transaction:false', 'VACUUM;'),
  )
  const options = {database: 'x', cwd: '/'}
  const script = await scriptOf(up, options)
  expect(script).toMatchObject({transaction: true, database: 'x', standardStrings: true})
  expect(await statementsOf(script)).toEqual(['SELECT 1', 'SELECT 2\n'])
  if (!down) throw new Error('there is no down part')
  const other = await scriptOf(down, options)
  expect(other.transaction).toBe(false)
  expect(await statementsOf(other)).toEqual(['VACUUM'])
})

test('a part that only the old way to read backslashes makes whole can be run', async () => {
  const script = await upScript(lines('-- migrate:up', "SELECT 'it\\'s';"))
  expect(script.standardStrings).toBe(false)
})

test('rows of a COPY are part of it', async () => {
  await withDatabase(async (database) => {
    const script = await upScript(
      lines(
        '-- migrate:up',
        'CREATE TABLE a (b text);',
        'COPY a FROM stdin;',
        'x',
        '\\.',
        '-- migrate:down',
        'DROP TABLE a;',
      ),
      database,
    )
    expect(await load(script)).toEqual({statements: 2, rows: 1})
  })
})

describe('refused before anything is sent, with its place and a cure', () => {
  for (const [what, text, place, code, hint] of [
    [
      'a marker in a string',
      lines('-- migrate:up', "SELECT '", '-- migrate:down', "';"),
      '0001_x.sql:2:8',
      'SQL_UNTERMINATED',
      "write a ' in a string as ''; the part ends at the marker in line 3, also where that stands in a string or a comment",
    ],
    [
      'a marker in the body of a function',
      lines('-- migrate:up', 'DO $$', '-- migrate:down', '$$;'),
      '0001_x.sql:2:4',
      'SQL_UNTERMINATED',
      'close it with the same delimiter; the part ends at the marker in line 3, also where that stands in a string or a comment',
    ],
    [
      'a quote that is not closed in the last part',
      lines('-- migrate:up', 'SELECT "a;'),
      '0001_x.sql:2:8',
      'SQL_UNTERMINATED',
      'add the closing "',
    ],
    [
      'a transaction of its own',
      lines('-- migrate:up', 'SELECT 1;', 'COMMIT;'),
      '0001_x.sql:3:1',
      'SQL_TRANSACTION',
      'remove the COMMIT, or put transaction:false behind the marker of this part',
    ],
    [
      'what cannot run in a transaction',
      lines('-- migrate:up', '  VACUUM;'),
      '0001_x.sql:2:3',
      'SQL_TRANSACTION',
      'put transaction:false behind the marker of this part',
    ],
    [
      'a transaction that has no end',
      lines('-- migrate:up transaction:false', 'BEGIN;', 'SELECT 1;'),
      '0001_x.sql:2:1',
      'SQL_TRANSACTION',
      'add COMMIT at the end of the file',
    ],
    [
      'a command of psql',
      lines('-- migrate:up', '\\gset'),
      '0001_x.sql:2:1',
      'SQL_UNSUPPORTED',
      'write it in SQL',
    ],
    [
      'another file, whether there is one or not',
      lines('-- migrate:up', 'SELECT 1;', '\\ir other.sql'),
      '0001_x.sql:3:1',
      'SQL_UNSUPPORTED',
      'write the SQL of other.sql in its place',
    ],
    [
      'its own file',
      lines('-- migrate:up', 'SELECT 1; \\ir 0001_x.sql'),
      '0001_x.sql:2:11',
      'SQL_UNSUPPORTED',
      'write the SQL of 0001_x.sql in its place',
    ],
  ] as const) {
    test(what, async () => {
      const error = await errorOf(() => upScript(text))
      expect(error).toMatchObject({code, exit: 1, details: {hint}})
      expect(placeOf(error)).toBe(place)
    })
  }
})

test('what cannot run in a transaction is told how to do without, where it has one of its own too', async () => {
  await withDatabase(async (database) => {
    const own = lines('-- migrate:up transaction:false', 'BEGIN;', 'VACUUM;', 'COMMIT;')
    const {up} = await migrationOf(own)
    const script = await scriptOf(up, {database, cwd: '/'})
    const error = await errorOf(() => load(script))
    expect(inPart(error, up)).toMatchObject({
      details: {
        sqlstate: '25001',
        hint: 'take it out of the transaction, or the function, that it is in',
      },
    })
  })
})

test("the server's error points to its place in the file, of a down part too", async () => {
  await withDatabase(async (database) => {
    const {down} = await migrationOf(
      lines(
        '-- ö',
        '-- migrate:up',
        "SELECT 'ö';",
        '-- migrate:down',
        "SELECT 'ö';",
        "SELECT 'ö', nope;",
      ),
    )
    if (!down) throw new Error('there is no down part')
    const script = await scriptOf(down, {database, cwd: '/'})
    const error = await errorOf(() => load(script))
    expect(error.message).toBe('column "nope" does not exist')
    expect(placeOf(error)).toBe('0001_x.sql:6:13')
    expect(error.excerpt).toBe("   6 | SELECT 'ö', nope;\n     |             ^")
  })
})
