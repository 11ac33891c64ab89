import {describe, expect, test} from 'vitest'
import {bind} from '../../../src/lib/template/bind.js'
import type {Values} from '../../../src/lib/template/value.js'
import {BARE} from '../../../src/lib/template/wrap.js'
import {templateOf} from './support.js'

async function sent(text: string, values: Values = {}): Promise<[string, readonly unknown[]]> {
  const {sql, values: bound} = bind(await templateOf(text), values, BARE)
  return [sql, bound]
}

describe('what is sent', () => {
  test('has a number for each name, the same wherever it stands', async () => {
    expect(await sent('SELECT %(b)s, %(a)s,%(b)s;\n', {a: 1, b: '2'})).toEqual([
      'SELECT $1, $2,$1',
      ['2', 1],
    ])
  })

  test('has one percent sign for two, in quotes too', async () => {
    const [sql] = await sent(`SELECT 5 %% 3, 'a%%' AS "b%%", $$c%%$$, 'x' %%%% 'y'`)
    expect(sql).toBe(`SELECT 5 % 3, 'a%' AS "b%", $$c%$$, 'x' %% 'y'`)
  })

  test('is the statement without what stands around it', async () => {
    const text = '\ufeff-- 100% %(old)s\n/* %s */ SELECT 1 -- %d\r\n ; -- %(more)s\n'
    expect(await sent(text)).toEqual(['SELECT 1 -- %d\r\n ', []])
  })

  test('never has a value in it', async () => {
    const values = {a: `p%40"\\'# x; DROP TABLE users --`}
    expect(await sent('SELECT %(a)s', values)).toEqual(['SELECT $1', [values.a]])
  })

  test('keeps a parameter apart from the words next to it, of which it would become a part', async () => {
    const values = {a: 1, b: 2}
    const text = 'SELECT%(a)sAS n WHERE ü LIKE%(b)s AND x>%(a)sAND y=%(b)s::int; -- %%'
    expect((await sent(text, values))[0]).toBe(
      'SELECT $1 AS n WHERE ü LIKE $2 AND x>$1 AND y=$2::int',
    )
    expect((await sent('SELECT $a%(a)s$, %(a)s%(b)s', values))[0]).toBe('SELECT $a $1 $, $1 $2')
  })

  test('has a parameter of every name that an object has of its own', async () => {
    const values = Object.fromEntries(['__proto__', 'constructor', 'toString'].map((n) => [n, n]))
    const text = 'SELECT %(__proto__)s, %(constructor)s, %(toString)s'
    expect(await sent(text, values)).toEqual([
      'SELECT $1, $2, $3',
      ['__proto__', 'constructor', 'toString'],
    ])
    await expect(sent(text, {})).rejects.toThrow(
      'has no value for "__proto__", "constructor", "toString"',
    )
  })

  test('a date is an instant with NULL beside it, in lists of lists, and among others', async () => {
    const date = new Date(Date.UTC(2026, 1, 3, 4, 5, 6))
    const instant = '2026-02-03T04:05:06.000Z'
    const values = {a: [date, null], b: [[date], [date]], c: [date, 'x'], d: []}
    expect(await sent('SELECT %(a)s, %(b)s, %(c)s, %(d)s', values)).toEqual([
      'SELECT $1::timestamptz[], $2::timestamptz[], $3, $4',
      [[instant, null], [[instant], [instant]], [instant, 'x'], []],
    ])
  })

  test('takes as many parameters as PostgreSQL, and says when there are more', async () => {
    const names = Array.from({length: 65_536}, (_, at) => `p${at}`)
    const values = Object.fromEntries(names.map((name) => [name, 1]))
    const text = (some: readonly string[]) =>
      `SELECT ${some.map((name) => `%(${name})s`).join(',')}`
    const {p65535: _, ...most} = values
    expect((await sent(text(names.slice(0, -1)), most))[1]).toHaveLength(65_535)
    await expect(sent(text(names), values)).rejects.toThrow(
      't.sql has 65536 parameters, and PostgreSQL takes 65535',
    )
  })

  test('an object is JSON, in a list too; what cannot be that is refused before anything is sent', async () => {
    expect(await sent('SELECT %(a)s, %(b)s', {a: {x: "'"}, b: [{y: 1}]})).toEqual([
      'SELECT $1, $2',
      [`{"x":"'"}`, ['{"y":1}']],
    ])
    const ring: {[name: string]: unknown} = {}
    ring['self'] = ring
    const list: Values[string][] = []
    list.push(list as never)
    for (const a of [ring, {n: 1n}, [ring], list, (() => 1) as never, Symbol('x') as never])
      await expect(sent('SELECT %(a)s', {a: a as never})).rejects.toMatchObject({
        code: 'TEMPLATE_PARAMETERS',
        message: expect.stringMatching(/^the value of "a" (cannot be written as JSON|is a )/),
      })
  })

  test.each(['a\0', '\ud800'])(
    'a text in a list is checked as one on its own: %j',
    async (text) => {
      await expect(sent('SELECT %(a)s', {a: [['x', text]]})).rejects.toThrow(
        /the value of "a" holds/,
      )
    },
  )

  test('a date is an instant, in a list too', async () => {
    const date = new Date(Date.UTC(2026, 1, 3, 4, 5, 6))
    expect(await sent('SELECT %(a)s, %(b)s', {a: date, b: [date]})).toEqual([
      'SELECT $1::timestamptz, $2::timestamptz[]',
      ['2026-02-03T04:05:06.000Z', ['2026-02-03T04:05:06.000Z']],
    ])
  })
})

