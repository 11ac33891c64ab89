import {spawnSync} from 'node:child_process'
import {chmod, mkdir, truncate, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readSqlFile} from '../../../src/lib/sql/file.js'
import {errorOf, fileOf, placeOf, withFolder} from './support.js'

const texts = async (content: string) => {
  const {bytes, statements} = await fileOf(content)
  return statements.map(({start, end}) => bytes.toString('utf8', start, end))
}

describe('the path shown', () => {
  test('is relative below the working directory, absolute elsewhere', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'db'))
      await mkdir(join(folder, '..x'))
      for (const name of ['db/a.sql', '..x/a.sql']) {
        await writeFile(join(folder, name), '')
        const {path} = await readSqlFile(join(folder, name), {cwd: folder})
        expect(path).toBe(name)
      }
      const above = await readSqlFile('../db/a.sql', {cwd: join(folder, '..x')})
      expect(above.path).toBe(join(folder, 'db', 'a.sql'))
    })
  })
})

describe('what cannot be read (exit 2)', () => {
  test('a missing file', async () => {
    await withFolder(async (folder) => {
      const error = await errorOf(() => readSqlFile('db/nope.sql', {cwd: folder}))
      expect(error).toMatchObject({
        code: 'FILE_NOT_FOUND',
        exit: 2,
        message: 'there is no file db/nope.sql',
        details: {hint: `check the path, taken from ${folder}`},
      })
    })
  })

  test('a file below another file', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'a.sql'), '')
      const error = await errorOf(() => readSqlFile('a.sql/b.sql', {cwd: folder}))
      expect(error).toMatchObject({code: 'FILE_NOT_FOUND', exit: 2})
    })
  })

  test('a folder, the working directory and the one above it too', async () => {
    await withFolder(async (folder) => {
      const deep = join(folder, 'db')
      await mkdir(deep)
      for (const [path, cwd, shown] of [
        ['db', folder, 'db'],
        ['.', deep, deep],
        ['..', deep, folder],
      ] as const) {
        const error = await errorOf(() => readSqlFile(path, {cwd}))
        expect(error).toMatchObject({
          code: 'FILE_UNREADABLE',
          exit: 2,
          message: `${shown} is a folder`,
        })
      }
    })
  })

  test.skipIf(process.getuid?.() === 0)('a file without the right to read it', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'a.sql'), '')
      await chmod(join(folder, 'a.sql'), 0)
      const error = await errorOf(() => readSqlFile('a.sql', {cwd: folder}))
      expect(error).toMatchObject({code: 'FILE_UNREADABLE', exit: 2})
    })
  })
})

test('more than 256 MB is refused with the way around it', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'my dump.sql'), '')
    await truncate(join(folder, 'my dump.sql'), 256 * 1024 * 1024 + 1)
    const error = await errorOf(() => readSqlFile('my dump.sql', {cwd: folder}))
    expect(error).toMatchObject({
      code: 'FILE_TOO_LARGE',
      exit: 1,
      message: 'my dump.sql is larger than 256 MB',
      details: {
        hint: "load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f 'my dump.sql'",
      },
    })
  })
})

test.skipIf(process.platform === 'win32')('a pipe is read like a file', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'pipe')
    expect(spawnSync('sh', ['-c', 'mkfifo "$0"', path]).status).toBe(0)
    const [file] = await Promise.all([
      readSqlFile('pipe', {cwd: folder}),
      writeFile(path, 'SELECT 1; SELECT 2;'),
    ])
    expect(file.statements).toEqual([
      {start: 0, end: 8},
      {start: 10, end: 18},
    ])
  })
})

describe('the encoding', () => {
  test('a byte order mark is skipped, and counts for no column', async () => {
    expect(await texts('\ufeffSELECT 1;')).toEqual(['SELECT 1'])
    const error = await errorOf(() => fileOf("\ufeffSELECT 'a"))
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
    const error = await errorOf(() => fileOf(content))
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
    const error = await errorOf(() => fileOf(content))
    expect(error.message).toBe('the file holds a NUL byte, which PostgreSQL does not take')
    expect(placeOf(error)).toBe(place)
  })

  test('NUL is refused in its place', async () => {
    const error = await errorOf(() => fileOf("SELECT 1;\nSELECT 'a\0b';"))
    expect(error.code).toBe('SQL_ENCODING')
    expect(placeOf(error)).toBe('x.sql:2:10')
    expect(error.excerpt).toBe("   2 | SELECT 'a␀b';\n     |          ^")
  })

  test.each([
    ['UTF-16', Buffer.from('\ufeffSELECT 1;', 'utf16le'), 'SQL_ENCODING', /UTF-16/],
    ['UTF-16BE', Buffer.from('\ufeffSELECT 1;', 'utf16le').swap16(), 'SQL_ENCODING', /UTF-16/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'SQL_UNSUPPORTED', /gzip/],
    ['pg_dump -Fc', Buffer.from('PGDMP\x01\x0e'), 'SQL_UNSUPPORTED', /custom format/],
  ])('%s is named as what it is', async (_, content, code, message) => {
    const error = await errorOf(() => fileOf(content))
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
    const error = await errorOf(() => fileOf(content))
    expect(error).toMatchObject({code: 'SQL_UNTERMINATED', exit: 1})
    expect(placeOf(error)).toBe(place)
  })

  test('says in what line the statement around it begins', async () => {
    const error = await errorOf(() => fileOf("SELECT 1;\nINSERT INTO t\nVALUES ('a;"))
    expect(error).toMatchObject({
      message: "the string opened here is never closed with '",
      details: {hint: "write a ' in a string as ''; the statement begins in line 2"},
      excerpt: "   3 | VALUES ('a;\n     |         ^",
    })
  })

  test('says no such line where the statement begins in the same one', async () => {
    const error = await errorOf(() => fileOf("SELECT 1;\nSELECT 'a;"))
    expect(error.details.hint).toBe("write a ' in a string as ''")
  })
})

