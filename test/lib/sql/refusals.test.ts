import {describe, expect, test} from 'vitest'
import {errorOf, placeOf, scriptOf, statementsOf} from './support.js'

const texts = async (content: string) => await statementsOf(await scriptOf(content))

describe('the encoding', () => {
  test('a byte order mark is skipped, and counts for no column', async () => {
    expect(await texts('\ufeffSELECT 1;')).toEqual(['SELECT 1'])
    const error = await errorOf(() => scriptOf("\ufeffSELECT 'a"))
    expect(placeOf(error)).toBe('x.sql:1:8')
  })

  test.each([
    ['latin1', Buffer.from("SELECT 1;\n\tSELECT 'é';\n", 'latin1'), 'x.sql:2:10', '0xE9'],
    ['cut off', Buffer.from('-- é😀').subarray(0, -1), 'x.sql:1:5', '0xF0'],
    ['overlong', Buffer.from([0x2d, 0x2d, 0xc0, 0xaf]), 'x.sql:1:3', '0xC0'],
    ['surrogates', Buffer.from([0x2d, 0x2d, 0xed, 0xa0, 0x80]), 'x.sql:1:3', '0xED'],
    [
      'behind four bytes',
      Buffer.concat([Buffer.from('-- 😀'), Buffer.of(0xe9)]),
      'x.sql:1:5',
      '0xE9',
    ],
    ['before a NUL', Buffer.from('-- é\n\0', 'latin1'), 'x.sql:1:4', '0xE9'],
  ])('%s: invalid UTF-8 is refused in its place', async (_, content, place, byte) => {
    const error = await errorOf(() => scriptOf(content))
    expect(error).toMatchObject({
      code: 'SQL_ENCODING',
      exit: 1,
      message: `the file is not UTF-8: byte ${byte}`,
    })
    expect(placeOf(error)).toBe(place)
  })

  test.each([
    ['\0', 'x.sql:1:1'],
    [Buffer.from('-- \0\n-- é', 'latin1'), 'x.sql:1:4'],
  ])('NUL at the beginning, or before invalid UTF-8, is what is told', async (content, place) => {
    const error = await errorOf(() => scriptOf(content))
    expect(error.message).toBe('the file holds a NUL byte, which PostgreSQL does not take')
    expect(placeOf(error)).toBe(place)
  })

  test('NUL is refused in its place', async () => {
    const error = await errorOf(() => scriptOf("SELECT 1;\nSELECT 'a\0b';"))
    expect(error.code).toBe('SQL_ENCODING')
    expect(placeOf(error)).toBe('x.sql:2:10')
    expect(error.excerpt).toBe("   2 | SELECT 'a␀b';\n     |          ^")
  })

  test.each([
    ['UTF-16', Buffer.from('\ufeffSELECT 1;', 'utf16le'), 'SQL_ENCODING', /UTF-16/],
    ['UTF-16BE', Buffer.from('\ufeffSELECT 1;', 'utf16le').swap16(), 'SQL_ENCODING', /UTF-16/],
    ['pg_dump -Fc', Buffer.from('PGDMP\x01\x0e'), 'SQL_UNSUPPORTED', /custom format/],
  ])('%s is named as what it is', async (_, content, code, message) => {
    const error = await errorOf(() => scriptOf(content))
    expect(error).toMatchObject({code, message: expect.stringMatching(message)})
  })
})

describe('what was opened and never closed', () => {
  test.each([
    ['quote', "SELECT 1;\nINSERT INTO t\n  VALUES ('a;\n\n", 'x.sql:3:11'],
    ['comment', 'SELECT 1;\n\n/* a;\n', 'x.sql:3:1'],
    ['dollar quote', 'DO\n$$ SELECT 1;\n', 'x.sql:2:1'],
    ['parenthesis', 'SELECT 1;\nCREATE TABLE é (\n  a int;\n', 'x.sql:2:16'],
    ['name', 'SELECT "a\n', 'x.sql:1:8'],
    ['BEGIN', 'CREATE FUNCTION f()\nBEGIN ATOMIC\nSELECT 1;\n', 'x.sql:2:1'],
  ])('%s: the place that opened it', async (_, content, place) => {
    const error = await errorOf(() => scriptOf(content))
    expect(error).toMatchObject({code: 'SQL_UNTERMINATED', exit: 1})
    expect(placeOf(error)).toBe(place)
  })

  test('says in what line the statement around it begins', async () => {
    const error = await errorOf(() => scriptOf("SELECT 1;\nINSERT INTO t\nVALUES ('a;"))
    expect(error).toMatchObject({
      message: "the string opened here is never closed with '",
      details: {hint: "write a ' in a string as ''; the statement begins in line 2"},
      excerpt: "   3 | VALUES ('a;\n     |         ^",
    })
  })

  test('says no such line where the statement begins in the same one', async () => {
    const error = await errorOf(() => scriptOf("SELECT 1;\nSELECT 'a;"))
    expect(error.details.hint).toBe("write a ' in a string as ''")
  })
})

