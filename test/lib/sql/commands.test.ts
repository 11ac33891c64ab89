import {describe, expect, test} from 'vitest'
import {type CommandContext, readCommand} from '../../../src/lib/sql/commands.js'
import {readByPsql} from './psql.js'

const CONTEXT: CommandContext = {path: 'x.sql', database: 'x', restricted: undefined, within: false}

const read = (line: string, context: Partial<CommandContext> = {}) =>
  readCommand(Buffer.from(line), {...CONTEXT, ...context})

const commandOf = (line: string, context?: Partial<CommandContext>) => {
  const outcome = read(line, context)
  if ('problem' in outcome) throw new Error(outcome.problem.message)
  return outcome.command
}

const refusalOf = (line: string, context?: Partial<CommandContext>) => {
  const outcome = read(line, context)
  if ('command' in outcome) throw new Error(JSON.stringify(outcome.command))
  return outcome.problem
}

describe('settings of what psql prints come to nothing', () => {
  test.each([
    '\\set ON_ERROR_STOP on',
    '\\set ON_ERROR_STOP',
    "\\set ON_ERROR_STOP 'off'",
    '\\set QUIET 1',
    '\\set VERBOSITY verbose',
    '\\pset null x',
    "\\pset null ''",
    '\\timing',
    '\\timing on',
    '\\encoding',
  ])('%s', (line) => {
    expect(commandOf(line)).toEqual({kind: 'nothing'})
  })
})

describe('variables of psql are refused', () => {
  test.each([
    '\\set',
    '\\set x 1',
    '\\set on_error_stop on',
    '\\set AUTOCOMMIT off',
    '\\set SINGLELINE on',
    '\\set ON_ERROR_ROLLBACK on',
    '\\set "ON_ERROR_STOP" on',
  ])('%s', (line) => {
    expect(refusalOf(line)).toMatchObject({
      code: 'SQL_UNSUPPORTED',
      message: '\\set defines a variable of psql, which only psql fills in',
    })
  })
})

describe('\\echo', () => {
  test.each([
    ['\\echo', ''],
    ['\\echo a  b', 'a b'],
    ['\\qecho a', 'a'],
    ['\\warn a', 'a'],
    ['\\echo -n a', 'a'],
    ['\\echo a -n', 'a -n'],
    ["\\echo '-n' a", '-n a'],
    ['\\echo "-n" a', '"-n" a'],
    ['\\echo -n', ''],
  ])('%s', (line, text) => {
    expect(commandOf(line)).toEqual({kind: 'echo', text})
  })

  test('psql writes the same', async (context) => {
    const lines = [
      '\\echo',
      '\\echo a  b',
      '\\qecho a',
      '\\echo -n a',
      "\\echo '-n' a",
      '\\echo "-n" a',
    ]
    const outcomes = await readByPsql(lines.map((line) => `${line}\n`))
    if (!outcomes) return context.skip('psql is not installed')
    const texts = lines.map((line) => {
      const command = commandOf(line)
      return command.kind === 'echo' ? command.text : command
    })
    expect(texts).toEqual(outcomes.map(({output}) => output.replace(/\n$/, '')))
  })
})

describe('\\encoding', () => {
  test.each([
    ['\\encoding UTF8', "SET client_encoding TO 'UTF8'"],
    ["\\encoding 'utf-8'", "SET client_encoding TO 'utf-8'"],
    ["\\encoding 'a''b'", "SET client_encoding TO 'a''b'"],
    ["\\encoding 'a\\\\'", "SET client_encoding TO 'a\\'"],
  ])('%s', (line, sql) => {
    expect(commandOf(line)).toEqual({kind: 'sql', sql, fresh: false})
  })
})

