import {describe, expect, test} from 'vitest'
import {placeAt} from '../../../src/lib/sql/place-at.js'
import {
  chunksOf,
  fileOf,
  inChunks,
  type Piece,
  partsOf,
  problemOf,
  readingOf,
  runModule,
  statementsOf,
} from './parts.js'

const MB = 1024 * 1024
const SIZES = [1, 2, 7, 4096, 64 * 1024] as const

/** All that the reader has to do with, over more than one small chunk. */
const EVERYTHING = [
  "SELECT 'é😀', $ä$ ; ' $ä$; SELECT 2;",
  '\\restrict aB1',
  '-- a; \'"',
  '/* b /* c; */ */ SELECT (1;2);',
  'COPY public.t (a) FROM stdin;',
  '1\té',
  '\\.x',
  '\\N',
  '\\.',
  '',
  '\\unrestrict aB1',
  `\\echo 'a b'  c \\\\ SELECT E'a\\'b;';`,
  "SET standard_conforming_strings = off; SELECT 'a\\';b'; RESET ALL; SELECT 'a\\';",
  '\\encoding UTF8',
  'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;',
  'COPY t FROM STDOUT (FORMAT csv); -- d',
  '"x',
  '\\.',
  '\\connect x',
  `${'-- 😀\n'.repeat(2000)}   ;; INSERT INTO t VALUES ('${'ü'.repeat(5000)}') ;`,
  'SELECT 9',
].join('\n')

describe('the same, however the file is cut into chunks', () => {
  const crlf = EVERYTHING.replaceAll('\n', '\r\n')
  const files: Record<string, string> = {
    LF: EVERYTHING,
    CRLF: crlf,
    'a byte order mark': `\ufeff${EVERYTHING}`,
    'a byte order mark and CRLF': `\ufeff${crlf}`,
  }
  test.each(Object.entries(files))('%s', async (_, text) => {
    const whole = await readingOf(inChunks(text, MB))
    expect(whole.problem).toBeUndefined()
    expect(whole.pieces.length).toBeGreaterThan(15)
    for (const size of SIZES)
      expect(await readingOf(inChunks(text, size)), `${size}`).toEqual(whole)
  })

  test('CR alone: statements and places', async () => {
    const text = "SELECT 1;\rSELECT\r 2;\r\r  SELECT 'a\r';\rCOPY"
    const whole = await readingOf(inChunks(text, MB))
    expect(whole.pieces.map(({place}) => place)).toEqual(
      ['1:1', '2:1', '5:3', '7:1'].map((place) => `x.sql:${place}`),
    )
    for (const size of SIZES)
      expect(await readingOf(inChunks(text, size)), `${size}`).toEqual(whole)
  })

  const problems: Record<string, string | Buffer> = {
    'an invalid byte': Buffer.from("SELECT 1;\nSELECT 'ä\xff';\n", 'latin1'),
    'an unclosed quote': `SELECT 1;\n${' '.repeat(300)}SELECT 'é\n\n\n`,
    'a command': 'SELECT 1;\n  /* é */ \\gexec x\nSELECT 2;',
    'a BEGIN': 'SELECT 1; /* é */ BEGIN; SELECT 2;',
    'no end of the rows': 'SELECT 1;\n COPY t FROM stdin;\n1\n2\n\\.x',
    'a statement behind a COPY': 'SELECT 1;\nCOPY t FROM stdin; SELECT 2;\n1\n\\.\n',
    'NUL in the rows': 'COPY t FROM stdin;\n1\n2é\0\n\\.\n',
    'UTF-16': Buffer.from('\ufeffSELECT 1;', 'utf16le'),
    'a dump of another format': 'PGDMP\u0001\u000e\u0000',
  }
  test.each(Object.entries(problems))('the problem: %s', async (_, text) => {
    const whole = await problemOf(inChunks(text, MB))
    expect(whole).toMatch(/^SQL_\w+ x\.sql:\d+:\d+ /)
    for (const size of SIZES) expect(await problemOf(inChunks(text, size)), `${size}`).toBe(whole)
  })
})

