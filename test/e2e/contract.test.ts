import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {
  ended,
  type ProgramResult,
  programCommand,
  runProgram,
  startProgram,
} from '../support/program.js'
import {until} from '../support/wait.js'

let folder: string
const database = freshName()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-e2e-'))
})
afterAll(async () => {
  rmSync(folder, {recursive: true, force: true})
  await dropDatabases(database)
})

const run = (args: string[], env: Record<string, string> = {}) =>
  runProgram(args, {cwd: folder, env: {CONNECTION_URL: urlOf(database), ...env}})

describe('exit codes', () => {
  test('0: done, and nothing to do', async () => {
    expect(await run(['create'])).toMatchObject({code: 0})
    expect(await run(['create'])).toMatchObject({code: 0})
  })

  test('1: a file’s content said no', async () => {
    writeFileSync(join(folder, 'bad.sql'), 'SELEC 1')
    expect(await run(['schema-load', '--schema-file', 'bad.sql'])).toMatchObject({code: 1})
  })

  test.each([
    ['an unknown flag', ['create', '--no-such-flag']],
    ['an unexpected argument', ['create', 'cruddur']],
    ['a missing argument', ['server']],
    ['an unknown command', ['crate']],
    ['two targets', ['create', '--prod', '--url', 'postgres://h/d']],
    ['a URL that cannot be read', ['create', '--url', 'localhost/cruddur']],
    ['a missing file', ['seed', '--seed-file', 'none.sql']],
    ['--prod without PROD_CONNECTION_URL', ['create', '--prod']],
  ])('2: %s, the same with --json', async (_, args) => {
    expect(await run(args)).toMatchObject({code: 2, stdout: ''})
    const {code, stdout} = await run([...args, '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      error: expect.objectContaining({
        code: expect.stringMatching(/^[A-Z_]+$/),
        message: expect.any(String),
      }),
    })
  })

  test('3: nobody answers, the same with --json', async () => {
    const unreachable = ['create', '--url', 'postgres://u:p@127.0.0.1:1/d']
    expect(await run(unreachable)).toMatchObject({code: 3, stdout: ''})
    const {code, stdout} = await run([...unreachable, '--json'])
    expect([code, JSON.parse(stdout).error.code]).toEqual([3, 'SERVER_REFUSED'])
  })

  test('4: production and not confirmed, the same with --json', async () => {
    const env = {PROD_CONNECTION_URL: 'postgres://u:p@x.rds.amazonaws.com/cruddur'}
    expect(await run(['drop', '--prod'], env)).toMatchObject({code: 4, stdout: ''})
    const {code, stdout} = await run(['drop', '--prod', '--json'], env)
    expect([code, JSON.parse(stdout).error.code]).toEqual([4, 'NOT_CONFIRMED'])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s: %i, the statement cancelled and the old database as it was',
    async (signal, expected) => {
      await run(['setup'])
      writeFileSync(join(folder, 'slow.sql'), 'CREATE TABLE half (n int); SELECT pg_sleep(600);')
      const child = startProgram(['setup', '--schema-file', 'slow.sql'], {
        cwd: folder,
        env: {CONNECTION_URL: urlOf(database)},
      })
      const result = ended(child)
      const sleeping = `SELECT FROM pg_stat_activity
      WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid() AND datname LIKE '${database}%'`
      await until(
        async () => (await query(sleeping)).length === 1,
        () => 'the statement',
      )
      child.kill(signal)
      expect(await result).toMatchObject({code: expected})
      expect(await query(sleeping)).toEqual([])
      const left = await query(`SELECT datname FROM pg_database WHERE datname LIKE '${database}%'`)
      expect(left).toEqual([{datname: database}])
      expect(await query('SELECT FROM users', database)).toHaveLength(3)
    },
  )
})

describe('a mistyped command', () => {
  test.each(['xyzzy', 'rewind', '--bogus'])('is not guessed at: %s', async (word) => {
    const {code, stderr} = await run([word])
    expect([code, stderr]).toEqual([
      2,
      `Error: there is no command "${word}"\n  → All commands: cruddur-db --help\n`,
    ])
  })

  test('is completed where it is the beginning of one', async () => {
    expect((await run(['schema'])).stderr).toContain('did you mean schema-load?')
  })

  test('is answered with the nearest one, and never run', async () => {
    const {stderr} = await run(['dorp'])
    expect(stderr).toBe(
      'Error: there is no command "dorp"\n  → did you mean drop? All commands: cruddur-db --help\n',
    )
  })
})

