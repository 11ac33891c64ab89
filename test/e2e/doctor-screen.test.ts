import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, inject, test} from 'vitest'
import {harm} from '../support/harmless.js'
import {type AtEnd, folderOf, runDoctor} from '../support/planted-fault.js'
import {urlOf} from '../support/postgres.js'
import {runProgram, startProgram} from '../support/program.js'
import {openRelay} from '../support/relay.js'
import {openScreen} from '../support/screen.js'

const removals: (() => unknown)[] = []
const atEnd: AtEnd = (remove) => removals.unshift(remove)
let folder: string
let env: Record<string, string>

beforeAll(() => {
  folder = folderOf(atEnd)
  env = {HOME: folder, CRUDDUR_DB_HOME: join(folder, 'server')}
})
afterAll(async () => {
  for (const remove of removals) await remove()
})

const place = (): string => new URL(inject('serverUrl')).host
const there = (): Record<string, string> => ({...env, CONNECTION_URL: urlOf('no_such_database')})

/** The lines of one layer, without its heading. */
function layer(lines: readonly string[], name: string): string[] {
  const from = lines.indexOf(name) + 1
  const to = lines.indexOf('', from)
  return lines.slice(from, to === -1 ? undefined : to)
}

async function shown(
  columns: number,
  variables: Record<string, string>,
): Promise<{lines: string[]; code: number}> {
  const screen = openScreen(['doctor'], {columns, rows: 40, cwd: folder, env: variables})
  const code = await screen.ended
  return {lines: screen.lines(), code}
}