/** Place, message and hint of a refusal. */
async function refusal(text: string | Buffer): Promise<string> {
  const error = await templateOf(text).catch((reason: unknown) => reason)
  const {code, details, message} = error as {
    code: string
    message: string
    details: Record<string, unknown>
  }
  return `${code} ${details['line']}:${details['column']} ${message}: ${details['hint']}`
}

describe('a template is refused, with the place,', () => {
  test.each([
    [
      `SELECT\n  'ü' || '%(name)s'`,
      'TEMPLATE_INVALID 2:11 the parameter "name" stands inside of a string, where it would be no parameter: take the quotes away: a value needs none',
    ],
    [
      'SELECT * FROM "%(table)s"',
      'TEMPLATE_INVALID 1:16 the parameter "table" stands inside of a name, where it would be no parameter: take it out: only a value can be a parameter',
    ],
    [
      'SELECT $x$ %(a)s $x$',
      'TEMPLATE_INVALID 1:12 the parameter "a" stands inside of a dollar quote, where it would be no parameter: take it out: only a value can be a parameter',
    ],
    [
      "SELECT E'\\'%(a)s'",
      'TEMPLATE_INVALID 1:12 the parameter "a" stands inside of a string, where it would be no parameter: take the quotes away: a value needs none',
    ],
    ...['%s', '%(a)d', '%(a b)s', '%(a', '%(1a)s', '%b'].map((written) => [
      `SELECT ${written}`,
      'TEMPLATE_INVALID 1:8 this is not how a parameter is written: write %(name)s, or %% for a percent sign',
    ]),
    [
      'COPY (SELECT 1)\n  TO STDOUT',
      'TEMPLATE_INVALID 2:6 a template cannot copy from or to stdout: write SELECT or INSERT, or run it in cruddur-db connect',
    ],
    ['SELECT 5 % 3', 'TEMPLATE_INVALID 1:10 a % has to be doubled in a template: write %%'],
    ["SELECT 'a%'", 'TEMPLATE_INVALID 1:10 a % has to be doubled in a template: write %%'],
    [
      'SELECT 1;\nSELECT 2',
      'TEMPLATE_INVALID 2:1 a template is one statement, and here a second one begins: put it into a file of its own',
    ],
    ['-- nothing\n', 'TEMPLATE_INVALID 1:1 there is no statement in it: write one'],
    ['', 'TEMPLATE_INVALID 1:1 there is no statement in it: write one'],
    [
      '\\i other.sql\n',
      'TEMPLATE_INVALID 1:1 psql commands have no meaning in a template: take the backslash away',
    ],
    [
      "\ufeffSELECT\n 'a",
      "SQL_UNTERMINATED 2:2 the string opened here is never closed with ': write a ' in a string as ''",
    ],
  ] as [string, string][])('%j', async (text, words) => {
    expect(await refusal(text)).toBe(words)
  })

  test('where it is not UTF-8', async () => {
    expect(await refusal(Buffer.from([0x53, 0xff]))).toMatch(/^SQL_ENCODING 1:2 /)
  })
})

describe('values', () => {
  test('missing and unknown ones are named all at once', async () => {
    const template = await templateOf('SELECT %(a)s, %(b)s, %(c)s')
    expect(() => bind(template, {a: 1, b: undefined, d: 1, e: 2}, BARE)).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_PARAMETERS',
        exit: 2,
        message: 't.sql has no value for "b", "c" and has no parameter "d", "e"',
        details: {hint: 'its parameters: a, b, c'},
      }),
    )
  })

  test('a name that every object has is no value', async () => {
    const template = await templateOf('SELECT %(constructor)s')
    expect(() => bind(template, {}, BARE)).toThrow('t.sql has no value for "constructor"')
  })

  test.each([
    ['half a \ud83d', 'holds half of a character, which PostgreSQL cannot keep in text'],
    ['a\0b', 'holds a NUL, which PostgreSQL cannot keep in text'],
    [new Date(Number.NaN), 'is no valid date'],
  ])('%j is refused without being shown', async (a, words) => {
    const template = await templateOf('SELECT %(a)s')
    expect(() => bind(template, {a}, BARE)).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_PARAMETERS',
        message: `the value of "a" ${words}`,
      }),
    )
  })
})
