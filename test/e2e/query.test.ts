import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {ended, type ProgramResult, runProgram, startProgram} from '../support/program.js'
import {openScreen} from '../support/screen.js'
import {until} from '../support/wait.js'

const database = freshName()
const env = {CONNECTION_URL: urlOf(database)}
const production = {PROD_CONNECTION_URL: urlOf(database)}
let folder: string

beforeAll(async () => {
  const result = await runProgram(['setup', '--quiet'], {env})
  expect(result.stderr).toBe('')
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-query-'))
  mkdirSync(join(folder, 'db/sql'), {recursive: true})
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))
afterAll(() => dropDatabases(database))

function write(name: string, sql: string): void {
  writeFileSync(join(folder, 'db/sql', `${name}.sql`), sql)
}

const run = (
  args: readonly string[],
  variables: Record<string, string> = env,
): Promise<ProgramResult> => runProgram(['query', ...args], {cwd: folder, env: variables})

const messages = async (): Promise<unknown[]> =>
  (await query<{message: string}>('SELECT message FROM activities ORDER BY 1', database)).map(
    ({message}) => message,
  )

describe('what it prints', () => {
  test('an array, a row on each line', async () => {
    write('users', 'SELECT handle, display_name FROM users ORDER BY handle DESC LIMIT 2')
    const {code, stdout, stderr} = await run(['users'])
    expect({code, stdout}).toEqual({
      code: 0,
      stdout:
        '[{"handle":"londo","display_name":"Londo Mollari"},\n {"handle":"bayko","display_name":"Andrew Bayko"}]\n',
    })
    expect(stderr).toMatch(/^local {2}\S+\n$/)
  })

  test('one row with --object, {} where there is none, and says where there are more', async () => {
    write('one', 'SELECT handle FROM users WHERE handle >= %(from)s ORDER BY handle')
    const first = await run(['one', 'from=bayko', '--object'])
    expect(first.stdout).toBe('{"handle":"bayko"}\n')
    expect(first.stderr).toMatch(/\nthe first of 2 rows is shown\n$/)
    expect((await run(['one', 'from=zzz', '--object'])).stdout).toBe('{}\n')
  })

  test('--csv by RFC 4180: quotes where they are needed, NULL as nothing, an empty text as quotes', async () => {
    write('csv', `SELECT 'a,"b"' AS "x,y", E'l\\nm' AS z, NULL::text AS n, '' AS e, true AS t`)
    expect((await run(['csv', '--csv'])).stdout).toBe('"x,y",z,n,e,t\r\n"a,""b""","l\nm",,"",t\r\n')
  })

  test('--table as the shell', async () => {
    write('t', `SELECT 'a' AS words, 10 AS n UNION ALL SELECT NULL, 7`)
    expect((await run(['t', '--table'])).stdout).toBe(
      ' words | n  \n-------+----\n a     | 10\n       |  7\n(2 rows)\n\n',
    )
  })

  test('--json with the target, and every digit', async () => {
    write('n', 'SELECT 12345678901234567890 AS n')
    const {stdout} = await run(['n', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      target: expect.objectContaining({name: 'local', database}),
      file: 'db/sql/n.sql',
      rows: [{n: expect.any(Number)}],
    })
    expect(stdout).toContain('"rows": [{"n":12345678901234567890}]\n')
    expect(JSON.parse((await run(['n', '--json', '--object'])).stdout)).toHaveProperty('row.n')
    expect((await run(['n', '--json', '--csv'])).code).toBe(2)
  })

  test('nothing in a row steers a terminal', async () => {
    write('evil', `SELECT E'\\u009b31m\\u202e' || chr(27) || 'x' AS a`)
    expect((await run(['evil'])).stdout).toBe('[{"a":"\\u009b31m\\u202e\\u001bx"}]\n')
    const screen = openScreen(['query', 'evil', '--csv'], {cwd: folder, env, columns: 80})
    expect(await screen.ended).toBe(0)
    expect(screen.lines().join('\n')).toContain('\\x9b31m\\u202e\\x1bx')
  })
})

