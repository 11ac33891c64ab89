import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {ended, type ProgramResult, programCommand} from '../support/program.js'
import {openShellFolder} from './shell-support.js'

const database = freshName()
const folder = openShellFolder()

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE t (n int, t text)', database)
})
afterAll(async () => {
  folder.close()
  await dropDatabases(database)
})

/** The shell with this standard input; its standard error without the first two lines. */
function start(input: string | Buffer, args: readonly string[] = []): ChildProcess {
  const options = {cwd: folder.path, env: {...folder.env, CONNECTION_URL: urlOf(database)}}
  const command = programCommand(['connect', ...args], options)
  const child = spawn(command.file, command.args, {...command.options, stdio: 'pipe'})
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return child
}

async function run(input: string | Buffer, args: readonly string[] = []): Promise<ProgramResult> {
  const result = await ended(start(input, args))
  expect(result.stderr.split('\n').slice(0, 2).join('\n')).toMatch(
    /^local {2}\S+\n.*built-in shell$/,
  )
  return {...result, stderr: result.stderr.split('\n').slice(2).join('\n')}
}

describe('statements on standard input', () => {
  test('are all run, the last one without a ; too, and printed as by psql', async () => {
    const {code, stdout, stderr} = await run(
      "SELECT 1 AS a; SELECT 2\n AS b;\n-- done\nINSERT INTO t VALUES (1, 'x');\n\\x on\nSELECT * FROM t",
    )
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toBe(
      ' a \n---\n 1\n(1 row)\n\n b \n---\n 2\n(1 row)\n\nINSERT 0 1\nExpanded display is on.\n-[ RECORD 1 ]\nn | 1\nt | x\n\n',
    )
  })

  test('end at the first that fails, with its line, the place, and exit code 1', async () => {
    const {code, stdout, stderr} = await run(
      'COPY t FROM STDIN;\n5\tfive\n\\.\nSELECT 1 AS a;\n\nSELECT n,\n  wrong FROM t;\nDROP TABLE t;\n',
    )
    expect(code).toBe(1)
    expect(stdout).toBe('COPY 1\n a \n---\n 1\n(1 row)\n\n')
    expect(stderr).toBe(
      'Error: <stdin>:7:3: column "wrong" does not exist\n   7 |   wrong FROM t;\n     |   ^\n  → \\d TABLE lists the columns of a table\n  SQLSTATE 42703\n',
    )
    expect(await query('SELECT 1 FROM t WHERE n = 5', database)).toHaveLength(1)
  })

  test('leave an open transaction undone, and say so', async () => {
    const {code, stderr} = await run("BEGIN;\nINSERT INTO t VALUES (99, 'x');\n")
    expect([code, stderr]).toEqual([0, 'the open transaction was rolled back\n'])
    expect(await query('SELECT 1 FROM t WHERE n = 99', database)).toEqual([])
  })

  test('may be none', async () => {
    for (const input of ['', '\n\n', '-- nothing\n', '\ufeff']) {
      expect(await run(input)).toEqual({code: 0, stdout: '', stderr: ''})
    }
  })

  test.each<[string, string | Buffer, string]>([
    ['a NUL', 'SELECT 1;\nSELECT \0 2;\n', '<stdin>:2: a statement holds a NUL'],
    [
      'what is not UTF-8',
      Buffer.concat([Buffer.from("SELECT '"), Buffer.from([0xe9]), Buffer.from("';\n")]),
      '<stdin>:1: a statement is not UTF-8',
    ],
    ['an open quote', "SELECT 'a;\n", '<stdin>:1:8: unterminated quoted string'],
    ['a command that is not known', 'SELECT 1;\n\\nope\n', '\\nope is not a command of this shell'],
  ])('with %s are refused', async (_, input, message) => {
    const {code, stderr} = await run(input)
    expect(stderr).toContain(`Error: ${message}`)
    expect(code).toBe(stderr.includes('\\nope') ? 2 : 1)
  })

  test('of several megabytes, in one line and in many, are run in time', async () => {
    const line = `INSERT INTO t VALUES ${'(7, NULL), '.repeat(100_000)}(7, NULL);`
    const {code, stdout} = await run(`${line}\n${'SELECT 1\nWHERE false;\n'.repeat(2000)}`)
    expect(code).toBe(0)
    expect(stdout.startsWith('INSERT 0 100001\n')).toBe(true)
  })

  test('whose output nobody reads any more are run all the same', async () => {
    const {file, args, options} = programCommand(['connect', '--builtin'], {
      env: {...folder.env, CONNECTION_URL: urlOf(database)},
    })
    const sql = "SELECT repeat('x', 100) FROM generate_series(1, 20000); INSERT INTO t VALUES (-1);"
    const words = [file, ...args].map((word) => `'${word}'`).join(' ')
    execFileSync('/bin/sh', ['-c', `${words} | /usr/bin/head -c 10 > /dev/null`], {
      ...options,
      input: sql,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    expect(await query('SELECT 1 FROM t WHERE n = -1', database)).toHaveLength(1)
  })
})

describe('COPY', () => {
  test('… TO STDOUT gives the rows and nothing else, as many as there are', async () => {
    const {code, stdout} = await run('COPY (SELECT generate_series(1, 200000)) TO STDOUT;')
    expect(code).toBe(0)
    expect(stdout.split('\n').length).toBe(200_001)
    expect(stdout.endsWith('\n200000\n')).toBe(true)
  })

  test('… TO STDOUT gives each row as it is, however slowly it is read', async () => {
    const sql = 'COPY (SELECT generate_series(1, 1000000)) TO STDOUT;'
    const child = start(sql)
    child.stdout?.on('data', () => {
      child.stdout?.pause()
      setImmediate(() => child.stdout?.resume())
    })
    const {code, stdout} = await ended(child)
    expect(code).toBe(0)
    const wrong = stdout.split('\n').findIndex((line, at) => line !== `${at + 1}`)
    expect(wrong).toBe(1_000_000)
  })

  test('… FROM STDIN whose rows the input ends in takes them, as by psql', async () => {
    const {code, stdout} = await run('CREATE TEMP TABLE c (n int);\nCOPY c FROM STDIN;\n1\n2')
    expect([code, stdout]).toEqual([0, 'CREATE TABLE\nCOPY 2\n'])
  })

  test('… FROM STDIN that is refused is told, with its row', async () => {
    const {code, stderr} = await run('COPY t FROM STDIN;\n1\tx\nbad\ty\n\\.\nSELECT 1;\n')
    expect(code).toBe(1)
    expect(stderr).toContain('invalid input syntax for type integer: "bad"')
    expect(stderr).toContain('COPY t, line 2, column n: "bad"')
  })
})

describe('-c', () => {
  test('is run as by psql: a command, or statements in one transaction', async () => {
    const {code, stdout} = await run('', [
      '--',
      ...['-c', '\\x'],
      ...['-c', 'SELECT 1 AS a; SELECT 2 AS b'],
      ...['-c', ''],
    ])
    expect(code).toBe(0)
    expect(stdout).toBe(
      'Expanded display is off.\n a \n---\n 1\n(1 row)\n\n b \n---\n 2\n(1 row)\n\n',
    )
  })
})

test('the rows of a COPY in a -c are those on standard input, as by psql', async () => {
  const {code, stdout} = await run('1\tx\n2\ty\n', ['--', '-c', 'COPY t FROM STDIN'])
  expect([code, stdout]).toEqual([0, 'COPY 2\n'])
})

describe('\\i', () => {
  test('runs a file, and those it includes from its own folder, up to the first error, with its place', async () => {
    mkdirSync(join(folder.path, 'sql'), {recursive: true})
    writeFileSync(join(folder.path, 'sql', 'a.sql'), "\\echo in a\n\\ir b.sql\nSELECT 'a' AS a;\n")
    writeFileSync(join(folder.path, 'sql', 'b.sql'), "SELECT 'b' AS b;\n\\q\nSELECT 'not run';\n")
    const good = await run('\\i sql/a.sql\nSELECT 1 AS after;\n')
    expect(good.code).toBe(0)
    expect(good.stdout.match(/^ ?(in a|[ab]|after) ?$/gm)?.map((line) => line.trim())).toEqual([
      ...['in a', 'b', 'b', 'a', 'a', 'after'],
    ])
    writeFileSync(join(folder.path, 'sql', 'b.sql'), '\n\nSELECT wrong;\n')
    const bad = await run('\\i sql/a.sql\nSELECT 1 AS after;\n')
    expect(bad.code).toBe(1)
    expect(bad.stderr).toMatch(/^Error: \S*sql\/b\.sql:3:8: column "wrong" does not exist\n/)
    expect(bad.stdout).not.toContain('after')
  })

  test('names a file that is not there, and one that includes itself', async () => {
    const gone = await run('\\i nothing.sql\n')
    expect([gone.code, gone.stderr.split('\n')[0]]).toEqual([
      2,
      'Error: there is no file nothing.sql',
    ])
    writeFileSync(join(folder.path, 'self.sql'), '\\i self.sql\n')
    const self = await run('\\i self.sql\n')
    expect([self.code, self.stderr.split('\n')[0]]).toEqual([
      1,
      // FILES_NESTED; connect has no --json.
      'Error: more than 16 files include one another',
    ])
  })
})

test('--quiet leaves all out that is no data', async () => {
  const {file, args, options} = programCommand(['connect', '--quiet'], {
    env: {...folder.env, CONNECTION_URL: urlOf(database)},
  })
  const child = spawn(file, args, {...options, stdio: 'pipe'})
  child.stdin?.end('CREATE TEMP TABLE q (n int); \\x off\nSELECT 1 AS a;')
  const {stdout, stderr} = await ended(child)
  expect([stdout, stderr]).toEqual([' a \n---\n 1\n(1 row)\n\n', ''])
})