describe('what only psql can load', () => {
  const CURE = 'load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f x.sql'

  test.each([
    ['SELECT 1 \\gset', 'x.sql:2:10', '\\gset is a command of psql, not SQL'],
    ['\\d+ t', 'x.sql:2:1', '\\d+ is a command of psql, not SQL'],
    ['SELECT 1\\; SELECT 2;', 'x.sql:2:9', '\\; is a command of psql, not SQL'],
    ['\\', 'x.sql:2:1', '\\ is a command of psql, not SQL'],
    ['\\if true', 'x.sql:2:1', '\\if is a command of psql, not SQL'],
    ['\\set name 1', 'x.sql:2:1', '\\set defines a variable of psql, which only psql fills in'],
    ['\\unset AUTOCOMMIT', 'x.sql:2:1', '\\unset is a command of psql, not SQL'],
  ])('%j is refused before anything runs', async (line, place, message) => {
    const error = await errorOf(() => scriptOf(`SELECT 1;\n${line}`))
    expect(error).toMatchObject({code: 'SQL_UNSUPPORTED', exit: 1, message, details: {hint: CURE}})
    expect(placeOf(error)).toBe(place)
  })

  test.each([
    ['\\! rm -rf /', '\\! is a command of psql, not SQL'],
    ['\\copy t from x', '\\copy is a command of psql, not SQL'],
    ['SELECT 1 \\g x', '\\g is a command of psql, not SQL'],
  ])('%j reaches beyond the database: psql is not advised', async (line, message) => {
    const error = await errorOf(() => scriptOf(line))
    expect(error).toMatchObject({
      code: 'SQL_UNSUPPORTED',
      message,
      details: {hint: 'remove it: in psql it can run programs or write files on this machine'},
    })
  })

  test.each([
    ['\\connect other', 'x.sql:2:1'],
    ['  \\c other', 'x.sql:2:3'],
    ['\\c x other_user', 'x.sql:2:1'],
    ['\\c - - other.host', 'x.sql:2:1'],
    ['\\c - - - 5433', 'x.sql:2:1'],
    ['\\c "dbname=x host=other"', 'x.sql:2:1'],
    ['\\c postgres://other/x', 'x.sql:2:1'],
    ['\\c X', 'x.sql:2:1'],
  ])('%j goes elsewhere, and is refused', async (line, place) => {
    const error = await errorOf(() => scriptOf(`SELECT 1;\n${line}`))
    expect(error).toMatchObject({
      code: 'SQL_UNSUPPORTED',
      message: expect.stringMatching(/^\\c(onnect)? goes to another database than the target, or /),
    })
    expect(placeOf(error)).toBe(place)
  })

  test.each(['\\c', '\\connect x', '\\c x;', '\\c "x"', '\\c - - - -', "\\c 'x' -"])(
    '%j goes nowhere else, and is fine',
    async (line) => {
      expect(await texts(`SELECT 1;\n${line}\nSELECT 2;`)).toEqual(['SELECT 1', 'SELECT 2'])
    },
  )

  test("pg_dump's own \\connect, of a name that is no plain one, is fine", async () => {
    const line = `\\connect -reuse-previous=on "dbname='it\\\\'s \\\\\\\\ x'"`.replaceAll(
      '\\\\',
      '\\',
    )
    const script = await scriptOf(line, {database: "it's \\ x"})
    expect(await statementsOf(script)).toEqual([])
  })

  test.each([
    "COPY t FROM '/tmp/stdin';",
    'COPY t TO stdout;',
    'COPY (SELECT a FROM stdin) TO stdout;',
    "COPY t FROM PROGRAM 'cat';",
  ])('%s is one statement, without rows in the file', async (sql) => {
    expect(await texts(`${sql}\nSELECT 1;`)).toEqual([sql.slice(0, -1), 'SELECT 1'])
  })

  test('the cure quotes the path for a shell', async () => {
    const error = await errorOf(() => scriptOf({"it's $HOME.sql": '\\d'}))
    expect(error.details.hint).toBe(
      "load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f 'it'\\''s $HOME.sql'",
    )
  })

  test('the first problem of the file is the one told', async () => {
    const error = await errorOf(() => scriptOf("SELECT 1;\n\\.\nSELECT '\0\n"))
    expect(placeOf(error)).toBe('x.sql:2:1')
  })

  test('of several files the first problem is the one told', async () => {
    const error = await errorOf(() => scriptOf({'1.sql': 'SELECT 1', '2.sql': '(', '3.sql': '\\d'}))
    expect(placeOf(error)).toBe('2.sql:1:1')
  })

  test("pg_dump's \\restrict lines are passed over", async () => {
    expect(await texts('--\n\\restrict aB1\n\nSELECT 1;\r\n\\unrestrict aB1\r\n')).toEqual([
      'SELECT 1',
    ])
    expect(await texts('\\restrict aB1\rSELECT 1;\r\\unrestrict aB1\r')).toEqual(['SELECT 1'])
  })

  test.each([
    ['\\restrict', '\\restrict has no key'],
    ['SELECT 1\n\\restrict a', '\\restrict stands in the middle of a statement'],
    ['\\unrestrict a', '\\unrestrict stands behind no \\restrict'],
    ['\\restrict a\n\\unrestrict b', '\\unrestrict does not have the key of its \\restrict'],
    [
      '\\restrict a\n\\! rm -rf /',
      '\\! stands between \\restrict and \\unrestrict, where psql allows no command',
    ],
    [
      '\\restrict a\n\\echo',
      '\\echo stands between \\restrict and \\unrestrict, where psql allows no command',
    ],
  ])('%j is not passed over', async (content, message) => {
    const error = await errorOf(() => scriptOf(content))
    expect(error).toMatchObject({code: 'SQL_UNSUPPORTED', message})
  })
})