describe('a change', () => {
  const post = ['activities/create', 'handle=londo', 'expires_at:=null']
  const awkward = `p%40"\\'# x %(handle)s`

  test('with RETURNING prints what it gives, and binds the value as it stands', async () => {
    const {code, stdout} = await run([...post, `message=${awkward}`])
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      [{uuid: expect.stringMatching(/^[0-9a-f-]{36}$/)}],
    ])
    expect(await messages()).toContain(awkward)
  })

  test('without RETURNING prints no rows, and says how many there were', async () => {
    write('like', "UPDATE activities SET likes_count = 1 WHERE message LIKE 'Week%%'")
    const {stdout, stderr} = await run(['like'])
    expect([stdout, stderr.split('\n')[1]]).toEqual(['[]\n', 'UPDATE: 1 row'])
  })

  test('in production is not made unless somebody agrees', async () => {
    const before = await messages()
    const args = [...post, 'message=x', '--prod']
    const refused = await run(args, production)
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain(
      'activities/create.sql, which changes rows in production, and nobody confirmed it',
    )
    expect((await run([...args, '--confirm', 'other'], production)).code).toBe(4)
    expect(await messages()).toEqual(before)
    const agreed = await run([...args, '--confirm', database], production)
    expect(agreed.code).toBe(0)
    expect(agreed.stderr).toContain('what the statement changes or deletes')
    expect((await messages()).length).toBe(before.length + 1)
  })

  test('in production reading needs nobody', async () => {
    const {code, stdout} = await run(['activities/home', '--prod'], production)
    expect([code, JSON.parse(stdout).length > 4]).toEqual([0, true])
  })

  test('--dry-run shows what would be sent, and connects to nothing', async () => {
    write('rename', 'UPDATE users\nSET handle = %(to)s WHERE handle = %(from)s;\n')
    const nowhere = {CONNECTION_URL: 'postgres://a:secret@127.0.0.1:1/x'}
    const args = ['rename', 'to=a', 'from:=null', '--dry-run']
    const {code, stdout} = await run(args, nowhere)
    expect([code, stdout]).toEqual([
      0,
      '-- db/sql/rename.sql\nUPDATE users\nSET handle = $1 WHERE handle = $2\n-- $1 to: "a"\n-- $2 from: null\n',
    ])
    expect(JSON.parse((await run([...args, '--json'], nowhere)).stdout)).toMatchObject({
      file: 'db/sql/rename.sql',
      sql: 'UPDATE users\nSET handle = $1 WHERE handle = $2',
      parameters: {to: 'a', from: null},
    })
  })
})

describe('what goes wrong', () => {
  test('an error of the server points into the file', async () => {
    write('wrong', 'SELECT %(a)s::text,\n  nothing\nFROM users')
    const {code, stderr} = await run(['wrong', 'a=1'])
    expect([code, stderr.split('\n').slice(1, 4)]).toEqual([
      1,
      [
        'Error: db/sql/wrong.sql:2:3: column "nothing" does not exist',
        '   2 |   nothing',
        '     |   ^',
      ],
    ])
    expect(JSON.parse((await run(['wrong', 'a=1', '--json'])).stdout).error).toMatchObject({
      code: 'SQL_ERROR',
      sqlstate: '42703',
      file: 'db/sql/wrong.sql',
      line: 2,
      column: 3,
    })
  })

  test('what it says to do is done to the same database', async () => {
    write('missing', 'SELECT FROM nowhere')
    const {stderr} = await run(['missing', '--prod'], production)
    expect(stderr).toContain('\n  → load the schema first: cruddur-db schema-load --prod\n')
    write('alone', 'VACUUM users')
    expect((await run(['alone', '--url', urlOf(database)])).stderr).toContain(
      '\n  → run it in cruddur-db connect --url URL: a query runs in a transaction\n',
    )
    write('ending', 'DO $$BEGIN COMMIT; END$$')
    expect((await run(['ending'])).stderr).toContain(
      '\n  → run it in cruddur-db connect: a query runs in a transaction\n',
    )
  })

  test.each([
    [['activities/hom'], 2, 'there is no template "activities/hom"'],
    [['../schema'], 2, '"../schema" is no name of a template'],
    [['activities/object'], 2, 'has no value for "uuid"'],
    [['activities/home', 'a=secret'], 2, 'has no parameter "a"'],
    [['activities/home', 'secret'], 2, 'a parameter is not written as name=value'],
    [['activities/home', '--csv', '--table'], 2, '--table'],
    [
      [],
      2,
      'Error: no query is named\n  → there are activities/create, activities/home, activities/object\n',
    ],
  ])('%j: %i', async (args, code, words) => {
    const result = await run(args)
    expect([result.code, result.stdout]).toEqual([code, ''])
    expect(result.stderr).toContain(words)
    expect(result.stderr).not.toContain('secret')
  })

  test('Ctrl-C cancels the statement', async () => {
    write('slow', 'SELECT pg_sleep(600)')
    const child = startProgram(['query', 'slow'], {cwd: folder, env})
    const result = ended(child)
    const running = async (): Promise<number> =>
      (
        await query(
          `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND query LIKE '%pg_sleep(600)%' AND state = 'active'`,
        )
      ).length
    await until(
      async () => (await running()) === 1,
      () => 'the statement to run',
    )
    child.kill('SIGINT')
    expect((await result).code).toBe(130)
    await until(
      async () => (await running()) === 0,
      () => 'the statement to end',
    )
  })
})
