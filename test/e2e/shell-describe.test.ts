import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {hasPsql, psqlOutput} from '../lib/shell/psql.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'

const database = freshName()

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(
    `CREATE TABLE plain (n int); CREATE VIEW seen AS SELECT n FROM plain; CREATE SEQUENCE counted;
     CREATE TABLE "it's" (a int); CREATE TABLE "My ""odd"".name" (b int); CREATE TABLE "a\`b" (c int);
     CREATE SCHEMA "Other.one"; CREATE TABLE "Other.one".plain (d int);
     CREATE TABLE parts (k int) PARTITION BY LIST (k); CREATE INDEX ON parts (k)`,
    database,
  )
})
afterAll(() => dropDatabases(database))

/** The shell with this command; its standard error without the first line. */
async function run(command: string): Promise<ProgramResult> {
  const args = ['connect', '--builtin', '--url', urlOf(database), '--', '-c', command]
  const result = await runProgram(args)
  return {...result, stderr: result.stderr.split('\n').slice(1).join('\n')}
}

describe('what is named', () => {
  test.each([
    [`\\d "it's"`, `Table "public.it's"`],
    [`\\d 'it''s'`, `Table "public.it's"`],
    ['\\d "My ""odd"".name"', 'Table "public.My "odd".name"'],
    ['\\d "a`b"', 'Table "public.a`b"'],
    ['\\d "Other.one".plain', 'Table "Other.one.plain"'],
    [`\\d 'plain';`, 'Table "public.plain"'],
    ['\\d PLAIN', 'Table "public.plain"'],
  ])('%s is that and no other', async (command, title) => {
    const {code, stdout, stderr} = await run(command)
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout.match(/^ *(?:Table|List) .*$/gm)?.map((line) => line.trim())).toEqual([title])
  })

  test.each([
    ['\\d nothing', 'did not find any relation named "nothing"'],
    [
      '\\d elsewhere.public.plain',
      'cross-database references are not implemented: elsewhere.public.plain',
    ],
    ['\\sv plain', '"public.plain" is not a view'],
    ['\\sf', 'function name is required'],
    ['\\dx+ nothing', 'did not find any extension named "nothing"'],
  ])('and cannot be shown, by %s, is an error as with psql', async (command, message) => {
    const {code, stdout, stderr} = await run(command)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.split('\n')[0]).toBe(`Error: ${message}`)
  })

  test.each(["\\d '", '\\d "', "\\dt 'plain", '\\du "po'])(
    'in a quote that is not closed, as in %s, is said; nothing is listed',
    async (command) => {
      const {code, stdout, stderr} = await run(command)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^Error: \\d\w? has a quote that is not closed\n/)
    },
  )

  test('is never taken for SQL', async () => {
    for (const command of ['\\sf x', '\\sv x', '\\dt "x', '\\df "x'])
      await run(`${command}'; CREATE TABLE obeyed (); --"`)
    expect(await query("SELECT 1 FROM pg_class WHERE relname = 'obeyed'", database)).toEqual([])
  })
})

describe('a list', () => {
  test('of several kinds has all of them', async () => {
    const {stdout} = await run('\\dtvs')
    expect(stdout).toContain('List of relations')
    expect(stdout.match(/\| (?:view|sequence) /g)).toHaveLength(2)
    expect((await run('\\dPti')).stdout.match(/partitioned (?:table|index)/g)).toHaveLength(2)
  })

  test('that is empty, and an argument too many, are said on standard error', async () => {
    expect(await run('\\dt nothing at_all')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'Did not find any tables named "nothing".\n\\dt: extra argument "at_all" ignored\n',
    })
  })

  test.skipIf(!hasPsql()).each(['\\dt;', '\\d "it\'s"', '\\dn', '\\d "Other.one".*', '\\ds+'])(
    '%s is as psql prints it, but for its title',
    async (command) => {
      const untitled = (text: string): string => text.replace(/^ *List of .*\n/, '')
      expect(untitled((await run(command)).stdout)).toBe(
        untitled(psqlOutput(database, ['-c', command])),
      )
    },
  )
})