describe('on a terminal', () => {
  test.each([
    [
      60,
      [
        `  ✔ ok    host-name: 127.0.0.1 needs no name server`,
        `  ✖ fail  port: nothing listens at 127.0.0.1:1`,
        `          → start that server, or unset CONNECTION_URL to`,
        `            use the embedded one`,
        `  - skip  protocol, tls: port failed`,
      ],
    ],
    [
      80,
      [
        `  ✔ ok    host-name      127.0.0.1 needs no name server`,
        `  ✖ fail  port           nothing listens at 127.0.0.1:1`,
        `                         → start that server, or unset CONNECTION_URL to use the`,
        `                           embedded one`,
        `  - skip  protocol, tls: port failed`,
      ],
    ],
    [
      200,
      [
        `  ✔ ok    host-name      127.0.0.1 needs no name server`,
        `  ✖ fail  port           nothing listens at 127.0.0.1:1`,
        `                         → start that server, or unset CONNECTION_URL to use the embedded one`,
        `  - skip  protocol, tls: port failed`,
      ],
    ],
  ])(
    'of %d columns each finding has its cure under it, and nothing is cut or wrapped by the terminal',
    async (columns, expected) => {
      const {code, lines} = await shown(columns, {
        ...env,
        CONNECTION_URL: 'postgres://u:p@127.0.0.1:1/d',
      })
      expect(code).toBe(1)
      expect(lines[0]).toBe('local  u@127.0.0.1:1/d')
      expect(layer(lines, 'network').slice(1)).toEqual(expected)
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
      const [last = '', before = ''] = lines.filter((line) => line !== '').reverse()
      expect(`${before} ${last}`).toContain(
        'begin with: start that server, or unset CONNECTION_URL',
      )
    },
  )

  test('colours say the same as marks and words', async () => {
    const screen = openScreen(['doctor'], {columns: 80, rows: 40, cwd: folder, env: there()})
    expect(await screen.ended).toBe(1)
    expect(screen.look('✔ ok')).toMatchObject({color: 2})
    expect(screen.look('✖ fail')).toMatchObject({color: 1, bold: true})
    expect(screen.look('- skip')).toMatchObject({color: undefined, dim: false})
  })

  test.each([
    ['NO_COLOR', {NO_COLOR: '1'}],
    ['TERM=dumb', {TERM: 'dumb'}],
  ])('%s is honoured', async (_, extra) => {
    const screen = openScreen(['doctor'], {
      columns: 80,
      rows: 40,
      cwd: folder,
      env: {...there(), ...extra},
    })
    expect(await screen.ended).toBe(1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    expect(screen.output().match(/\x1b\[[\d;]*m/g)).toBeNull()
    expect(screen.lines().join('\n')).toContain('✖ fail')
  })

  test('what is being looked at is shown while it takes time, and Ctrl-C ends it with 130', async () => {
    const {hostname, port} = new URL(inject('serverUrl'))
    const relay = await openRelay({host: hostname, port: Number(port)})
    relay.freeze('frozen')
    try {
      const variables = {...env, CONNECTION_URL: `postgres://u:p@127.0.0.1:${relay.port}/d`}
      const screen = openScreen(['doctor'], {columns: 80, rows: 40, cwd: folder, env: variables})
      await screen.shows(/^… protocol$/)
      await screen.shows(/✔ ok {4}port /)
      screen.type('\x03')
      expect(await screen.ended).toBe(130)
      expect(screen.lines().at(-2) ?? '').toBe('Error: interrupted')
      expect(screen.lines().join('\n')).not.toContain('… protocol')
    } finally {
      relay.close()
    }
  })
})

test('piped, it is plain text without a wrapped line, and the target line is not in it', async () => {
  const {code, stderr, stdout} = await runProgram(['doctor'], {cwd: folder, env: there()})
  expect(code).toBe(1)
  expect(stderr).toBe(`local  postgres@${place()}/no_such_database\n`)
  expect(harm(stdout)).toEqual([])
  const lines = stdout.split('\n')
  expect(layer(lines, 'server')[0]).toBe(`  ✔ ok    login          ${place()} lets postgres in`)
  expect(layer(lines, 'contents')).toEqual(['  - skip  schema, seed, migrations: database failed'])
  expect(lines.at(-2)).toMatch(/^1 problem(, \d warnings?)?: begin with: cruddur-db /)
})

test('--quiet leaves out the target line alone', async () => {
  const {code, stderr, stdout} = await runProgram(['doctor', '--quiet'], {
    cwd: folder,
    env: there(),
  })
  expect({code, stderr}).toEqual({code: 1, stderr: ''})
  expect(stdout).toContain('✖ fail  database')
})

test('JSON has the target and every check, and nothing else is on stdout', async () => {
  const {checks, code, stderr, target} = await runDoctor({cwd: folder, env: there()})
  expect(code).toBe(1)
  expect(stderr).toBe(`local  postgres@${place()}/no_such_database\n`)
  expect(target).toMatchObject({name: 'local', production: false, database: 'no_such_database'})
  for (const check of checks) {
    expect(
      Object.keys(check)
        .filter((name) => name !== 'fix')
        .sort(),
    ).toEqual(['layer', 'message', 'name', 'status'])
    expect('fix' in check).toBe(check.status === 'warn' || check.status === 'fail')
  }
  const names = checks.map(({name}) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.slice(0, 15)).toEqual([
    'node',
    'package',
    'env-file',
    'hidden-values',
    'old-variables',
    'pg-variables',
    'url',
    'production',
    'password',
    'embedded',
    'host-name',
    'port',
    'protocol',
    'tls',
    'login',
  ])
})

test('a target that cannot be resolved is null in JSON, and a finding, not an error', async () => {
  const {check, code, stderr, target} = await runDoctor({
    cwd: folder,
    env: {...env, CONNECTION_URL: 'localhost/cruddur'},
  })
  expect({code, stderr, target}).toEqual({code: 1, stderr: '', target: null})
  expect(check('url').status).toBe('fail')
  expect(check('login')).toMatchObject({status: 'skipped', message: 'url failed'})
})

test('an interrupt is told as JSON too', async () => {
  const {hostname, port} = new URL(inject('serverUrl'))
  const relay = await openRelay({host: hostname, port: Number(port)})
  relay.freeze('frozen')
  const variables = {...env, CONNECTION_URL: `postgres://u:p@127.0.0.1:${relay.port}/d`}
  const child = startProgram(['doctor', '--json'], {cwd: folder, env: variables})
  let stdout = ''
  child.stdout?.on('data', (data) => {
    stdout += data
  })
  child.stderr?.once('data', () => child.kill('SIGTERM'))
  const code = await new Promise((resolve) => child.once('close', resolve))
  relay.close()
  expect(code).toBe(143)
  expect(JSON.parse(stdout)).toMatchObject({error: {code: 'INTERRUPTED'}})
})

test('what a server or a file says cannot steer the terminal', async () => {
  const file = join(folder, 'evil.env')
  writeFileSync(file, 'CONNECTION_URL=postgres://u%1b]0;x%07@127.0.0.1:1/d%1b[2J\n')
  const args = ['doctor', '--env-file', file]
  const {stdout, stderr} = await runProgram(args, {cwd: folder, env})
  expect(harm(stdout + stderr)).toEqual([])
  expect(stdout).toContain('\\x1b[2J')
})
