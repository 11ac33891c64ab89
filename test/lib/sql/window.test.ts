import {describe, expect, test} from 'vitest'
import {Window} from '../../../src/lib/sql/window.js'
import {fileOf, inChunks, partsOf, problemOf} from './parts.js'
import {errorOf} from './support.js'

const KB = 1024
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))

/** The problem of a file, whichever way it is cut. */
const problemIn = async (content: string | Buffer, sizes = [1, 3, 4 * KB, 64 * KB]) => {
  const problems = new Set<string | undefined>()
  for (const size of sizes) problems.add(await problemOf(inChunks(content, size)))
  expect([...problems]).toHaveLength(1)
  return [...problems][0]
}

describe('bytes that are no UTF-8 are refused where they stand', () => {
  const NAMES = {
    'a lone byte': [0xff],
    'a continuation byte': [0x80],
    'the beginning of a character': [0xe2, 0x82],
    'a character that is cut off by the next one': [0xf0, 0x9f, 0x98],
    'a NUL encoded in two bytes': [0xc0, 0x80],
    'half of a surrogate pair': [0xed, 0xa0, 0x80],
    'a character beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
    'a byte that no character begins with': [0xf8, 0x88, 0x80, 0x80, 0x80],
  }
  test.each(Object.entries(NAMES))('%s', async (_, invalid) => {
    const byte = invalid[0]?.toString(16).toUpperCase()
    const problem = `not UTF-8: byte 0x${byte}`
    const inside = await problemIn(bytes("SELECT 1;\nSELECT 'é😀", invalid, "x';\n"))
    expect(inside).toBe(`SQL_ENCODING x.sql:2:11 the file is ${problem}`)
    const atEnd = await problemIn(bytes('SELECT 1;\n-- é', invalid))
    expect(atEnd).toBe(`SQL_ENCODING x.sql:2:5 the file is ${problem}`)
    const inRows = await problemIn(bytes('COPY t FROM stdin;\n1\té\n2\té', invalid, '\n\\.\n'))
    expect(inRows).toBe(`SQL_ENCODING x.sql:3:4 the file is ${problem}`)
    const first = await problemIn(bytes(invalid, ' SELECT 1;'))
    expect(first).toBe(`SQL_ENCODING x.sql:1:1 the file is ${problem}`)
  })

  test('at every border of chunks', async () => {
    const content = bytes("SELECT 'é", [0xc3], "(';")
    for (let size = 1; size <= content.length; size++) {
      expect(await problemOf(inChunks(content, size)), `${size}`).toMatch(
        /^SQL_ENCODING x.sql:1:10 /,
      )
    }
  })

  test('whole characters of any length at every border of chunks are none', async () => {
    for (let size = 1; size <= 12; size++) {
      expect(
        await problemOf(inChunks("SELECT 'é€😀\u{10ffff}\ufeff\ufffd';", size)),
      ).toBeUndefined()
    }
  })

  test('far into a line of more than 100 KB, and behind many lines', async () => {
    const line = `SELECT '${'é'.repeat(60 * KB)}`
    const content = bytes('-- é\n'.repeat(10_000), line, [0xe9], "';\n")
    const expected = `SQL_ENCODING x.sql:10001:${9 + 60 * KB} the file is not UTF-8: byte 0xE9`
    expect(await problemIn(content, [37, 4 * KB, 64 * KB])).toBe(expected)
  })

  test('the excerpt shows the line up to there', async () => {
    const content = bytes("SELECT 1;\nSELECT 'caf", [0xe9], "';\nSELECT 3;\n")
    const error = await errorOf(async () => {
      for await (const _ of partsOf(inChunks(content, 64 * KB)));
    })
    expect(error.excerpt).toBe("   2 | SELECT 'caf\ufffd';\n     |            ^")
  })

  test('the excerpt of a row shows that the row begins earlier', async () => {
    const content = bytes('COPY t FROM stdin;\n1\tcaf', [0xe9], '\n\\.\n')
    const error = await errorOf(async () => {
      for await (const part of partsOf(inChunks(content, 64 * KB))) {
        if (part.kind === 'copy') for await (const _ of part.rows);
      }
    })
    expect(error.excerpt).toBe('   2 | …\ufffd\n     |  ^')
  })
})