describe('places', () => {
  const places = (pieces: readonly Piece[]) => pieces.map(({place}) => place.replace('x.sql:', ''))

  test('of statements, rows and commands, in characters, when the lines before are long gone', async () => {
    const filler = `INSERT INTO t VALUES ('${'é'.repeat(100)}');\n`.repeat(20_000)
    const text = `${filler}  /* 😀 */ SELECT 1;\nCOPY t FROM stdin;\n1\n\\.\n ;\\encoding UTF8\n`
    const {pieces} = await readingOf(inChunks(text, 64 * 1024))
    expect(places(pieces).slice(-4)).toEqual(['20001:11', '20002:1', '20003:1', '20005:3'])
  })

  test('of statements far behind in a line of 1 MB', async () => {
    const text = `SELECT 0;\n${"SELECT 'é';".repeat(100_000)}SELECT x;`
    const found: number[] = []
    for await (const part of partsOf(inChunks(text, 4096))) {
      if (part.kind !== 'batch') throw new Error(part.kind)
      const first = part.statements[0]
      found.push(placeAt(part.text, first?.start ?? 0).column)
      const last = part.statements.at(-1)
      found.push(placeAt(part.text, last?.start ?? 0).column)
    }
    expect(found.length).toBeGreaterThan(6)
    expect(found[0]).toBe(1)
    expect(found.slice(1).every((column) => column % 11 === 1)).toBe(true)
    expect(found.at(-1)).toBe(1_100_001)
  })

  test('of a line that is longer than what is kept of it, cut inside of a character', async () => {
    const text = `SELECT '${'😀'.repeat(40_000)}'; SELECT '${'é'.repeat(10_000)}'; \\gset`
    for (const size of [5, 4095, 4097, 65_535]) {
      const problem = await problemOf(inChunks(text, size))
      expect(problem).toMatch(/^SQL_UNSUPPORTED x\.sql:1:50023 /)
    }
  })
})

describe('sizes', () => {
  test('a statement of 3 MB between small ones comes whole, in its place', async () => {
    const long = `SELECT '${'é;\n'.repeat(MB)}'`
    const {pieces} = await readingOf(inChunks(`SELECT 1;\n${long};\nSELECT 3;`, 64 * 1024))
    expect(pieces.map(({text}) => text.length)).toEqual([8, long.length, 8])
    expect(pieces[1]?.text === long).toBe(true)
    expect(pieces.map(({place}) => place)).toEqual(['x.sql:1:1', 'x.sql:2:1', 'x.sql:1048579:1'])
  })

  test('a statement of 40 MB comes whole', async () => {
    const rows = Buffer.from(`('${'x;'.repeat(510)}'),`.repeat(64))
    const chunks = async function* () {
      yield Buffer.from('SELECT 1; INSERT INTO t VALUES ')
      for (let count = 0; count < 640; count++) yield rows
      yield Buffer.from('(2);\nSELECT 3')
    }
    const sizes: number[] = []
    for await (const part of partsOf(fileOf(chunks))) {
      if (part.kind === 'batch') sizes.push(...part.statements.map(({start, end}) => end - start))
    }
    expect(sizes).toEqual([8, 640 * rows.length + 'INSERT INTO t VALUES (2)'.length, 8])
  })

  test('batches are of 256 KB and a chunk at most, and hold every statement once', async () => {
    const statement = `INSERT INTO t VALUES ('${'x'.repeat(70)}');\n`
    const bytes = Buffer.from(statement.repeat(100_000))
    const sizes: number[] = []
    let statements = 0
    for await (const part of partsOf(inChunks(bytes, 64 * 1024))) {
      if (part.kind !== 'batch') throw new Error(part.kind)
      const [first, last] = [part.statements[0], part.statements.at(-1)]
      sizes.push((last?.end ?? 0) - (first?.start ?? 0))
      statements += part.statements.length
    }
    expect(statements).toBe(100_000)
    expect(Math.max(...sizes)).toBeLessThan((256 + 64) * 1024)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan((256 - 1) * 1024)
  })

  test('a statement of more than 256 MB is refused where it begins, not where its batch does', async () => {
    const rows = Buffer.alloc(MB, 'x')
    const chunks = async function* () {
      yield Buffer.from("SELECT 1;\n  SELECT 2;\n  SELECT '")
      for (let size = 0; size < 260 * MB; size += rows.length) yield rows
    }
    expect(await problemOf(fileOf(chunks))).toBe(
      'SQL_TOO_LARGE x.sql:3:3 the statement that begins here is longer than 256 MB',
    )
  })

  test('a comment of 5 MB, and blanks of 5 MB, are read over', async () => {
    const text = `/* ${'é ; \' "\n'.repeat(600_000)} */ SELECT 1;${'\n'.repeat(5 * MB)}SELECT 2`
    const {pieces} = await readingOf(inChunks(text, 64 * 1024))
    expect(pieces).toEqual([
      {kind: 'batch', text: 'SELECT 1', place: 'x.sql:600001:5'},
      {kind: 'batch', text: 'SELECT 2', place: `x.sql:${600_001 + 5 * MB}:1`},
    ])
  })

  test('nothing at all, blanks and comments only', async () => {
    for (const text of ['', '\ufeff', ';', ' \n;;\r\n', '-- a', '/* a */', '-- a\n\n;']) {
      expect(await statementsOf(inChunks(text, 2)), JSON.stringify(text)).toEqual([])
    }
  })
})

