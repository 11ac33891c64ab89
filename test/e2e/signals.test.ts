import {execFileSync, spawn} from 'node:child_process'
import {randomInt} from 'node:crypto'
import {createSocket} from 'node:dgram'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {AT_ONCE, inTurn, interrupt, SIGNALS} from '../support/interrupt.js'
import {ended, programCommand} from '../support/program.js'
import {
  ASK_PASSWORD,
  fields,
  head,
  message,
  type Play,
  type ScriptedServer,
  scriptedServer,
  WELCOME,
} from '../support/scripted-server.js'
import {leaks} from '../support/stage.js'
import {until} from '../support/wait.js'

let folder: string
const silent: ScriptedServer[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-signals-'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  writeFileSync(join(folder, 's.sql'), 'SELECT 1;\n')
})
afterAll(() => {
  for (const server of silent) server.close()
  rmSync(folder, {recursive: true, force: true})
})

interface Started {
  child: ReturnType<typeof spawn>
  result: ReturnType<typeof ended>
  /** What stderr holds so far. */
  said: () => string
}

/** Starts the program with a standard input that says nothing and does not end. */
function start(args: readonly string[], env: Record<string, string> = {}): Started {
  const command = programCommand(args, {cwd: folder, env: {CRUDDUR_DB_HOME: folder, ...env}})
  const child = spawn(command.file, command.args, command.options)
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  return {child, result: ended(child), said: () => said}
}

const urlAt = (port: number): string => `postgres://u:p%23w@127.0.0.1:${port}/d`
const targetLine = (port: number, name: string): string => `${name}  u@127.0.0.1:${port}/d\n`

/** Every command that talks to a server, as it is begun on a database that is no production. */
const COMMANDS = [
  'create',
  'drop',
  'drop --force',
  'drop --dry-run',
  'setup',
  'setup --force --keep-previous',
  'setup --dry-run',
  'schema-load',
  'schema-load --dry-run',
  'seed',
  'seed --seed-file s.sql --no-transaction',
  'sessions',
  'sessions --terminate 1',
  'connect --wait 60',
].map((what) => ({what}))

/** How far a server that then falls silent lets us come. */
const SILENCES: Record<string, Play> = {
  'the connection is made': {raw: () => {}},
  'TLS is negotiated': {raw: (socket) => void socket.once('data', () => socket.write('S'))},
  'the password is asked for': {login: (socket) => void socket.write(ASK_PASSWORD)},
  'the login goes on': {
    login: (socket) => void socket.write(message('R', '\0\0\0\x0aSCRAM-SHA-256\0\0')),
  },
  'the first question is asked': {login: (socket) => void socket.write(WELCOME)},
}

describe.each(Object.entries(SILENCES))('a server that falls silent when %s', (when, play) => {
  // psql, once it is there, gets the signals itself; how far a command gets before is the same for all.
  const commands =
    when === 'the first question is asked'
      ? COMMANDS.filter(({what}) => !what.startsWith('connect'))
      : COMMANDS.filter(({what}) => /^(drop|setup|sessions|connect --wait 60)$/.test(what))

  test.concurrent.each(inTurn(commands))('$signal ends $what', async ({signal, exit, what}) => {
    const server = await scriptedServer(play)
    silent.push(server)
    const {port} = server
    const run = start([...what.split(' '), '--url', urlAt(port)])
    await until(
      () => server.taken() > 0,
      () => `a connection; the program said:\n${run.said()}`,
    )
    const {seconds, ...seen} = await interrupt(run, signal)
    expect(seen).toEqual({
      exit,
      stdout: '',
      stderr: `${targetLine(port, 'url')}Error: interrupted\n`,
    })
    expect(seconds).toBeLessThan(AT_ONCE)
  })
})

describe('waiting', () => {
  const starting = fields('E', {S: 'FATAL', V: 'FATAL', C: '57P03', M: 'starting up'})

  test.concurrent.each(inTurn(COMMANDS.filter(({what}) => !what.includes('--wait'))))(
    'for a server that is not there ends with $signal: $what',
    async ({signal, exit, what}) => {
      const run = start([...what.split(' '), '--wait', '60', '--url', urlAt(1)])
      await until(() => run.said().includes('waiting: '), run.said)
      const {seconds, ...seen} = await interrupt(run, signal)
      expect(seen).toEqual({
        exit,
        stdout: '',
        stderr: `${targetLine(1, 'url')}waiting: nothing listens at 127.0.0.1:1\nError: interrupted\n`,
      })
      expect(seconds).toBeLessThan(AT_ONCE)
    },
  )

  test.concurrent.each(SIGNALS)(
    'for a server that starts ends with the signal (%s: %i)',
    async (signal, exit) => {
      const server = await scriptedServer({login: (socket) => void socket.end(starting)})
      silent.push(server)
      const run = start(['setup', '--url', urlAt(server.port)])
      await until(() => run.said().includes('waiting: '), run.said)
      const {seconds, ...seen} = await interrupt(run, signal)
      expect(seen).toMatchObject({exit, stdout: ''})
      expect(seen.stderr).toMatch(/\nError: interrupted\n$/)
      expect(seconds).toBeLessThan(AT_ONCE)
    },
  )
})