describe('NUL is refused', () => {
  const NUL = 'the file holds a NUL byte, which PostgreSQL does not take'
  test.each([
    ['SELECT 1;\0', '1:10'],
    ['\0', '1:1'],
    ['-- a\n/* \0 */', '2:4'],
    ["SELECT '\0';", '1:9'],
    ['COPY t FROM stdin;\n1\n\0\n\\.\n', '3:1'],
    ['\ufeff\0', '1:1'],
    ['\\echo a\0b\n', '1:8'],
  ])('%j', async (text, place) => {
    expect(await problemIn(text)).toBe(`SQL_ENCODING x.sql:${place} ${NUL}`)
  })
})

describe('of several problems the first is told', () => {
  const BAD = [0xff]
  const CASES: Record<string, [Buffer, string]> = {
    'NUL, then an invalid byte': [
      bytes("SELECT '\0", BAD, "';"),
      'SQL_ENCODING x.sql:1:9 the file holds',
    ],
    'an invalid byte, then NUL': [
      bytes("SELECT '", BAD, "\0';"),
      'SQL_ENCODING x.sql:1:9 the file is not',
    ],
    'a command, then an invalid byte': [bytes('\\g\n', BAD), 'SQL_UNSUPPORTED x.sql:1:1 \\g'],
    'a command, then an invalid byte in its line': [bytes('\\g ', BAD), 'SQL_ENCODING x.sql:1:4'],
    'an invalid byte, then a command': [bytes('-- ', BAD, '\n\\g\n'), 'SQL_ENCODING x.sql:1:4'],
    'BEGIN, then an invalid byte': [bytes('BEGIN; ', BAD), 'SQL_TRANSACTION x.sql:1:1'],
    'an invalid byte, then BEGIN': [bytes("SELECT '", BAD, "'; BEGIN;"), 'SQL_ENCODING x.sql:1:9'],
    'BEGIN, then a command': [bytes('BEGIN; \\g'), 'SQL_TRANSACTION x.sql:1:1'],
    'a command, then BEGIN': [bytes('\\g\nBEGIN;'), 'SQL_UNSUPPORTED x.sql:1:1'],
    'BEGIN, then what is unclosed': [bytes("BEGIN; SELECT '"), 'SQL_TRANSACTION x.sql:1:1'],
    'rows with an invalid byte, then BEGIN': [
      bytes('COPY t FROM stdin;\n', BAD, '\n\\.\nBEGIN;'),
      'SQL_ENCODING x.sql:2:1',
    ],
    'what stands behind a COPY, then an invalid byte': [
      bytes('COPY t FROM stdin; SELECT 1;\n', BAD),
      'SQL_UNSUPPORTED x.sql:1:19',
    ],
  }
  test.each(Object.entries(CASES))('%s', async (_, [content, expected]) => {
    const problem = await problemIn(content)
    expect(problem?.slice(0, expected.length)).toBe(expected)
  })
})

describe('what is no SQL text', () => {
  const UTF_16 = 'SQL_ENCODING x.sql:1:1 the file is UTF-16, not UTF-8'
  const DUMP = "SQL_UNSUPPORTED x.sql:1:1 the file is in pg_dump's custom format, not SQL"
  test('UTF-16 of either kind, a short one too', async () => {
    const little = Buffer.from('\ufeffSELECT 1;', 'utf16le')
    expect(await problemIn(little)).toBe(UTF_16)
    expect(await problemIn(Buffer.from(little).swap16())).toBe(UTF_16)
    expect(await problemIn(bytes([0xff, 0xfe]))).toBe(UTF_16)
  })

  test("pg_dump's custom format", async () => {
    expect(await problemIn('PGDMP\u0001\u0010\0\u0004')).toBe(DUMP)
    expect(await problemIn('PGDMP')).toBe(DUMP)
    expect(await problemIn('PGDM')).toBeUndefined()
  })
})