describe.concurrent('memory does not grow with the file', () => {
  /** Reads 300 MB made of `line`, after `head`, in a process whose heap is small. */
  const growthFor = async (head: string, line: string) => {
    const {code, stdout, stderr} = await runModule(
      `
      const {readParts} = await import(library + 'read.ts')
      const {startSession} = await import(library + 'part.ts')
      const chunk = Buffer.from(${JSON.stringify(line)}.repeat(Math.floor(262144 / ${line.length})))
      const read = async function* (mb) {
        yield Buffer.from(${JSON.stringify(head)})
        // As a file is read: each chunk in new memory.
        for (let size = 0; size < mb * 1048576; size += chunk.length) {
          yield Buffer.concat([chunk])
          await new Promise(setImmediate)
        }
        yield Buffer.from('\\n\\\\.\\n')
      }
      let bytes = 0
      const run = async (mb) => {
        const file = {path: 'x', folder: '/', size: 1, id: 'x', read: () => read(mb)}
        const options = {transaction: true, database: 'x', cwd: '/', included: new Map()}
        try {
          for await (const part of readParts(file, startSession(true), options)) {
            if (part.kind === 'copy') for await (const row of part.rows) bytes += row.bytes.length
            else for (const {start, end} of part.statements) bytes += end - start
          }
        } catch (error) {
          if (!error.message.includes('is a command of psql')) throw error
        }
      }
      await run(20)
      const before = process.resourceUsage().maxRSS
      bytes = 0
      await run(300)
      console.log(JSON.stringify({bytes, grown: (process.resourceUsage().maxRSS - before) / 1024}))
      `,
      {flags: ['--max-old-space-size=64']},
    )
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    return JSON.parse(stdout) as {bytes: number; grown: number}
  }

  test('one-row INSERTs', async () => {
    const line = `INSERT INTO t VALUES (1, 'something or other, as rows go', 12345, now());\n`
    const {bytes, grown} = await growthFor('SELECT 1;\n', line)
    expect(bytes).toBeGreaterThan(290 * MB)
    expect(grown).toBeLessThan(60)
  })

  test('rows of a COPY', async () => {
    const {bytes, grown} = await growthFor('COPY t FROM stdin;\n', '1\tsomething or other\t12345\n')
    expect(bytes).toBeGreaterThan(299 * MB)
    expect(grown).toBeLessThan(60)
  })

  test('rows of a COPY in one line', async () => {
    const {bytes, grown} = await growthFor('COPY t FROM stdin;\n', 'x'.repeat(64))
    expect(bytes).toBeGreaterThan(299 * MB)
    expect(grown).toBeLessThan(60)
  })
})

describe('reading can be given up', () => {
  test('at once with the signal, while the file has no more to give', async () => {
    const stop = new AbortController()
    const chunks = async function* () {
      yield Buffer.from('SELECT 1;\n')
      stop.abort(new Error('stopped'))
      await new Promise(() => {})
    }
    const read = statementsOf(fileOf(chunks), {signal: stop.signal})
    await expect(read).rejects.toThrow('stopped')
  })

  test('by its reader, which closes the file', async () => {
    let closed = false
    const chunks = async function* () {
      try {
        yield* chunksOf('SELECT 1;\n'.repeat(1000), 100)
      } finally {
        closed = true
      }
    }
    for await (const part of partsOf(fileOf(chunks), {transaction: false})) {
      expect(part.kind).toBe('batch')
      break
    }
    expect(closed).toBe(true)
  })

  test('what the file fails with is thrown as it is', async () => {
    const chunks = async function* () {
      yield Buffer.from('SELECT 1;\n')
      throw new Error('EIO: i/o error')
    }
    await expect(statementsOf(fileOf(chunks))).rejects.toThrow('EIO: i/o error')
  })
})
