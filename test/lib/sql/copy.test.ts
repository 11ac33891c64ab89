import {describe, expect, test} from 'vitest'
import {copiesFromFile, findCopyEnd} from '../../../src/lib/sql/copy.js'
import {inChunks, type Piece, problemOf, readingOf} from './parts.js'

describe('COPY whose rows stand in the file', () => {
  const isCopy = (sql: string) => {
    const bytes = Buffer.from(`;;${sql}`)
    return copiesFromFile(bytes, {start: 2, end: bytes.length})
  }

  test.each([
    'COPY t FROM stdin',
    'copy t from STDIN',
    'COPY t FROM stdout',
    'COPY public.t (a, b) FROM stdin WITH (FORMAT csv, HEADER)',
    'COPY BINARY t FROM stdin',
    'COPY "from" FROM stdin',
    'COPY t ("to", "from") FROM stdin',
    'COPY t(a)FROM stdin',
    'COPY t FROM/* a */stdin',
    'COPY t -- from program\nFROM\nstdin',
    "COPY t FROM stdin DELIMITERS '|' WITH NULL AS 'from'",
    'COPY t FROM stdin WHERE a > (SELECT 1)',
    'COPY U&"fr\\006Fm" FROM stdin',
    'COPY "a""b from c" FROM stdin',
    'COPY public.from FROM stdin',
    'COPY "a(" FROM stdin',
  ])('%s', (sql) => {
    expect(isCopy(sql)).toBe(true)
  })

  test.each([
    'COPY t TO stdout',
    'COPY t TO stdin',
    'COPY (SELECT a FROM stdin) TO stdout',
    "COPY t FROM '/tmp/stdin'",
    "COPY t FROM 'stdin'",
    'COPY t FROM $$stdin$$',
    "COPY t FROM PROGRAM 'cat stdin'",
    'COPY t FROM "stdin"',
    'COPY t FROM stdin_file',
    'COPY t FROM /* stdin */ x',
    'COPY t -- FROM stdin',
    'COPY "from stdin" TO stdout',
    'COPY stdin TO stdout',
    'COPY',
    'COPY t FROM',
  ])('is not meant by %s', (sql) => {
    expect(isCopy(sql)).toBe(false)
  })
})

/** How many bytes stand before the first line that ends the rows, and behind it; by splitting at LF. */
function endByLines(text: string): {rows: number; behind: number} | undefined {
  const lines = text.split('\n')
  let at = 0
  for (const [index, line] of lines.entries()) {
    if (line === '\\.' || line === '\\.\r') {
      const ended = index < lines.length - 1
      return {rows: at, behind: at + line.length + Number(ended)}
    }
    at += line.length + 1
  }
  return undefined
}

/** The same by findCopyEnd, which is given the text in pieces, as the reader gives it. */
function endInPieces(text: string, cuts: readonly number[]) {
  const bytes = Buffer.from(text, 'latin1')
  let lineStart = true
  let done = 0
  for (const [index, cut] of [...cuts, bytes.length].entries()) {
    const last = index === cuts.length
    const {rows, used, ended} = findCopyEnd(bytes.subarray(done, cut), {lineStart, last})
    if (used < rows || (used > rows && !ended)) throw new Error(`${used} used for ${rows} rows`)
    if (ended) return {rows: done + rows, behind: done + used}
    if (rows > 0) lineStart = bytes[done + rows - 1] === 0x0a
    done += used
  }
  if (done !== bytes.length) throw new Error(`${done} of ${bytes.length} bytes are done with`)
  return undefined
}

describe('the end of the rows is found as by splitting into lines', () => {
  const PIECES = ['\\', '.', '\r', '\n', 'a', '\\.', '\\.\n', '\n\\.', '\r\n'] as const

  test('in every text of up to four pieces, in every chunk size', () => {
    let texts = ['']
    for (let length = 1; length <= 4; length++) {
      texts = [...new Set(texts.flatMap((text) => PIECES.map((piece) => text + piece)))]
      for (const text of texts) {
        const expected = endByLines(text)
        for (const size of [1, 2, 3, 64]) {
          const cuts = Array.from(
            {length: Math.ceil(text.length / size) - 1},
            (_, n) => (n + 1) * size,
          )
          const found = endInPieces(text, cuts)
          if (found?.rows !== expected?.rows || found?.behind !== expected?.behind)
            expect({text, size, found}).toEqual({text, size, found: expected})
        }
      }
    }
  })

  test('in one text, with every two cuts', () => {
    const text = 'a\n\\.x\n\\\\.\n \\.\n\\.\r\r\n\\. \n\\.\r\nb'
    expect(endByLines(text)).toEqual({rows: 23, behind: 27})
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        expect(endInPieces(text, [first, second])).toEqual({rows: 23, behind: 27})
      }
    }
  })
})

