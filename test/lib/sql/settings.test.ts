import {describe, expect, test} from 'vitest'
import {goesAlone, standardStringsAfter} from '../../../src/lib/sql/settings.js'

const whole = (sql: string) => {
  const bytes = Buffer.from(`;${sql}`)
  return [bytes, {start: 1, end: bytes.length}] as const
}
const after = (sql: string, initial = true) => standardStringsAfter(...whole(sql), initial)

describe('standard_conforming_strings behind a statement', () => {
  test.each([
    'SET standard_conforming_strings = off',
    'set STANDARD_CONFORMING_STRINGS TO OFF',
    "SET standard_conforming_strings = 'off'",
    'SET SESSION standard_conforming_strings = false',
    'SET LOCAL standard_conforming_strings TO no',
    'SET\n\tstandard_conforming_strings\n=\n0',
    'SET standard_conforming_strings=of',
    'SET standard_conforming_strings = f',
    "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false)",
    "SELECT set_config ( 'standard_conforming_strings' , 'no' , true )",
  ])('%s: off', (sql) => {
    expect(after(sql)).toBe(false)
  })

  test.each([
    'SET standard_conforming_strings = on',
    "SET standard_conforming_strings = 'true'",
    'SET standard_conforming_strings TO 1',
    "SELECT set_config('standard_conforming_strings', 'on', false)",
  ])('%s: on', (sql) => {
    expect(after(sql, false)).toBe(true)
  })

  test.each([
    'RESET standard_conforming_strings',
    'RESET ALL',
    'DISCARD ALL',
    'SET standard_conforming_strings = DEFAULT',
    'SET standard_conforming_strings TO default',
  ])('%s: as at the beginning', (sql) => {
    expect(after(sql, true)).toBe(true)
    expect(after(sql, false)).toBe(false)
  })

  test.each([
    'SET client_encoding = off',
    'SET standard_conforming_strings_x = off',
    'RESET search_path',
    'DISCARD TEMP',
    'SHOW standard_conforming_strings',
    "SELECT 'SET standard_conforming_strings = off'",
    "SELECT current_setting('standard_conforming_strings')",
    'ALTER ROLE x SET standard_conforming_strings = off',
    "INSERT INTO t VALUES ('SET standard_conforming_strings = off')",
    '',
  ])('%j: as it was', (sql) => {
    expect(after(sql)).toBeUndefined()
  })

  test('what a function would do when it is called is not done by its definition', () => {
    const body = "SELECT set_config('standard_conforming_strings', 'off', true)"
    expect(after(`CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ ${body} $$`)).toBeUndefined()
    expect(after(`COMMENT ON TABLE t IS $$ ${body} $$`)).toBeUndefined()
  })
})

describe('a statement that must not be sent with the next one', () => {
  const alone = (sql: string) => goesAlone(...whole(sql))

  test.each([
    'SET standard_conforming_strings = off',
    'SET client_encoding TO latin1',
    "SET NAMES 'latin1'",
    'RESET ALL',
    'RESET client_encoding',
    'DISCARD ALL',
    "SELECT pg_catalog.set_config('client_encoding', 'LATIN1', false)",
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'create or\nreplace  function f() …',
    'CREATE PROCEDURE p() …',
  ])('%s', (sql) => {
    expect(alone(sql)).toBe(true)
  })

  test.each([
    'SET search_path = public',
    'SELECT 1',
    "SELECT pg_catalog.set_config('search_path', '', false)",
    'RESET search_path',
    'CREATE TABLE functions (names text)',
    'CREATE TRIGGER t … EXECUTE FUNCTION f()',
    'DROP FUNCTION f()',
    'INSERT INTO client_encoding VALUES (1)',
    '',
  ])('%j may be', (sql) => {
    expect(alone(sql)).toBe(false)
  })

  test('however long it is', () => {
    expect(alone(`SELECT ${'1, '.repeat(2000)} 2`)).toBe(false)
    expect(alone(`SET NAMES ${' '.repeat(5000)}'latin1'`)).toBe(true)
  })
})