describe('secrets', () => {
  const awkward = 'p@ss:w#rd/?%&"\'\\ 🦀$(id)'
  const encoded = encodeURIComponent(awkward)

  test.each([
    ['a wrong password', ['sessions', '--json', '--url', `postgres://nobody:${encoded}@HOST/d`]],
    ['a URL as an argument', ['create', `postgres://u:${awkward}@h/d`]],
    ['a URL in an unknown flag', ['create', `--ulr=postgres://u:${awkward}@h/d`, '--json']],
    ['a URL that cannot be read', ['create', '--url', `postgres://u:${awkward}@h/d`]],
    ['a URL in a flag of another type', ['create', '--wait', `postgres://u:${awkward}@h/d`]],
    ['a URL without a host', ['create', `postgres://u:${awkward}`]],
    ['a URL over two lines', ['create', `postgres://u:${awkward}\n@h/d`, '--json']],
    ['a password parameter', ['create', `postgres://h/d?user=u&password=${encoded}`]],
    ['a password parameter of --url', ['create', '--url', `postgres://h/d?password=${encoded}`]],
    ['a URL given to help', ['help', `postgres://u:${awkward}@h/d`]],
    ['a URL as a command', [`postgres://u:${awkward}@h/d`]],
  ])('%s is not repeated', async (_, args) => {
    const {host} = new URL(urlOf(database))
    const {code, stdout, stderr} = await run(
      args.map((arg) => arg.replace('@HOST/', `@${host}/`)),
      {DEBUG: '*'},
    )
    expect(code).toBeGreaterThan(0)
    for (const part of [awkward, encoded, 'ss:w#rd', 'w#rd', 'ss%3Aw']) {
      expect(stdout + stderr).not.toContain(part)
    }
  })
})

describe('output that cannot be written', () => {
  const toFile = async (path: string): Promise<ProgramResult> => {
    const command = programCommand(['sessions', '--json'], {env: {CONNECTION_URL: urlOf(database)}})
    const full = openSync(path, 'w')
    const child = spawn(command.file, command.args, {
      ...command.options,
      stdio: ['ignore', full, 'pipe'],
    })
    closeSync(full)
    return ended(child)
  }

  test.runIf(existsSync('/dev/full'))('is a failure in words', async () => {
    const {code, stderr} = await toFile('/dev/full')
    expect(code).toBe(1)
    expect(stderr).toMatch(/Error: stdout cannot be written: ENOSPC/)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('because nobody reads it any more does not end a setup half way', async () => {
    const child = startProgram(['setup'], {cwd: folder, env: {CONNECTION_URL: urlOf(database)}})
    child.stderr?.destroy()
    child.stdout?.destroy()
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(await query('SELECT FROM users', database)).toHaveLength(3)
  })
})

describe('.env', () => {
  test('in the working directory is read; a variable that is set wins', async () => {
    const place = join(folder, 'with-env')
    mkdirSync(place)
    writeFileSync(join(place, '.env'), `CONNECTION_URL=${urlOf('from_env_file')}\n`)
    const read = await runProgram(['sessions', '--json'], {cwd: place})
    expect(JSON.parse(read.stdout).target.database).toBe('from_env_file')
    const env = {CONNECTION_URL: urlOf('from_environment')}
    const won = await runProgram(['sessions', '--json'], {cwd: place, env})
    expect(JSON.parse(won.stdout).target.database).toBe('from_environment')
  })
})

describe('help', () => {
  test('names every command', async () => {
    const {code, stdout} = await run(['--help'])
    expect(code).toBe(0)
    for (const name of [
      'connect',
      'create',
      'drop',
      'schema-load',
      'seed',
      'server',
      'sessions',
      'setup',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
  })

  test('of a command shows its flags and no secret of the environment', async () => {
    const {code, stdout} = await run(['drop', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--confirm=NAME')
    expect(stdout).not.toContain('postgres://')
  })

  test('--version is the package’s', async () => {
    const {stdout} = await run(['--version'])
    expect(stdout).toMatch(/^cruddur-db\/\d+\.\d+\.\d+ /)
  })
})

describe('colour', () => {
  test('is absent in a pipe and with NO_COLOR, present with FORCE_COLOR', async () => {
    const colour = '\u001b['
    const shown = async (env: Record<string, string>): Promise<string> =>
      (await run(['create', '--url', 'x'], env)).stderr
    expect(await shown({})).not.toContain(colour)
    expect(await shown({NO_COLOR: '1'})).not.toContain(colour)
    expect(await shown({FORCE_COLOR: '1'})).toContain(colour)
  })
})
