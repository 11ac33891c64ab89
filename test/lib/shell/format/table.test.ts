import type pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Surface, tablePrinter} from '../../../../src/lib/shell/format/table.js'
import {queryRows} from '../../../../src/lib/shell/query.js'
import {connect} from '../../../support/postgres.js'
import {hasPsql, psqlOutput} from '../psql.js'

const PIPE: Surface = {columns: undefined, harmless: false}

let client: pg.Client

beforeAll(async () => {
  client = await connect('postgres')
})
afterAll(async () => await client.end())

async function printed(
  sql: string,
  expanded: 'on' | 'off' | 'auto' = 'off',
  {surface = PIPE, nullText = ''}: {surface?: Surface; nullText?: string} = {},
): Promise<string> {
  const {fields, rows} = await queryRows(client, sql)
  const printer = tablePrinter(fields, {expanded, nullText}, surface)
  return rows.map((row) => printer.add(row)).join('') + printer.end()
}

const RESULTS = [
  'SELECT 1 AS a',
  'SELECT 1 AS a WHERE false',
  'SELECT',
  'SELECT FROM generate_series(1, 3)',
  'SELECT n, n * 1000 AS "much more", n::text FROM generate_series(9, 11) n',
  `SELECT 1 AS "two
lines", 'x' AS "a long heading", 2 AS b`,
  `SELECT E'one\\ntwo\\n\\nfour' AS t, 12.50 AS n, E'\\n' AS m, NULL AS nothing`,
  `SELECT 7 AS n, E'a\\nb' AS t, E'c\\nd\\ne' AS u UNION ALL SELECT 10, 'x', 'y' ORDER BY 1`,
  `SELECT '日本語' AS "языки", 'é' AS accent, E'e\\u0301' AS combined, 'ｶ' AS half`,
  `SELECT E'a\\tb\\tc' AS tabs, E'日\\tx' AS wide, E'\\t' AS one`,
  `SELECT E'\\x01\\x1b[31m\\r\\x7f' AS control, E'\\u0085' AS c1`,
  `SELECT true, 'infinity'::timestamp, '1 day'::interval, '{1,2}'::int[], '\\x00ff'::bytea, 1::float8 / 3, 'a'::"char"`,
  `SELECT 1::oid, 2::money, 3::smallint, 4::bigint, 5.0::real, 'x'::name, '6'::xid`,
  `SELECT '' AS " ", 'a' AS "b""c"`,
  `SELECT repeat('x', 300) AS long, 1 AS n`,
  `SELECT * FROM generate_series(1, 120) AS "a number"`,
]

test('a value with more lines than a function takes arguments is printed', async () => {
  const text = await printed(`SELECT repeat(E'\\n', 200000) AS t`)
  expect(text.split('\n')).toHaveLength(200_006)
})

test('one wide value among many rows, which are padded to it, needs no more than a string holds', () => {
  const printer = tablePrinter(
    ['a', 'b'].map((name) => ({name, dataTypeID: 25})),
    {expanded: 'off', nullText: ''},
    PIPE,
  )
  let longest = 0
  for (let row = 0; row < 2000; row++) {
    longest = Math.max(
      longest,
      printer.add([row === 1000 ? 'x'.repeat(1_000_000) : 'y', 'z']).length,
    )
  }
  longest = Math.max(longest, printer.end().length)
  expect(longest).toBeLessThan(70 * 1024 * 1024)
})

describe.skipIf(!hasPsql())('a result is printed byte for byte as by psql', () => {
  test.each(RESULTS)('%s', async (sql) => {
    expect(await printed(sql)).toBe(psqlOutput('postgres', ['-c', sql]))
  })

  test.each(RESULTS)('expanded: %s', async (sql) => {
    expect(await printed(sql, 'on')).toBe(psqlOutput('postgres', ['-x', '-c', sql]))
  })

  test('with a text for nulls', async () => {
    const sql = 'SELECT NULL AS a, 1 AS b, NULL::int AS c'
    const expected = psqlOutput('postgres', ['-P', 'null=(none)', '-c', sql])
    expect(await printed(sql, 'off', {nullText: '(none)'})).toBe(expected)
  })
})

describe('on a terminal', () => {
  const narrow: Surface = {columns: 20, harmless: true}

  test('auto expands what is wider than it, and nothing that just fits', async () => {
    const fits = "SELECT '1234567' AS a, '1234567' AS b"
    const surface = (columns: number): Surface => ({columns, harmless: true})
    expect(await printed(fits, 'auto', {surface: surface(19)})).toMatch(/^ {4}a/)
    expect(await printed(fits, 'auto', {surface: surface(18)})).toMatch(/^-\[ RECORD 1 \]/)
  })

  test('the rule above a record ends where the terminal does', async () => {
    const text = await printed("SELECT repeat('x', 60) AS a", 'auto', {surface: narrow})
    expect(text.split('\n')[0]).toBe('-[ RECORD 1 ]-------')
  })

  test('what turns the direction of text, or cannot be seen, is escaped', async () => {
    const sql = "SELECT E'a\\u202eb\\u200bc\\u2028' AS t"
    const text = await printed(sql, 'off', {surface: {columns: 80, harmless: true}})
    expect(text).toContain(' a\\u202Eb\\u200Bc\\u2028\n')
  })
})

test('a large result is printed in portions, which go on counting and widen their columns', async () => {
  const {fields} = await queryRows(client, 'SELECT 1 AS n WHERE false')
  const printer = tablePrinter(fields, {expanded: 'off', nullText: ''}, PIPE)
  const first = Array.from({length: 10_000}, (_, n) => printer.add([String(n)])).join('')
  expect(first.split('\n').length).toBe(10_003)
  expect(first.startsWith('  n   \n------\n    0\n')).toBe(true)
  expect(printer.add(['1234567'])).toBe('')
  expect(printer.add(['1'])).toBe('')
  expect(printer.end()).toBe(' 1234567\n       1\n(10002 rows)\n\n')
})

test('records of a large result are numbered on', () => {
  const printer = tablePrinter([{name: 'n', dataTypeID: 23}], {expanded: 'on', nullText: ''}, PIPE)
  for (let n = 0; n < 10_000; n++) printer.add([String(n)])
  printer.add(['5'])
  expect(printer.end()).toBe('-[ RECORD 10001 ]\nn | 5\n\n')
})