describe('the rows of a COPY', () => {
  const rowsOf = async (file: string, size = 64 * 1024) => {
    const {pieces, problem} = await readingOf(inChunks(file, size))
    return problem ?? pieces.filter(({kind}) => kind === 'rows').map(({text}) => text)
  }
  const copy = 'COPY t FROM stdin;'

  test.each<[string, string, string]>([
    ['LF', '1\n2\n\\.\n', '1\n2\n'],
    ['CRLF', '1\r\n2\r\n\\.\r\n', '1\r\n2\r\n'],
    ['mixed line ends, which the server refuses', '1\r\n2\n\\.\r\n', '1\r\n2\n'],
    ['none', '\\.\n', ''],
    ['an empty line', '\n\\.\n', '\n'],
    ['the end without a line end', '1\n\\.', '1\n'],
    ['the end with CR alone', '1\n\\.\r', '1\n'],
    [
      'what looks like the end',
      '\\. \n \\.\n\\.x\nx\\.\n\\.\r\r\n\\.\n',
      '\\. \n \\.\n\\.x\nx\\.\n\\.\r\r\n',
    ],
    ['backslashes', '\\\n\\\\\n\\\\.\n\\N\n\\.\n', '\\\n\\\\\n\\\\.\n\\N\n'],
    [
      'quotes, comments, commands, variables',
      "'\n/*\n$$\n\\i x\n:a\n(\n\\.\n",
      "'\n/*\n$$\n\\i x\n:a\n(\n",
    ],
  ])('%s', async (_, text, rows) => {
    for (const size of [1, 2, 3, 5, 7, 64 * 1024])
      expect(await rowsOf(`${copy}\n${text}`, size), `${size}`).toEqual([rows])
  })

  test('of CSV end inside of a quoted field too, as psql has it', async () => {
    const csv = 'COPY t FROM stdin (FORMAT csv);\n1,"a\n\\.\n'
    expect(await rowsOf(csv)).toEqual(['1,"a\n'])
  })

  test('stand in their place, and so does what follows', async () => {
    const {pieces} = await readingOf(inChunks(`SELECT 1;\n${copy}\n1\n2\n\\.\n  SELECT 2;`, 3))
    expect(pieces).toEqual<Piece[]>([
      {kind: 'batch', text: 'SELECT 1', place: 'x.sql:1:1'},
      {kind: 'copy', text: 'COPY t FROM stdin', place: 'x.sql:2:1'},
      {kind: 'rows', text: '1\n2\n', place: 'x.sql:3:1'},
      {kind: 'batch', text: 'SELECT 2', place: 'x.sql:6:3'},
    ])
  })

  test.each(['', ' ', '\r', "\t-- a; 'b", ' /* a */ -- b', ';', ' ; /* a */;'])(
    'may have %j behind the COPY in its line',
    async (rest) => {
      for (const size of [1, 2, 64])
        expect(await rowsOf(`${copy}${rest}\n1\n\\.\n`, size)).toEqual(['1\n'])
    },
  )

  test.each([
    ' SELECT 1;',
    ' SELECT 1',
    ' /* a',
    " 'a",
    ' \\echo a',
    ` ${copy}`,
    ' 1',
    ' (',
    '\\.',
    ' -- a\rSELECT 1;',
  ])('may not have %j behind it', async (rest) => {
    for (const size of [1, 2, 64]) {
      expect(await problemOf(inChunks(`SELECT 1; ${copy}${rest}\n1\n\\.\n`, size))).toBe(
        'SQL_UNSUPPORTED x.sql:1:29 something stands behind a COPY … FROM stdin in its line',
      )
    }
  })

  const UNENDED = 'the file ends before the rows of this COPY do'
  test.each([
    '',
    '\n',
    '\r\n',
    ' -- a',
    '\n1',
    '\n1\n2\n',
    '\n\\. ',
    '\n\\.x',
    '\n\\',
    '\n1\\.',
    '\n\\.\r\r',
    '\r1\r\\.\r',
  ])('%j without an end', async (rest) => {
    for (const size of [1, 2, 64]) {
      expect(await problemOf(inChunks(`SELECT 1;\n ${copy}${rest}`, size))).toBe(
        `SQL_UNTERMINATED x.sql:2:2 ${UNENDED}`,
      )
    }
  })

  test('without a semicolon behind the COPY at the end of the file', async () => {
    expect(await problemOf(inChunks('COPY t FROM stdin', 64))).toBe(
      `SQL_UNTERMINATED x.sql:1:1 ${UNENDED}`,
    )
  })

  test('longer than 1 MB in one row, ending at every border', async () => {
    for (const more of [-2, -1, 0, 1]) {
      const row = `${'x'.repeat(1024 * 1024 + more)}\n`
      expect((await rowsOf(`${copy}\n${row}\\.\n`, 1024))[0] === row).toBe(true)
    }
  })

  test('COPY … TO, FROM a file and FROM PROGRAM have none, and go alone', async () => {
    const statements = [
      'COPY t TO stdout',
      "COPY t FROM '/x'",
      "COPY t FROM PROGRAM 'x'",
      'COPY (SELECT 1 FROM stdin) TO stdout',
    ]
    const file = `SELECT 1;\n${statements.join(';\n')};\nSELECT 2;\n`
    const {pieces} = await readingOf(inChunks(file, 64))
    expect(pieces.map(({kind, text}) => [kind, text])).toEqual(
      ['SELECT 1', ...statements, 'SELECT 2'].map((text) => ['batch', text]),
    )
  })
})
