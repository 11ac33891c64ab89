import {describe, expect, test} from 'vitest'
import {createScanner, scan} from '../../../src/lib/sql/scan.js'
import type {Stop} from '../../../src/lib/sql/scanner.js'
import {CASES} from './cases.js'
import {sentByPsql} from './psql.js'
import {difference, isGap, piecesOf, stopsOf} from './scanned.js'

function textsOf(text: string, chunkSize: number): string[] {
  const bytes = Buffer.from(text)
  return stopsOf(bytes, chunkSize).map((stop) =>
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
    expect(stopsOf(Buffer.from(sql), chunkSize).at(-1)).toEqual({kind: 'unclosed', what, at})
  })

  test('stops at a backslash and tells whether a statement is under way', () => {
    expect(stopsOf(Buffer.from('\\a\nSELECT 1 \\g\n'), chunkSize)).toEqual([
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

test.each(CASES)('$name: but blanks, comments and semicolons around the statements', ({sql}) => {
  const {statements, gaps, rest} = piecesOf(sql)
  expect([...gaps, rest].filter((gap) => !isGap(gap))).toEqual([])
  expect(statements.filter(isGap)).toEqual([])
})

test('psql sends the same statements', async (context) => {
  const sent = await sentByPsql(CASES.map(({sql}) => sql))
  if (!sent) return context.skip('psql is not installed')
  for (const [index, {name, sql, psqlDiffers}] of CASES.entries()) {
    const queries = (sent[index] ?? []).map(({query}) => query)
    const same = psqlDiffers === undefined
    expect(difference(sql, queries) === undefined, `${name}: ${JSON.stringify(queries)}`).toBe(same)
  }
})
