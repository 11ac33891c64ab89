import {spawnSync} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import type {Client} from 'pg'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {type RunProgress, runScript} from '../../../src/lib/sql/run.js'
import {readScript} from '../../../src/lib/sql/script.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {type Content, errorOf, placeOf, scriptOf, tablesOf, testFolder} from './support.js'

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

afterEach(async () => {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
})

const run = async (content: Content) => await runScript(client, await scriptOf(content, {database}))

const rowsOf = async (sql: string) =>
  (await client.query<Record<string, unknown>>({text: sql})).rows.map((row) => Object.values(row))

/** The error that a run ends in, behind which the connection is usable and nothing is kept. */
async function failure(
  content: Content | Readonly<Record<string, Content>>,
  names?: readonly string[],
) {
  const script = await scriptOf(content, {database, ...(names && {names})})
  const error = await errorOf(() => runScript(client, script))
  expect(error).toMatchObject({code: 'SQL_ERROR', exit: 1})
  expect(await rowsOf('SELECT 1')).toEqual([[1]])
  expect(await tablesOf(database)).toEqual([])
  return error
}

const TABLE = 'CREATE TABLE t (n int, a text);\n'

describe('rows', () => {
  test.each<[string, string, unknown[][]]>([
    [
      'in text',
      'COPY t FROM stdin;\n1\ta\\tb\\nc\\\\\n\\N\té😀\n\\.\n',
      [
        [1, 'a\tb\nc\\'],
        [null, 'é😀'],
      ],
    ],
    ['of some columns', 'COPY t (a) FROM stdin;\nx\n\\.\n', [[null, 'x']]],
    ['of columns in another order', 'copy t (a, n) from STDIN;\nx\t1\n\\.\n', [[1, 'x']]],
    ['none', 'COPY t FROM stdin;\n\\.\n', []],
    ['with a delimiter', "COPY t FROM stdin DELIMITER '|' NULL '';\n|b\n\\.\n", [[null, 'b']]],
    ['with a condition', 'COPY t FROM stdin WHERE n > 1;\n1\ta\n2\tb\n\\.\n', [[2, 'b']]],
    [
      'in CSV with a header, quotes and line ends in them',
      'COPY t FROM stdin (FORMAT csv, HEADER);\nn,a\n1,"a ""b""\n\n;c"\n2,\n3,""\n\\.\n',
      [
        [1, 'a "b"\n\n;c'],
        [2, null],
        [3, ''],
      ],
    ],
    [
      'in CRLF',
      'COPY t FROM stdin;\r\n1\ta\r\n2\tb\r\n\\.\r\n',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['through a view with a trigger', 'COPY v FROM stdin;\n1\ta\n\\.\n', [[1, 'a!']]],
    ['through STDOUT, which is the same', 'COPY t FROM STDOUT;\n1\ta\n\\.\n', [[1, 'a']]],
  ])('%s are all there, and counted', async (_, copy, rows) => {
    const view = `CREATE VIEW v AS TABLE t;
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN INSERT INTO t VALUES (NEW.n, NEW.a || '!'); RETURN NEW; END$$;
      CREATE TRIGGER i INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();\n`
    const result = await run(`${TABLE}${view}${copy}SELECT 1;`)
    expect(result).toEqual({statements: 6, rows: rows.length})
    expect(await rowsOf('TABLE t')).toEqual(rows)
  })

  test('that end with the file', async () => {
    expect(await run(`${TABLE}COPY t FROM stdin;\n1\ta\n\\.`)).toEqual({statements: 2, rows: 1})
    expect(await rowsOf('TABLE t')).toEqual([[1, 'a']])
  })

  test('of 8 MB in two blocks, one packed, are all there, and are counted as they go', async () => {
    const line = (n: number) => `${n}\t${'é日'.repeat(20)}\n`
    const block = Array.from({length: 40_000}, (_, n) => line(n)).join('')
    const copy = `COPY t FROM stdin;\n${block}\\.\n`
    const script = await scriptOf({'1.sql': `${TABLE}${copy}`, '2.sql': gzipSync(copy)}, {database})
    const seen: RunProgress[] = []
    const result = await runScript(client, script, {onProgress: (each) => seen.push(each)})
    expect(result).toEqual({statements: 3, rows: 80_000})
    const sums = 'SELECT count(*)::int AS a, sum(n)::int AS b, count(DISTINCT a)::int AS c FROM t'
    expect(await rowsOf(sums)).toEqual([[80_000, 40_000 * 39_999, 1]])
    expect(seen.length).toBeGreaterThan(20)
    for (const key of ['rows', 'bytes', 'statements'] as const) {
      const values = seen.map((each) => each[key])
      expect(values).toEqual(values.toSorted((a, b) => a - b))
    }
    expect(seen.at(-1)).toMatchObject({rows: 80_000, statements: 3, bytes: script.bytes})
  })

  test('of 20 MB each', async () => {
    const value = 'x'.repeat(20 * 1024 * 1024)
    await run(`${TABLE}COPY t FROM stdin;\n1\t${value}\n2\tb\n\\.\n`)
    expect(await rowsOf('SELECT n, length(a) FROM t ORDER BY 1')).toEqual([
      [1, value.length],
      [2, 1],
    ])
  })
})

describe('a row that fails is named by its line', () => {
  test.each([
    ['a bad value', '1\ta\nx\tb\n3\tc\n', 4, 1, '   4 | x\tb\n     | ^'],
    [
      'a bad value behind others',
      'é\t1\né😀\tx\n',
      4,
      4,
      '   4 | é😀\tx\n     |    \t^',
      'a text, n int',
    ],
    ['too few columns', '1\ta\n2\n', 4, 1, '   4 | 2\n     | ^'],
    ['too many columns', '1\ta\tb\n', 3, 1, '   3 | 1\ta\tb\n     | ^'],
    ['a CHECK', '1\ta\n-1\tb\n', 4, 1, '   4 | -1\tb\n     | ^', 'n int CHECK (n > 0), a text'],
    ['NOT NULL', '1\ta\n2\t\\N\n', 4, 1, '   4 | 2\t\\N\n     | ^', 'n int, a text NOT NULL'],
    [
      'a unique violation',
      '1\ta\n2\tb\n1\tc\n4\td\n',
      5,
      1,
      '   5 | 1\tc\n     | ^',
      'n int UNIQUE, a text',
    ],
    ['an empty line', '1\ta\n\n2\tb\n', 4, 1, '   4 | \n     | ^'],
    ['a CR of its own', '1\ta\n2\tb\rc\n', 4, 1, '   4 | 2\tb␍c\n     | ^'],
    ['an end marker that is none', '1\ta\n\\. \n', 4, 1, '   4 | \\. \n     | ^'],
  ])('%s', async (_, rows, line, column, excerpt, columns = 'n int, a text') => {
    const error = await failure(
      `CREATE TABLE t (${columns});\nCOPY t FROM stdin;\n${rows}\\.\nSELECT 1;`,
    )
    expect(placeOf(error)).toBe(`x.sql:${line}:${column}`)
    expect(error.excerpt).toBe(excerpt)
  })

  test("PostgreSQL's words, SQLSTATE and context are kept", async () => {
    const error = await failure(`${TABLE}COPY t FROM stdin;\n1\ta\nx\tb\n\\.\n`)
    expect(error.message).toBe('invalid input syntax for type integer: "x"')
    expect(error.details.sqlstate).toBe('22P02')
    expect(error.data).toEqual({where: 'COPY t, line 2, column n: "x"'})
  })

  test('with the detail and the hint that an INSERT would have', async () => {
    const error = await failure(
      'CREATE TABLE t (n int PRIMARY KEY);\nCOPY t FROM stdin;\n1\n1\n\\.\n',
    )
    expect(error.details).toMatchObject({
      sqlstate: '23505',
      detail: 'Key (n)=(1) already exists.',
      hint: 'the row is there already: ON CONFLICT DO NOTHING skips it; cruddur-db setup starts anew',
    })
  })

  test('in CSV behind a header', async () => {
    const copy = 'COPY t FROM stdin (FORMAT csv, HEADER);\nn,a\n1,a\n2x,"b"\n\\.\n'
    const error = await failure(`${TABLE}${copy}`)
    expect(placeOf(error)).toBe('x.sql:5:1')
    expect(error.excerpt).toBe('   5 | 2x,"b"\n     | ^')
  })

  test('in CSV behind quotes that hold line ends', async () => {
    const copy = 'COPY t FROM stdin CSV;\n0,\n1,"a\n\n\nb"\n3x,d\n\\.\n'
    for (const [content, excerpt] of [
      [`${TABLE}${copy}`, '   8 | 3x,d\n     | ^'],
      [`${TABLE}${copy}`.replaceAll('\n', '\r\n'), '   8 | 3x,d\n     | ^'],
    ] as const) {
      const error = await failure(content)
      expect(placeOf(error)).toBe('x.sql:8:1')
      expect(error.excerpt).toBe(excerpt)
    }
  })

  test('when its text looks like a place of its own', async () => {
    const copy = 'COPY t FROM stdin CSV;\n1,a,b\n2,"\nCOPY t, line 99"\n\\.\n'
    const error = await failure(`CREATE TABLE t (n int, a text, b text);\n${copy}`)
    expect(error.message).toBe('missing data for column "b"')
    expect(placeOf(error)).toBe('x.sql:5:1')
  })

  test('in a CRLF file', async () => {
    const content = `${TABLE}COPY t FROM stdin;\n1\ta\n2x\tb\n\\.\n`.replaceAll('\n', '\r\n')
    const error = await failure(content)
    expect(placeOf(error)).toBe('x.sql:4:1')
    expect(error.excerpt).toBe('   4 | 2x\tb\n     | ^')
  })

  test('when a trigger raises', async () => {
    const raising = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
      IF NEW.n = 3 THEN RAISE 'no three'; END IF; RETURN NEW; END$$;
      CREATE TRIGGER i BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();\n`
    const error = await failure(`${TABLE}${raising}COPY t FROM stdin;\n1\ta\n2\tb\n3\tc\n\\.\n`)
    expect(error.message).toBe('no three')
    expect(placeOf(error)).toBe('x.sql:8:1')
    expect(error.excerpt).toBe('   8 | 3\tc\n     | ^')
  })

  test('behind another COPY and other statements', async () => {
    const copy = (row: string) => `SELECT 'é';\nCOPY t FROM stdin;\n1\ta\n${row}\n\\.\n`
    const error = await failure(`${TABLE}${copy('2\tb')}${copy('x\tb')}`)
    expect(placeOf(error)).toBe('x.sql:10:1')
  })

  test('in an included file', async () => {
    const files = {
      'x.sql': `${TABLE}\\i data/t.sql\n`,
      'data/t.sql': '-- t\nCOPY t FROM stdin;\n1\ta\n2\n\\.\n',
    }
    const error = await failure(files, ['x.sql'])
    expect(placeOf(error)).toBe('data/t.sql:4:1')
    expect(error.excerpt).toBe('   4 | 2\n     | ^')
  })

  test('in a packed file', async () => {
    const content = gzipSync(`${TABLE}COPY t FROM stdin;\n1\ta\n2é\tb\n\\.\n`)
    const error = await failure({'x.sql.gz': content})
    expect(placeOf(error)).toBe('x.sql.gz:4:1')
    expect(error.excerpt).toBe('   4 | 2é\tb\n     | ^')
  })

  test('and column in a line of 1 MB', async () => {
    const long = 'é'.repeat(500_000)
    const columns = 'CREATE TABLE t (a text, n int);\n'
    const error = await failure(`${columns}COPY t FROM stdin;\n${long}\tnope\n\\.\n`)
    expect(placeOf(error)).toBe('x.sql:3:500002')
    expect(error.excerpt).toMatch(/^ {3}3 \| …é+\tnope\n {5}\| +\t\^$/)
  })
})

describe('20 MB of rows', () => {
  const rows = Array.from({length: 400_000}, (_, n) => `${n}\t${'a'.repeat(44)}`)

  test.each([
    ['first', 0],
    ['second', 1],
    ['last', rows.length - 1],
  ])('of which the %s fails: it is shown, and nothing is kept', async (_, bad) => {
    const lines = rows.with(bad, 'x\tbad')
    const error = await failure(`${TABLE}COPY t FROM stdin;\n${lines.join('\n')}\n\\.\nSELECT 1;`)
    expect(placeOf(error)).toBe(`x.sql:${bad + 3}:1`)
    const number = String(bad + 3).padStart(4)
    expect(error.excerpt).toBe(`${number} | x\tbad\n${' '.repeat(number.length)} | ^`)
  })

  test('for a missing table', async () => {
    const error = await failure(`COPY nope FROM stdin;\n${rows.join('\n')}\n\\.\n`)
    expect(placeOf(error)).toBe('x.sql:1:1')
  })
})

describe.skipIf(process.platform === 'win32')('in a pipe', () => {
  async function failureInPipe(content: string) {
    const cwd = await testFolder()
    expect(spawnSync('mkfifo', [join(cwd, 'pipe')]).status).toBe(0)
    // The reader may close it before its end.
    const written = writeFile(join(cwd, 'pipe'), content).catch(() => {})
    const script = await readScript(['pipe'], {cwd, transaction: true, database})
    const error = await errorOf(() => runScript(client, script))
    await written
    expect(await rowsOf('SELECT 1')).toEqual([[1]])
    expect(await tablesOf(database)).toEqual([])
    return error
  }

  test('a row that fails is shown in its line', async () => {
    const error = await failureInPipe(`${TABLE}COPY t FROM stdin;\n1\ta\nx\tb\n\\.\n`)
    expect(placeOf(error)).toBe('pipe:4:1')
    expect(error.excerpt).toBe('   4 | x\tb\n     | ^')
  })

  const many = `1\t${'a'.repeat(997)}\n`.repeat(20_000)

  test('of more than 16 MB it is named by its line: the row is gone', async () => {
    const error = await failureInPipe(`${TABLE}COPY t FROM stdin;\n${many}x\tb\n\\.\n`)
    expect(error.details).toMatchObject({file: 'pipe', line: 20_003, sqlstate: '22P02'})
    expect(error.details.column).toBeUndefined()
    expect(error.excerpt).toBeUndefined()
  })

  test('of more than 16 MB that ends in the middle of the rows: nothing is kept', async () => {
    const error = await failureInPipe(`${TABLE}COPY t FROM stdin;\n${many}`)
    expect(error).toMatchObject({
      code: 'SQL_UNTERMINATED',
      message: 'the file ends before the rows of this COPY do',
    })
    expect(placeOf(error)).toBe('pipe:2:1')
  })
})

describe('a COPY that fails, not a row of it, is named by its own place', () => {
  test.each([
    ['a missing table', 'COPY nope FROM stdin;\n1\n\\.\n', '42P01', 1],
    ['a missing column', 'COPY t (n, nope) FROM stdin;\n1\n\\.\n', '42703', 1],
    ['an option that is none', 'COPY t FROM stdin (FORMAT csv, NOPE);\n1\n\\.\n', '42601', 32],
    ['a syntax error', 'COPY t FROM stdin NOPE;\n1\n\\.\n', '42601', 19],
  ])('%s', async (_, copy, sqlstate, column) => {
    const error = await failure(`${TABLE}SELECT 'é';\n${copy}`)
    expect(error.details.sqlstate).toBe(sqlstate)
    expect(placeOf(error)).toBe(`x.sql:3:${column}`)
  })

  test('a foreign key, which is checked at its end', async () => {
    const tables = 'CREATE TABLE p (n int PRIMARY KEY);\nCREATE TABLE t (n int REFERENCES p);\n'
    const error = await failure(`${tables}  COPY t FROM stdin;\n1\n\\.\nSELECT 1;`)
    expect(error.details).toMatchObject({
      sqlstate: '23503',
      detail: 'Key (n)=(1) is not present in table "p".',
    })
    expect(placeOf(error)).toBe('x.sql:3:3')
    expect(error.excerpt).toBe('   3 |   COPY t FROM stdin;\n     |   ^')
  })
})