describe('a byte order mark', () => {
  test('counts for no place and is sent with nothing', async () => {
    for (const size of [1, 2, 4, 64]) {
      const file = inChunks('\ufeffSELECT 1; BEGIN', size)
      expect(await problemOf(file)).toMatch(/^SQL_TRANSACTION x\.sql:1:11 /)
      for await (const part of partsOf(file, {transaction: false})) {
        if (part.kind !== 'batch') throw new Error(part.kind)
        const first = part.statements[0]
        expect(part.text.bytes.toString('utf8', first?.start, first?.end)).toBe('SELECT 1')
        break
      }
    }
  })

  test('is one only, and only at the beginning', async () => {
    const pieces: string[] = []
    for await (const part of partsOf(inChunks('\ufeff\ufeffSELECT 1;\n\ufeffSELECT 2;', 3))) {
      if (part.kind !== 'batch') throw new Error(part.kind)
      for (const {start, end} of part.statements)
        pieces.push(part.text.bytes.toString('utf8', start, end))
    }
    expect(pieces).toEqual(['\ufeffSELECT 1', '\ufeffSELECT 2'])
  })
})

describe('what is never closed is told where it opens, at the end of a file of 2 MB', () => {
  const filler = `INSERT INTO t VALUES ('${'é'.repeat(20)}\n');\n`.repeat(30_000)
  const CASES: Record<string, [string, string, string?]> = {
    quote: [" SELECT 1,\n 'é", '2:2', "the string opened here is never closed with '"],
    'E-quote': [" SELECT E'é\\'", '1:10', "the string opened here is never closed with '"],
    'double quote': ['SELECT "é', '1:8', 'the name opened here is never closed with "'],
    comment: ['/* /* é */ ', '1:1', 'the comment opened here is never closed with */'],
    'dollar quote': ['DO $é$ $$ $e$', '1:4', 'the dollar quote opened here is never closed'],
    parenthesis: ['SELECT (1, (2)\n;', '1:8', 'the parenthesis opened here is never closed'],
    'BEGIN ATOMIC': [
      'CREATE FUNCTION f()\n BEGIN ATOMIC SELECT 1;\n',
      '2:2',
      'the BEGIN of this function body has no END',
    ],
    'rows of a COPY': [
      ' COPY t FROM stdin;\n1\n',
      '1:2',
      'the file ends before the rows of this COPY do',
    ],
  }
  test.each(Object.entries(CASES))('%s', async (_, [text, place, message]) => {
    const [line, column] = place.split(':')
    for (const [content, lines] of [
      [filler + text, 60_000],
      [(filler + text).replaceAll('\n', '\r\n'), 60_000],
      [(filler + text).replaceAll('\n', '\r'), 60_000],
    ] as const) {
      if (text.includes('COPY') && !content.includes('\n')) continue
      const problem = await problemOf(inChunks(content, 64 * KB))
      expect(problem).toBe(`SQL_UNTERMINATED x.sql:${lines + Number(line)}:${column} ${message}`)
    }
  })

  test('and behind which 2 MB follow', async () => {
    expect(await problemOf(inChunks(`SELECT 1;\n  '${filler.replaceAll("'", '')}`, 64 * KB))).toBe(
      "SQL_UNTERMINATED x.sql:2:3 the string opened here is never closed with '",
    )
  })

  test('the hint names the line that the statement begins in', async () => {
    const error = await errorOf(async () => {
      for await (const _ of partsOf(inChunks(`${filler}SELECT 1,\n'`, 64 * KB)));
    })
    expect(error.details.hint).toBe(
      "write a ' in a string as ''; the statement begins in line 60001",
    )
  })
})

describe('the window', () => {
  test('what it has given out stays as it is while it moves on', async () => {
    const window = new Window(inChunks('0123456789'.repeat(200_000), 1000))
    const given: {text: string; bytes: Buffer}[] = []
    for (let offset = 0; await window.more(); offset += 970) {
      window.drop(offset)
      given.push({text: window.bytes.toString(), bytes: window.bytes})
      if (given.length > 1500) break
    }
    await window.close()
    expect(given.every(({text, bytes: kept}) => kept.toString() === text)).toBe(true)
  })

  test('skimmed, the problem is the same but for its place', async () => {
    const content = bytes('SELECT 1;\n'.repeat(1000), [0xff])
    const problem = await problemOf(inChunks(content, 100), {skim: true})
    expect(problem).toMatch(/^SQL_ENCODING .* the file is not UTF-8: byte 0xFF$/)
  })

  test('it can be closed behind a failed read', async () => {
    const window = new Window(
      fileOf(async function* () {
        yield Buffer.from('SELECT 1;')
        throw new Error('EIO')
      }),
    )
    expect(await window.more()).toBe(true)
    await expect(window.more()).rejects.toThrow('EIO')
    await window.close()
  })
})
