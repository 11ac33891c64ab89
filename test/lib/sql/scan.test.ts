import {describe, expect, test} from 'vitest'
import {createScanner, finish, scan, type Unclosed} from '../../../src/lib/sql/scan.js'
import type {Stop} from '../../../src/lib/sql/scanner.js'
import {CASES} from './cases.js'
import {sentByPsql} from './psql.js'

function stopsOf(text: string, chunkSize: number): (Stop | Unclosed)[] {
  const bytes = Buffer.from(text)
  const scanner = createScanner()
  const stops: (Stop | Unclosed)[] = []
  for (let base = 0; base < bytes.length; base += chunkSize) {
    const chunk = bytes.subarray(base, base + chunkSize)
    for (let stop = scan(scanner, chunk, base); stop; stop = scan(scanner, chunk, base)) {
      stops.push(stop)
    }
  }
  const last = finish(scanner)
  return last ? [...stops, last] : stops
}

function textsOf(text: string, chunkSize: number): string[] {
  const bytes = Buffer.from(text)
  return stopsOf(text, chunkSize).map((stop) =>
    stop.kind === 'statement'
      ? bytes.toString('utf8', stop.statement.start, stop.statement.end)
      : `${stop.kind} at ${stop.at}`,
  )
}

describe.each([1, 2, 7, 64 * 1024])('in chunks of %d bytes', (chunkSize) => {
  test.each(CASES)('$name: the very bytes of each statement', ({sql, statements}) => {
    expect(textsOf(sql, chunkSize)).toEqual(statements)
  })

  test.each([
    ["SELECT 1;\nSELECT 'a", 'quote', 17],
    ["SELECT E'a\\", 'quote', 8],
    ["SELECT 'a'\n'b", 'quote', 11],
    ["SELECT 'a''b", 'quote', 7],
    ['SELECT "a', 'double quote', 7],
    ['SELECT 1 /* a /* b */', 'comment', 9],
    ['/*', 'comment', 0],
    ['SELECT 1 /* *', 'comment', 9],
    ['SELECT $a$ $a', 'dollar quote', 7],
    ['SELECT $$ $', 'dollar quote', 7],
    ['SELECT (1, (2); SELECT 3;', 'parenthesis', 7],
    ['CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;', 'BEGIN', 20],
    ['CREATE FUNCTION f() BEGIN', 'BEGIN', 20],
    ['CREATE FUNCTION f() BEGIN ATOMIC BEGIN END;', 'BEGIN', 20],
    ['CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1; END;', 'BEGIN', 20],
  ])('%j: names what is unclosed, and where it was opened', (sql, what, at) => {
    expect(stopsOf(sql, chunkSize).at(-1)).toEqual({kind: 'unclosed', what, at})
  })

  test('stops at a backslash and tells whether a statement is under way', () => {
    expect(stopsOf('\\a\nSELECT 1 \\g\n', chunkSize)).toEqual([
      {kind: 'backslash', at: 0, within: false},
      {kind: 'backslash', at: 12, within: true},
      {kind: 'statement', statement: {start: 1, end: 15}},
    ])
  })

  test('reads on from where the caller moved it, in whatever chunk that lies', () => {
    const bytes = Buffer.from("\\x it's\nSELECT 1;")
    const scanner = createScanner()
    const stops: Stop[] = []
    for (let base = 0; base < bytes.length; base += chunkSize) {
      const chunk = bytes.subarray(base, base + chunkSize)
      for (let stop = scan(scanner, chunk, base); stop; stop = scan(scanner, chunk, base)) {
        if (stop.kind === 'backslash') scanner.position = 8
        stops.push(stop)
      }
    }
    expect(stops).toEqual([
      {kind: 'backslash', at: 0, within: false},
      {kind: 'statement', statement: {start: 8, end: 16}},
    ])
  })
})

test('a megabyte of one word, or of one tag, is read like any other', () => {
  const word = 'c'.repeat(1024 * 1024)
  expect(textsOf(`${word}; $${word} ;`, 64 * 1024)).toEqual([word, `$${word} `])
})

test('with standard_conforming_strings off, a backslash escapes in every string', () => {
  const scanner = createScanner()
  scanner.standardStrings = false
  const bytes = Buffer.from("SELECT 'it\\'s;', N'\\';';")
  expect(scan(scanner, bytes)).toEqual({kind: 'statement', statement: {start: 0, end: 23}})
})

/** As psql sends it: with `;`, blank lines left out, and block comments before the statement kept. */
function isSentAs(statement: string, query: string): boolean {
  const bare = (text: string) => text.replaceAll(/\s+/g, '')
  return bare(query).replace(/;$/, '').endsWith(bare(statement))
}

test('psql sends the same statements', async (context) => {
  const cases = CASES.filter(({psqlDiffers}) => psqlDiffers === undefined)
  const sent = await sentByPsql(cases.map(({sql}) => sql))
  if (!sent) return context.skip('psql is not installed')
  for (const [index, {name, statements}] of cases.entries()) {
    const queries = (sent[index] ?? []).filter((query) => textsOf(query, 1024).length > 0)
    expect(queries, name).toHaveLength(statements.length)
    for (const [at, statement] of statements.entries()) {
      expect(isSentAs(statement, queries[at] ?? ''), `${name}: ${queries[at]}`).toBe(true)
    }
  }
})
