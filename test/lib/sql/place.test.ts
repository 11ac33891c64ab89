import type {Client} from 'pg'
import {afterAll, beforeAll, describe, expect, inject, test} from 'vitest'
import type {CruddurError} from '../../../src/lib/error.js'
import {placeError} from '../../../src/lib/sql/place.js'
import {runScript} from '../../../src/lib/sql/run.js'
import {connect, dropDatabases, freshName, latin1, query} from '../../support/postgres.js'
import {errorOf, load, placeOf, scriptOf} from './support.js'

const database = freshName()
let client: Client

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0 ENCODING 'UTF8'`)
  client = await connect(database)
})

afterAll(async () => {
  await client.end()
  await dropDatabases(database)
})

/** The error that running the content on the real server ends in; nothing of it is kept. */
async function failure(content: string): Promise<CruddurError> {
  const script = await scriptOf(content)
  return await errorOf(() => runScript(client, script))
}

describe('with a position from the server', () => {
  test('a syntax error: line, column, the line and a caret, PostgreSQL’s words', async () => {
    const error = await failure('SELECT 1;\nSELEC 2;\n')
    expect(error).toMatchObject({
      code: 'SQL_ERROR',
      exit: 1,
      message: 'syntax error at or near "SELEC"',
      excerpt: '   2 | SELEC 2;\n     | ^',
    })
    expect(error.details).toEqual({
      sqlstate: '42601',
      detail: undefined,
      hint: undefined,
      file: 'x.sql',
      line: 2,
      column: 1,
    })
  })

  test('a missing relation in line 41, behind emoji and tabs', async () => {
    const before = '-- 😀\n'.repeat(39)
    const error = await failure(
      `${before}SELECT 'é😀',\n\t'日本', '😀' FROM public.userz WHERE a = 'b';`,
    )
    expect(placeOf(error)).toBe('x.sql:41:17')
    expect(error.excerpt).toBe(
      "  41 | \t'日本', '😀' FROM public.userz WHERE a = 'b';\n     | \t                  ^",
    )
    expect(error.details).toMatchObject({
      sqlstate: '42P01',
      hint: 'create it further up, or load the schema first: cruddur-db schema-load',
    })
  })

  test('in a CRLF file', async () => {
    const error = await failure('SELECT 1;\r\nSELECT 1,\r\n  nope;\r\n')
    expect(placeOf(error)).toBe('x.sql:3:3')
    expect(error.excerpt).toBe('   3 |   nope;\n     |   ^')
  })

  test('in a file whose lines end with CR', async () => {
    expect(placeOf(await failure('SELECT 1;\rSELECT 1,\r  nope;\r'))).toBe('x.sql:3:3')
  })

  test('in the first line behind a byte order mark', async () => {
    expect(placeOf(await failure('\ufeffSELECT nope;'))).toBe('x.sql:1:8')
  })

  test('at the end of the input: the semicolon', async () => {
    const error = await failure('SELECT 1 WHERE ;\n')
    expect(error.message).toBe('syntax error at end of input')
    expect(placeOf(error)).toBe('x.sql:1:16')
  })

  test('at the end of the file: behind the last token', async () => {
    expect(placeOf(await failure('SELECT 1;\nSELECT 1 WHERE\n\n'))).toBe('x.sql:2:15')
  })

  test('in the body of a function', async () => {
    const error = await failure(
      'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  SELEC 1;\nEND $$;',
    )
    expect(placeOf(error)).toBe('x.sql:3:3')
  })

  test.each(['FUNCTION', 'PROCEDURE'])('in the body of a %s that is there twice', async (kind) => {
    const returns = kind === 'FUNCTION' ? 'RETURNS int' : ''
    const routine = (name: string) =>
      `CREATE OR REPLACE ${kind} ${name}() ${returns} LANGUAGE plpgsql AS $$\nBEGIN\n  SELEC 1;\nEND $$;\n`
    expect(placeOf(await failure(`${routine('f')}${routine('g')}`))).toBe('x.sql:3:3')
    const fine = routine('f').replace('SELEC', 'PERFORM')
    expect(placeOf(await failure(`${fine}${routine('g')}${routine('h')}`))).toBe('x.sql:7:3')
  })

  test('in the body of a DO that is there twice', async () => {
    const block = 'DO $$\nBEGIN\n  SELEC 1;\nEND $$;\n'
    expect(placeOf(await failure(`SELECT 1;\n${block}${block}`))).toBe('x.sql:4:3')
  })

  test('in a file with a byte order mark inside of a string', async () => {
    expect(placeOf(await failure("SELECT '\ufeff', nope;"))).toBe('x.sql:1:13')
  })

  test("PostgreSQL's own hint and detail are kept", async () => {
    const error = await failure('CREATE TABLE a (name int); SELECT nam FROM a;')
    expect(error.details.hint).toBe('Perhaps you meant to reference the column "a.name".')
  })
})

/** Where an expression of PL/pgSQL fails: before 14 its statement is all that is told. */
const EXPRESSION = inject('serverVersion') < 14 ? 'x.sql:5:3' : 'x.sql:5:8'

describe('without a position', () => {
  test('a unique violation: the beginning of the statement', async () => {
    const error = await failure(
      'CREATE TABLE a (b int PRIMARY KEY);\n\n  INSERT INTO a\n  VALUES (1),\n  (1);\n',
    )
    expect(placeOf(error)).toBe('x.sql:3:3')
    expect(error.excerpt).toBe('   3 |   INSERT INTO a\n     |   ^')
    expect(error.details).toMatchObject({
      sqlstate: '23505',
      detail: 'Key (b)=(1) already exists.',
      hint: 'the row is there already: ON CONFLICT DO NOTHING skips it; cruddur-db setup starts anew',
    })
  })

  test('RAISE in a function that a statement calls: the statement, and in JSON where', async () => {
    const error = await failure(
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RAISE 'no' USING HINT = 'try';\nEND $$;\nSELECT f();",
    )
    expect(placeOf(error)).toBe('x.sql:5:1')
    expect(error.details.hint).toBe('try')
    expect(error.data).toEqual({where: 'PL/pgSQL function f() line 3 at RAISE'})
  })

  test('the same where the call has a quoted argument and more lines of its own', async () => {
    const error = await failure(
      `CREATE FUNCTION g(text, int) RETURNS void LANGUAGE plpgsql AS
        $f$ BEGIN EXECUTE E'DO $d$ BEGIN\\n RAISE ''no''; END $d$'; END $f$;