/** Nobody writes to the pipe, and nobody types: reading lasts for ever. */
const READING = ['fifo', '-', '/dev/stdin'].flatMap((file) =>
  [
    `schema-load --schema-file ${file}`,
    `schema-load --schema-file ${file} --dry-run`,
    `seed --seed-file s.sql --seed-file ${file} --no-transaction`,
    `setup --schema-file ${file}`,
    `setup --schema-file ${file} --no-seed --force`,
  ].map((what) => ({what})),
)

test.concurrent.each(inTurn(READING))(
  '$signal ends the reading of what does not come, before anybody is connected to: $what',
  async ({signal, exit, what}) => {
    const server = await scriptedServer({raw: () => {}})
    silent.push(server)
    const {port} = server
    const run = start(what.split(' '), {CONNECTION_URL: urlAt(port)})
    await until(() => run.said() === targetLine(port, 'local'), run.said)
    const {seconds, ...seen} = await interrupt(run, signal)
    expect(seen).toEqual({
      exit,
      stdout: '',
      stderr: `${targetLine(port, 'local')}Error: interrupted\n`,
    })
    expect(seconds).toBeLessThan(AT_ONCE)
    expect(server.taken()).toBe(0)
  },
)

const NONSENSE: Record<string, Buffer> = {
  'an error that is cut off': message('E', 'Mcut'),
  'a login that there is not': message('R', [0, 0, 0, 99]),
  'a message of 2 GB': Buffer.concat([head('D', 0x7fff_ffff), Buffer.alloc(65_536)]),
}

test.concurrent.each(Object.entries(NONSENSE))(
  'Ctrl-C ends at once although the request to cancel is answered with %s',
  async (_, nonsense) => {
    let logins = 0
    const server = await scriptedServer({
      login: (socket) => void socket.write(logins++ === 0 ? WELCOME : nonsense),
    })
    silent.push(server)
    const run = start(['setup', '--url', urlAt(server.port)])
    await until(() => logins > 0, run.said)
    const {seconds, ...seen} = await interrupt(run, 'SIGINT')
    expect(logins).toBeGreaterThan(1)
    expect(seen).toEqual({
      exit: 130,
      stdout: '',
      stderr: `${targetLine(server.port, 'url')}Error: interrupted\n`,
    })
    expect(seconds).toBeLessThan(AT_ONCE)
  },
)

test('with --json the interruption is the document, and the exit code is the same', async () => {
  const server = await scriptedServer({raw: () => {}})
  silent.push(server)
  for (const [signal, exit] of SIGNALS) {
    const run = start(['setup', '--json', '--url', urlAt(server.port)])
    await until(() => run.said() !== '', run.said)
    const seen = await interrupt(run, signal)
    expect([seen.exit, JSON.parse(seen.stdout)]).toEqual([
      exit,
      {error: {code: 'INTERRUPTED', message: 'interrupted'}},
    ])
    expect(leaks(seen.stderr)).toEqual([])
  }
})

/** Another /etc/resolv.conf for one process takes a mount namespace, and that root. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], {stdio: 'ignore'})
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

describe.skipIf(!canMount())('while a name server does not answer', () => {
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
  const nobody = createSocket('udp4')
  beforeAll(async () => {
    await new Promise<void>((resolve) => nobody.bind(53, address, resolve))
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${address}\n`.repeat(3))
  })
  afterAll(() => void nobody.close())

  const asked = (host: string): Promise<void> =>
    new Promise((resolve) => {
      nobody.on('message', (question) => {
        if (question.includes(host.split('.')[0] ?? '')) resolve()
      })
    })

  test.concurrent.each([
    ['SIGINT', 130, 'created', 'a host to connect to', 'create', {}],
    [
      'SIGTERM',
      143,
      'dropped',
      'a name that may be production',
      'drop',
      {PROD_CONNECTION_URL: 'postgres://u@p.example.com/d'},
    ],
    ['SIGHUP', 129, 'waited', 'a host that is waited for', 'setup --wait 60', {}],
  ] as const)(
    '%s ends with %i the looking up (%s) of %s',
    async (signal, exit, name, _, command, env) => {
      const args = [...command.split(' '), '--url', `postgres://u@${name}.example.com/d`]
      const program = programCommand(args, {cwd: folder, env})
      const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
      const own = ['sh', '-c', script, join(folder, 'resolv.conf'), program.file, ...program.args]
      const lookedUp = asked(`${name}.example.com`)
      const child = spawn('unshare', ['--mount', ...own], program.options)
      const run = {child, result: ended(child)}
      await lookedUp
      const {seconds, ...seen} = await interrupt(run, signal)
      expect(seen).toMatchObject({exit, stdout: ''})
      expect(seen.stderr).toMatch(/(^|\n)Error: interrupted\n$/)
      expect(seconds).toBeLessThan(AT_ONCE)
    },
  )
})