describe('what only psql can load', () => {
  test.each([
    ['\\connect other', 'x.sql:2:1', '\\connect is a command of psql, not SQL'],
    ['SELECT 1 \\gset', 'x.sql:2:10', '\\gset is a command of psql, not SQL'],
    ['\\d+ t', 'x.sql:2:1', '\\d+ is a command of psql, not SQL'],
    ['SELECT 1\\; SELECT 2;', 'x.sql:2:9', '\\; is a command of psql, not SQL'],
    ['\\', 'x.sql:2:1', '\\ is a command of psql, not SQL'],
    [
      'COPY t (a, "from") FROM stdin;\n1\tit\'s\n\\.\n',
      'x.sql:2:1',
      'COPY … FROM stdin, with its rows in the file, needs psql',
    ],
    [
      'COPY t FROM stdout;',
      'x.sql:2:1',
      'COPY … FROM stdin, with its rows in the file, needs psql',
    ],
    [
      "copy /* stdout */ t from STDIN with (format csv, delimiter ';');",
      'x.sql:2:1',
      'COPY … FROM stdin, with its rows in the file, needs psql',
    ],
  ])('%j is refused before anything runs', async (line, place, message) => {
    const error = await errorOf(() => fileOf(`SELECT 1;\n${line}`))
    expect(error).toMatchObject({
      code: 'SQL_UNSUPPORTED',
      exit: 1,
      message,
      details: {hint: 'load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f x.sql'},
    })
    expect(placeOf(error)).toBe(place)
  })

  test.each([
    "COPY t FROM '/tmp/stdin';",
    'COPY t TO stdout;',
    'COPY (SELECT a FROM stdin) TO stdout;',
    "COPY t FROM PROGRAM 'cat';",
  ])('%s is not', async (sql) => {
    expect((await fileOf(sql)).statements).toHaveLength(1)
  })

  test('the cure quotes the path for a shell', async () => {
    const error = await errorOf(() => fileOf('\\d', "it's $HOME.sql"))
    expect(error.details.hint).toBe(
      "load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f 'it'\\''s $HOME.sql'",
    )
  })

  test('the first problem of the file is the one told', async () => {
    const error = await errorOf(() => fileOf("SELECT 1;\n\\.\nSELECT '\0\n"))
    expect(placeOf(error)).toBe('x.sql:2:1')
  })

  test("pg_dump's \\restrict lines are passed over", async () => {
    expect(await texts('--\n\\restrict aB1\n\nSELECT 1;\r\n\\unrestrict aB1\r\n')).toEqual([
      'SELECT 1',
    ])
    expect(await texts('\\restrict aB1\rSELECT 1;\r\\unrestrict aB1\r')).toEqual(['SELECT 1'])
  })

  test.each(['\\restrict', '\\restrict a b', ' \\restrict a', 'SELECT 1\n\\restrict a'])(
    '%j is no such line',
    async (content) => {
      expect((await errorOf(() => fileOf(content))).code).toBe('SQL_UNSUPPORTED')
    },
  )
})

test('SET standard_conforming_strings is followed', async () => {
  expect(
    await texts(
      "SET standard_conforming_strings = off; SELECT '\\';'; SET standard_conforming_strings TO 'on'; SELECT '\\'; SELECT 2",
    ),
  ).toEqual([
    'SET standard_conforming_strings = off',
    "SELECT '\\';'",
    "SET standard_conforming_strings TO 'on'",
    "SELECT '\\'",
    'SELECT 2',
  ])
})

test.each([
  "SET LOCAL standard_conforming_strings = 'off'",
  'set session standard_conforming_strings to FALSE',
  'SET standard_conforming_strings=no',
  'SET standard_conforming_strings = 0',
])('%s: a backslash escapes from there on', async (set) => {
  const escaped = "SELECT '\\';'"
  expect(await texts(`${set}; ${escaped}; SELECT 2`)).toEqual([set, escaped, 'SELECT 2'])
})
