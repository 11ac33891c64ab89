import type pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {alignOf, gridOf} from '../../../../src/lib/shell/format/grid.js'
import {wholeTable} from '../../../../src/lib/shell/format/table.js'
import {queryRows} from '../../../../src/lib/shell/query.js'
import {connect} from '../../../support/postgres.js'
import {hasPsql, psqlOutput} from '../psql.js'

let client: pg.Client

beforeAll(async () => {
  client = await connect('postgres')
})
afterAll(async () => await client.end())

async function wrappedAt(columns: number, sql: string): Promise<string> {
  const {fields, rows} = await queryRows(client, sql)
  const aligns = fields.map(({dataTypeID}) => alignOf(dataTypeID))
  const texts = rows.map((row) => row.map((value) => value ?? ''))
  const heads = fields.map(({name}) => name)
  const grid = gridOf(heads, texts, {aligns, harmless: false})
  return wholeTable({title: '', grid, footers: null, expanded: 'off'}, columns)
}

const RESULTS = [
  "SELECT 'a' AS short, repeat('1234567890', 12) AS long, 7 AS n",
  "SELECT repeat('ab', 40) AS one, repeat('cd', 30) AS two UNION ALL SELECT 'x', 'y'",
  "SELECT E'first line of two\\nsecond and rather longer one' AS t, repeat('z', 50) AS u",
  "SELECT repeat('日本', 30) AS wide, 123456 AS n",
]

describe.skipIf(!hasPsql())('a table is broken to fit as by psql', () => {
  for (const columns of [30, 60, 80, 200]) {
    test.each(RESULTS)(`at ${columns} columns: %s`, async (sql) => {
      const options = ['-P', 'format=wrapped', '-P', `columns=${columns}`]
      expect(await wrappedAt(columns, sql)).toBe(psqlOutput('postgres', [...options, '-c', sql]))
    })
  }
})

test('a table that fits is left as it is, and one whose headings do not fit, too', async () => {
  expect(await wrappedAt(10, 'SELECT 1 AS a')).toBe(' a \n---\n 1\n(1 row)\n\n')
  expect(await wrappedAt(3, "SELECT 'xyz' AS heading")).toBe(
    ' heading \n---------\n xyz\n(1 row)\n\n',
  )
})