SELECT g('x',
  1);`,
    )
    expect(placeOf(error)).toBe('x.sql:3:1')
  })

  test('RAISE in a DO that a called function runs: the statement, no line of the file', async () => {
    const error = await failure(
      `CREATE FUNCTION f(text) RETURNS void LANGUAGE plpgsql AS
        $f$ BEGIN EXECUTE E'DO $d$ BEGIN\\n\\n RAISE ''no''; END $d$'; END $f$;
      SELECT f('x');
      SELECT 1;
      SELECT 2;`,
    )
    expect(error.message).toBe('no')
    expect(placeOf(error)).toBe('x.sql:3:7')
  })

  test.each([
    ["DO $$\nBEGIN\n  PERFORM 1;\n  RAISE 'no';\nEND $$;", 'x.sql:5:3'],
    ["/* $$ */ DO LANGUAGE plpgsql -- '\n\n $a$ BEGIN\n\tRAISE 'no';\nEND $a$;", 'x.sql:5:2'],
    ["DO $$ BEGIN RAISE 'no'; END $$;", 'x.sql:2:4'],
    ["DO 'BEGIN\n  RAISE ''no'';\nEND';", 'x.sql:3:3'],
    ['DO $$\nBEGIN\n  DELETE FROM\n    nope;\nEND $$;', 'x.sql:5:5'],
    ['DO $$\nBEGIN\n  PERFORM 2,\n    nope;\nEND $$;', 'x.sql:4:3'],
    ['DO $$\nBEGIN\n  PERFORM nope;\nEND $$;\nSELECT nope;', 'x.sql:4:3'],
    [
      'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM nope; END $$;\n' +
        'DO $$\nBEGIN\n  PERFORM f();\n  DELETE FROM nope;\nEND $$;',
      'x.sql:5:3',
    ],
    ['DO $$\nDECLARE x int;\nBEGIN\n  x := nope + 1;\nEND $$;', EXPRESSION],
    ["DO $$\r\nBEGIN\r\n  RAISE 'no';\r\nEND $$;", 'x.sql:4:3'],
    ["DO $$\nBEGIN\n  EXECUTE 'DO $b$ BEGIN\n\n\n\n RAISE ''no''; END $b$';\nEND $$;", 'x.sql:4:3'],
  ])('%j: the line of the DO body', async (sql, place) => {
    expect(placeOf(await failure(`SELECT 1;\n${sql}`))).toBe(place)
  })
})

describe('far into a file', () => {
  /** Statements of 300 KB in 3000 lines, with characters of one to four bytes. */
  const before = "SELECT 'é日😀', $$\n$$;".concat(' '.repeat(170), '\n').repeat(1500)

  test('a syntax error is placed to the character', async () => {
    const error = await failure(`${before}SELECT '😀é', nope;\nSELECT 2;`)
    expect(placeOf(error)).toBe('x.sql:3001:14')
    expect(error.excerpt).toBe("3001 | SELECT '😀é', nope;\n     |               ^")
  })

  test('a statement that fails without a position is', async () => {
    const error = await failure(`${before}/* 日 */ SELECT 1/0;\nSELECT 2;`)
    expect(placeOf(error)).toBe('x.sql:3001:9')
    expect(error.excerpt).toBe('3001 | /* 日 */ SELECT 1/0;\n     |          ^')
  })

  test('the line of a DO body is', async () => {
    const error = await failure(`${before}DO $$ BEGIN\n\n  RAISE 'é'; END $$;\n`)
    expect(placeOf(error)).toBe('x.sql:3003:3')
  })

  test('in a file whose lines end with CR', async () => {
    const error = await failure(`${before}SELECT nope;\n`.replaceAll('\n', '\r'))
    expect(placeOf(error)).toBe('x.sql:3001:8')
    expect(error.excerpt).toBe('3001 | SELECT nope;\n     |        ^')
  })

  test('in a file whose lines end with CRLF', async () => {
    const error = await failure(`${before}SELECT 1,\n nope;\n`.replaceAll('\n', '\r\n'))
    expect(placeOf(error)).toBe('x.sql:3002:2')
  })

  test.each([
    ['nope', 14],
    ['1/0', 7],
  ])('SELECT %s in a line that begins 600 KB before it', async (expression, column) => {
    const line = before.replaceAll('\n', '  ')
    const start = [...line.repeat(2)].length
    const error = await failure(`\n${line.repeat(2)}SELECT ${expression}; SELECT 2;`)
    expect(placeOf(error)).toBe(`x.sql:2:${start + (column === 14 ? 8 : 1)}`)
    const [shown = '', caret = ''] = (error.excerpt ?? '').split('\n')
    expect(shown).toMatch(/^ {3}2 \| ….* SELECT (nope|1\/0); SELECT 2;$/u)
    expect(shown.slice(caret.indexOf('^'))).toBe(
      column === 14 ? 'nope; SELECT 2;' : 'SELECT 1/0; SELECT 2;',
    )
  })

  test('in a statement of 2 MB', async () => {
    const error = await failure(`SELECT 1;\nSELECT '${'é\n'.repeat(700_000)}', nope;`)
    expect(placeOf(error)).toBe('x.sql:700002:4')
  })
})

test('an error that is not the server’s still gets the place of its statement', () => {
  const bytes = Buffer.from('SELECT 1;\nSELECT 2;')
  const text = {path: 'x.sql', bytes, line: 1, before: 0, lineEnding: 0x0a, cut: false}
  expect(placeError(new Error('odd'), text, {start: 10, end: 18})).toMatchObject({
    code: 'SQL_ERROR',
    message: 'odd',
    details: {file: 'x.sql', line: 2, column: 1},
  })
})

test('a position in another text, a prepared one that is executed, is none in this', async () => {
  const error = await failure(
    'CREATE TABLE k (b int);\nPREPARE p AS SELECT             b FROM k;\nALTER TABLE k DROP COLUMN b;\n  EXECUTE p;\n',
  )
  expect(placeOf(error)).toBe('x.sql:4:3')
})

test("a character that the database's encoding has not", async () => {
  const latin = freshName()
  await query(`CREATE DATABASE "${latin}" ${latin1()}`)
  try {
    const content = "SELECT 1;\nSELECT 'é';\n\nSELECT '€';\n"
    const error = await errorOf(async () => load(await scriptOf(content, {database: latin})))
    expect([error.details.sqlstate, placeOf(error)]).toEqual(['22P05', 'x.sql:4:9'])
  } finally {
    await dropDatabases(latin)
  }
})