describe('what a file includes', () => {
  test('a problem in it is told in its place', async () => {
    const files = {'x.sql': 'SELECT 1;\n\\i db/in.sql', 'db/in.sql': 'SELECT 1;\n\\ir more.sql'}
    const more = {'db/more.sql': "\n\nSELECT 'é"}
    const error = await errorOf(() => scriptOf({...files, ...more}, {names: ['x.sql']}))
    expect(error.code).toBe('SQL_UNTERMINATED')
    expect(placeOf(error)).toBe('db/more.sql:3:8')
  })

  test('a missing file is told where it is included', async () => {
    const error = await errorOf(() => scriptOf('SELECT 1;\n  \\i nope.sql'))
    expect(error).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'there is no file nope.sql',
      excerpt: '   2 |   \\i nope.sql\n     |   ^',
    })
    expect(placeOf(error)).toBe('x.sql:2:3')
  })

  test('a folder is told where it is included', async () => {
    const error = await errorOf(() => scriptOf('\\i .'))
    expect(error.code).toBe('FILE_UNREADABLE')
    expect(placeOf(error)).toBe('x.sql:1:1')
  })

  test.each([
    [{'x.sql': '\\i x.sql'}, 'x.sql:1:1', 'x.sql includes itself'],
    [{'x.sql': '\\i a.sql', 'a.sql': '\n\\ir ./x.sql'}, 'a.sql:2:1', 'x.sql includes itself'],
    [
      {'x.sql': '\\i a.sql', 'a.sql': '\\ir b.sql', 'b.sql': '\\i a.sql'},
      'b.sql:1:1',
      'a.sql includes itself',
    ],
  ])('a circle of files (%j) is refused', async (files, place, message) => {
    const error = await errorOf(() => scriptOf(files as Record<string, string>, {names: ['x.sql']}))
    expect(error).toMatchObject({code: 'SQL_UNSUPPORTED', message})
    expect(placeOf(error)).toBe(place)
  })
})
