import {expect, test} from 'vitest'
import {shownStatement} from '../../../../src/lib/postgres/connection/trace-queries.js'

test.each([
  ['SELECT 1', 'SELECT ?'],
  [
    'INSERT INTO t2 VALUES (4111111111111111, .5, -1e9, $1)',
    'INSERT INTO t2 VALUES (?, ?, -?, $1)',
  ],
  ['SELECT $1,\n       $2 FROM t WHERE a = $10', 'SELECT $1, $2 FROM t WHERE a = $10'],
  ["ALTER ROLE app PASSWORD 'hunter2'", 'ALTER ROLE app PASSWORD …'],
  ["ALTER ROLE app PASSWORD E'hun\\'ter2'", 'ALTER ROLE app PASSWORD E…'],
  ['ALTER ROLE app PASSWORD $$hunter2$$', 'ALTER ROLE app PASSWORD …'],
  ['ALTER ROLE app PASSWORD $_$hunter2$_$', 'ALTER ROLE app PASSWORD …'],
  ["SELECT 1 -- don't\nFROM t WHERE a = 'hunter2'", 'SELECT ? …'],
  ['SELECT 1 /* hunter2 */ FROM t -- hunter2', 'SELECT ? FROM t'],
  ['SELECT /* hunter2', 'SELECT'],
  [`SELECT ${'x, '.repeat(100)}`, `SELECT ${'x, '.repeat(51)}…`],
  [`SELECT${' '.repeat(1000)}'hunter2'`, 'SELECT …'],
])('%j is shown as %j', (sql, shown) => {
  expect(shownStatement(sql)).toBe(shown)
})