describe('files to include', () => {
  const include = (path: string, from = 'working directory') => ({kind: 'include', path, from})
  test.each<[string, object]>([
    ['\\i a.sql', include('a.sql')],
    ['\\include a.sql', include('a.sql')],
    ['\\ir a.sql', include('a.sql', 'file')],
    ['\\include_relative a.sql', include('a.sql', 'file')],
    ['\\i a.sql;', include('a.sql')],
    ['\\i a.sql;;;', include('a.sql')],
    ["\\i 'a b.sql'", include('a b.sql')],
    ["\\i a/'b c'/d.sql", include('a/b c/d.sql')],
    ["\\i 'it''s.sql'", include("it's.sql")],
    ['\\i "a b.sql"', include('"a b.sql"')],
    ["\\i 'a.sql;'", include('a.sql;')],
    ["\\i 'a;'.sql;", include('a;.sql')],
    ['\\i /abs/a.sql', include('/abs/a.sql')],
    ['\\i a.sql\r', include('a.sql')],
    ['\\i $HOME/*.sql', include('$HOME/*.sql')],
  ])('%s', (line, command) => {
    expect(commandOf(line)).toEqual(command)
  })

  test.each(['\\i', '\\ir', '\\include', '\\include_relative'])(
    '%s of nothing is refused',
    (line) => {
      for (const name of ['', ' ;', " ''"]) {
        expect(refusalOf(line + name)).toEqual({
          code: 'SQL_UNSUPPORTED',
          message: `${line} names no file`,
          hint: `write ${line} FILE`,
        })
      }
    },
  )
})

describe('\\connect', () => {
  test.each([
    '\\c',
    '\\c -',
    '\\c x',
    '\\connect x',
    '\\c "x"',
    "\\c 'x'",
    '\\c x;',
    '\\c x - - -',
    '\\c - - - -',
    `\\connect -reuse-previous=on "dbname='x'"`,
  ])('%s: to the same database clears the session', (line) => {
    expect(commandOf(line)).toMatchObject({kind: 'sql', fresh: true})
  })

  test.each<[string, string]>([
    ['a b', '\\c "a b"'],
    ['a b', `\\connect -reuse-previous=on "dbname='a b'"`],
    ["o'x", `\\connect -reuse-previous=on "dbname='o\\'x'"`],
    ['a\\b', `\\connect -reuse-previous=on "dbname='a\\\\b'"`],
    ['X', '\\c X'],
    ['é', '\\c é'],
  ])('to the database %j by %s', (database, line) => {
    expect(commandOf(line, {database})).toMatchObject({kind: 'sql', fresh: true})
  })

  test.each([
    '\\c y',
    '\\c X',
    '\\c "X"',
    '\\c x postgres',
    '\\c - postgres',
    '\\c x - otherhost',
    '\\c x - - 5433',
    '\\c x -- z',
    '\\c x; SELECT 1;',
    '\\c dbname=x',
    '\\c postgresql:///x',
    '\\c "dbname=x"',
    `\\c "dbname='x' host=other"`,
    `\\c -reuse-previous=on "dbname='x' user='y'"`,
    '\\c -reuse-previous=off x',
    `\\c "dbname='y'"`,
    '\\c :DBNAME',
  ])('%s: elsewhere is refused', (line) => {
    expect(refusalOf(line).message).toMatch(/goes to another database than the target/)
  })
})

describe('\\restrict', () => {
  test.each<[string, string]>([
    ['\\restrict abc', 'abc'],
    ["\\restrict 'a b'", 'a b'],
    ['\\restrict "a b"', '"a b"'],
    ['\\restrict ""', '""'],
    ['\\restrict a-b_c.$é%', 'a-b_c.$é%'],
    ['\\restrict abc\r', 'abc'],
  ])('%s', (line, key) => {
    expect(commandOf(line)).toEqual({kind: 'restrict', key})
    expect(commandOf(line.replace('restrict', 'unrestrict'), {restricted: key})).toEqual({
      kind: 'unrestrict',
    })
  })

  test('without a key, or with an empty one, restricts nothing', () => {
    expect(refusalOf('\\restrict').message).toBe('\\restrict has no key')
    expect(refusalOf("\\restrict ''").message).toBe('\\restrict has no key')
  })

  test.each([
    '\\unrestrict',
    '\\unrestrict ABC',
    '\\unrestrict ab',
    '\\unrestrict "abc"',
    '\\unrestrict abcd',
  ])('%s does not end it', (line) => {
    expect(refusalOf(line, {restricted: 'abc'}).message).toBe(
      '\\unrestrict does not have the key of its \\restrict',
    )
    expect(refusalOf(line).message).toBe('\\unrestrict stands behind no \\restrict')
  })

  test.each([
    '\\restrict abc',
    '\\restrict x',
    '\\echo a',
    '\\i x.sql',
    '\\set ON_ERROR_STOP on',
    '\\encoding UTF8',
    '\\c x',
    '\\g',
    '\\.',
    '\\;',
    '\\nosuch',
    '\\! ls',
    '\\echo `ls`',
    "\\echo 'a",
    '\\',
    '\\\\',
    '\\UNRESTRICT abc',
    '\\unrestrictabc',
  ])('%s is no command behind it', (line) => {
    expect(refusalOf(line, {restricted: 'abc'}).message).toMatch(
      /stands between \\restrict and \\unrestrict, where psql allows no command$/,
    )
  })

  test('the commands before and behind it in its line are read one by one', () => {
    const line = '\\restrict abc \\unrestrict abc \\echo a'
    const first = read(line)
    expect(first).toEqual({command: {kind: 'restrict', key: 'abc'}, end: 14})
    const second = read(line.slice(14), {restricted: 'abc'})
    expect(second).toEqual({command: {kind: 'unrestrict'}, end: 16})
  })
})

describe('what psql alone can do is refused', () => {
  const refusal = (word: string, hint: string) => ({
    code: 'SQL_UNSUPPORTED',
    message: `\\${word} is a command of psql, not SQL`,
    hint,
  })

  test.each([
    ['\\gset x', 'gset'],
    ['\\d t', 'd'],
    ['\\d+ t', 'd+'],
    ['\\dt', 'dt'],
    ['\\q', 'q'],
    ['\\if true', 'if'],
    ['\\endif', 'endif'],
    ['\\;', ';'],
    ['\\.', '.'],
    ['\\', ''],
    ['\\\\', ''],
    ['\\ é', ''],
    ['\\ECHO a', 'ECHO'],
    ['\\echoa', 'echoa'],
    ['\\echo+', 'echo+'],
    ['\\bind 1', 'bind'],
    ['\\constructor', 'constructor'],
    ['\\__proto__', '__proto__'],
  ])('%s', (line, word) => {
    const hint = 'load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f x.sql'
    expect(refusalOf(line)).toEqual(refusal(word, hint))
  })

  test.each([
    ['\\! rm -rf x', '!'],
    ['\\!ls', '!'],
    ['\\copy t from program x', 'copy'],
    ['\\cd /', 'cd'],
    ['\\g |sh', 'g'],
    ['\\gexec', 'gexec'],
    ['\\gx', 'gx'],
    ['\\o file', 'o'],
    ['\\out |sh', 'out'],
    ['\\setenv A b', 'setenv'],
    ['\\w file', 'w'],
    ['\\write |sh', 'write'],
  ])('%s, without the advice to run it', (line, word) => {
    const hint = 'remove it: in psql it can run programs or write files on this machine'
    expect(refusalOf(line)).toEqual(refusal(word, hint))
  })

  test('a program in backticks, whatever the command', () => {
    for (const line of ['\\echo `id`', '\\i `id`', '\\set ON_ERROR_STOP `id`', '\\c `id`']) {
      expect(refusalOf(line).message, line).toMatch(/would run the program in backticks/)
    }
    expect(commandOf("\\echo '`id`'")).toEqual({kind: 'echo', text: '`id`'})
  })

  test('a quote that is not closed', () => {
    for (const line of ["\\echo 'a", '\\i "a', "\\restrict 'a", "\\unrestrict 'a"]) {
      expect(refusalOf(line).message, line).toMatch(/has a quote that its line does not close$/)
    }
  })

  test('any command in the middle of a statement', () => {
    for (const line of ['\\echo a', '\\i x.sql', '\\c x', '\\restrict a', '\\set QUIET 1']) {
      expect(refusalOf(line, {within: true}).message, line).toMatch(/in the middle of a statement$/)
    }
  })

  test('SQL that would be taken for arguments, and not be run', () => {
    for (const line of [
      '\\i a.sql; SELECT 1;',
      '\\i a.sql SELECT 1;',
      '\\encoding UTF8; SELECT 1;',
      '\\set ON_ERROR_STOP on; SELECT 1;',
      '\\pset null x SELECT 1;',
      '\\timing SELECT 1;',
      '\\restrict abc SELECT 1;',
    ]) {
      expect(() => refusalOf(line), line).not.toThrow()
    }
  })

  test('the path is one word of the command in the hint', () => {
    expect(refusalOf('\\d', {path: "it's.sql"}).hint).toMatch(/ -f 'it'\\''s\.sql'$/)
  })
})
