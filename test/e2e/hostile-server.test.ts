import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {
  columns,
  hostileServer,
  int32,
  type Manners,
  message,
  ready,
  row,
} from '../support/hostile-server.js'
import {ended, type ProgramResult, startProgram} from '../support/program.js'

const PASSWORD = 'p#w/s?ü@ t%"$&'
const COMMANDS = [['sessions'], ['create'], ['drop', '--dry-run'], ['schema-load']] as const

/** What a terminal would obey: a title, the clipboard (OSC 52), colours in one byte (C1), text turned round, a line forged. */
const STEERING =
  '\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x07\x9b31m\u202Etxt.exe\u2066\u200b\u{e0041}\x7f\r\n\b\x00'
const NASTY = `${STEERING.slice(0, -1)} postgres://u:stolen@h/d password=stolen2 end`

const ms = (since: number): number => Math.round(performance.now() - since)

/** The most memory that the process had so far, in MB; 0 where that cannot be read. */
function peakOf(pid: number | undefined): number {
  try {
    return (
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
    )
  } catch {
    return 0
  }
}

interface Outcome extends ProgramResult {
  elapsed: number
  peak: number
}

/** Runs the program against such a server; one that does not end is killed, and its code is null. */
async function face(manners: Manners, command: readonly string[], query = ''): Promise<Outcome> {
  const server = await hostileServer(manners)
  const url = `postgres://u:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/d?connect_timeout=2${query}`
  const started = performance.now()
  const child = startProgram([...command, '--url', url])
  let peak = 0
  const look = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid))
  }, 50)
  const limit = setTimeout(() => child.kill('SIGKILL'), 9000)
  try {
    return {...(await ended(child)), elapsed: ms(started), peak}
  } finally {
    clearInterval(look)
    clearTimeout(limit)
    server.close()
  }
}

/** What is not allowed in any output, whatever the server does. */
function faults({stdout, stderr}: ProgramResult): string[] {
  const all = stdout + stderr
  const found = {
    'a stack trace': /^\s+at .*:\d+/m.test(all),
    'a control character': /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u.test(all),
    'the password': [
      PASSWORD,
      encodeURIComponent(PASSWORD),
      JSON.stringify(PASSWORD).slice(1, -1),
    ].some((secret) => all.includes(secret)),
    'a login in a text of the server': /stolen/.test(all),
    'a fault of our own': /unexpected:|INTERNAL|Cannot read prop|not iterable|ERR_/.test(all),
    'a wordless error': /Error: *$/m.test(all) || /"message": ""/.test(all),
  }
  return Object.entries(found).flatMap(([name, here]) => (here ? [name] : []))
}

function check(outcome: Outcome, command: readonly string[], codes: readonly number[]): void {
  const {code, elapsed, stderr, stdout} = outcome
  const about = `code ${code} after ${elapsed} ms\n${stdout.slice(0, 1500)}\n${stderr.slice(0, 1500)}`
  expect(faults(outcome), about).toEqual([])
  expect(codes, about).toContain(code)
  expect(elapsed, about).toBeLessThan(6000)
  expect(outcome.peak, about).toBeLessThan(400)
  if (!command.includes('--json')) {
    if (code !== 0) expect(stderr).toMatch(/^Error: .*\p{L}/mu)
    return
  }
  const document = JSON.parse(stdout) as {error?: {code: string; message: string}}
  expect(document.error === undefined).toBe(code === 0)
}

type Fields = readonly (readonly [string, string])[]

function errorOf(fields: Fields, {type = 'E', end = '\0'} = {}): Buffer {
  return message(type, fields.map(([name, value]) => `${name}${value}\0`).join('') + end)
}

const nastyFields = (severity: string, code: string): Fields => [
  ['S', severity],
  ['V', severity],
  ['C', code],
  ...[...'MDW'].map((name) => [name, NASTY] as const),
  ...[...'HPpqstcdnFLR'].map((name) => [name, STEERING.slice(0, -1)] as const),
]

/** Always the same bytes for the same seed: a linear congruential generator (Numerical Recipes). */
function randomBytes(seed: number, length: number): Buffer {
  let state = seed
  return Buffer.from(
    Array.from({length}, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    }),
  )
}

const both = (...parts: Buffer[]): Buffer => Buffer.concat(parts)
const done = message('C', 'SELECT 1\0')
const notice = errorOf(
  [
    ['S', 'WARNING'],
    ['C', '01000'],
    ['M', STEERING.slice(0, -1)],
  ],
  {type: 'N'},
)
const status = (name: string, value: string): Buffer => message('S', `${name}\0${value}\0`)
const huge = status(NASTY.repeat(20), NASTY.repeat(200))

/** Bytes that can come as the answer to the login as well as to a query; the server hangs up behind them. */
const ANSWERS: Record<string, Buffer> = {
  'an error that steers the terminal': errorOf(nastyFields('FATAL', '28000')),
  'a wrong password with such words': errorOf(nastyFields('FATAL', '28P01')),
  'an error with a hostile severity and SQLSTATE': errorOf([
    ['S', NASTY],
    ['C', NASTY],
    ['M', NASTY],
  ]),
  'an error of a session that goes on': both(errorOf(nastyFields('ERROR', '42601')), ready),
  'an error without a message': errorOf([
    ['S', 'ERROR'],
    ['C', 'XX000'],
  ]),
  'an error without a SQLSTATE': errorOf([
    ['S', 'ERROR'],
    ['M', 'words'],
  ]),
  'an error without a field': errorOf([]),
  'an error with fields twice': errorOf([
    ['S', 'ERROR'],
    ['S', 'LOG'],
    ['C', '1'],
    ['C', 'XX000'],
    ['M', 'a'],
    ['M', NASTY],
  ]),
  'an error with unknown fields': errorOf([
    ['S', 'ERROR'],
    ['C', 'XX000'],
    ['M', 'words'],
    ['?', 'x'],
    ['\x1b', 'y'],
    ['_', NASTY],
  ]),
  'an error without an end': errorOf(
    [
      ['S', 'FATAL'],
      ['C', 'XX000'],
      ['M', 'words'],
    ],
    {end: ''},
  ),
  'an error cut in a field': message('E', 'SFATAL\0CXX000\0Mno end of it'),
  'an error without an end before another message': both(
    errorOf([['M', 'words']], {end: ''}),
    ready,
  ),
  'a notice without an end': errorOf([['M', 'words']], {type: 'N', end: ''}),
  'a length of 0': message('E', '', 0),
  'a length of 3': message('E', 'SFATAL\0', 3),
  'a negative length': message('E', 'SFATAL\0', -1),
  'a length of 2 GB': message('E', 'SFATAL\0', 2 ** 31 - 1),
  'an answer shorter than a header': Buffer.from('E\0\0'),
  'an unknown way to log in': message('R', int32(99)),
  GSSAPI: message('R', int32(7)),
  'a login question without a body': message('R'),
  'SASL without an end': message('R', both(int32(10), Buffer.from('SCRAM-SHA-256'))),
  'SASL with unknown mechanisms': message('R', both(int32(10), Buffer.from(`${NASTY}\0\0`))),
  'SASL from its end': message('R', both(int32(12), Buffer.from('v=x'))),
  'SASL from its middle': message('R', both(int32(11), Buffer.from('r=x,s=y,i=1'))),
  'an MD5 question cut short': message('R', int32(5)),
  'a key that is cut short': message('K', 'ab'),
  'rows without an end': both(columns(['a']), row([STEERING]), row(['b'])),
  'an unknown message': message('\x01', NASTY),
  'a web server': Buffer.from(`HTTP/1.1 400 Bad Request\r\nServer: ${NASTY}\r\n\r\n`),
  'a row of -1 columns': message('D', Buffer.from([0xff, 0xff])),
  'a row that promises more than it holds': message('D', Buffer.from([0x7f, 0xff, 0, 0])),
  'columns that promise more than they hold': message('T', Buffer.from([0x7f, 0xff])),
  'a COPY that promises more than it holds': message('G', Buffer.from([0, 0x7f, 0xff])),
  'a COPY nobody asked for': both(message('G', Buffer.from([0, 0, 0])), ready),
  'data of a COPY nobody asked for': both(message('d', NASTY), message('c'), ready),
  nothing: Buffer.alloc(0),
  ...Object.fromEntries([1, 2, 3].map((seed) => [`random bytes ${seed}`, randomBytes(seed, 5000)])),
}

let turn = 0
/** Each case meets another command, every other one as JSON. */
const nextCommand = (): readonly string[] => {
  turn += 1
  const command = COMMANDS[Math.floor(turn / 2) % COMMANDS.length] ?? []
  return turn % 2 === 0 ? [...command, '--json'] : command
}

interface Case {
  what: string
  manners: Manners
  codes?: readonly number[]
}

const meet = async ({codes = [1, 3], manners}: Case, command: readonly string[]): Promise<void> =>
  check(await face(manners, command), command, codes)

const toLogin = Object.entries(ANSWERS).map(([what, send]) => ({what, manners: {login: {send}}}))
const toQuery = Object.entries(ANSWERS).map(([what, send]) => ({what, manners: {next: {send}}}))

const toTls: Case[] = [
  ['an error', errorOf(nastyFields('FATAL', '28000'))],
  ['bytes behind the yes', Buffer.from('Sextra')],
  ['a yes and noise', Buffer.from('S')],
  ['nothing', Buffer.alloc(0)],
  ['random bytes', randomBytes(4, 2000)],
].map(([what, send]) => ({
  what: String(what),
  manners: {
    tls: {send: Buffer.from(send ?? '')},
    login: {send: errorOf(nastyFields('FATAL', '28000'))},
  },
}))

const floods: Case[] = [
  ['notices', notice],
  ['settings', huge],
  ['questions for the password', message('R', int32(3))],
  ['SASL questions', message('R', both(int32(10), Buffer.from('SCRAM-SHA-256\0\0')))],
  ['bytes of one message', Buffer.from('S\x7fSS')],
].map(([what, flood]) => ({
  what: String(what),
  manners: {login: {flood: Buffer.from(flood ?? '')}},
}))

/** A server that goes on after it, so that a lie may be believed; what is promised is an end in order. */
const orders: Case[] = [
  ['a row before its columns', both(row(['1']), done, ready)],
  ['ReadyForQuery twice', both(ready, ready)],
  ['CommandComplete alone', both(done, ready)],
  ['a row wider than its columns', both(columns(['a']), row(['1', '2']), done, ready)],
  [
    'columns named as those of every object',
    both(
      columns(['__proto__', 'constructor', 'oid']),
      row([STEERING, STEERING, STEERING]),
      done,
      ready,
    ),
  ],
  ['columns twice', both(columns(['a']), columns(['b']), row([STEERING]), done, ready)],
  ['an error after the end', both(done, ready, errorOf(nastyFields('ERROR', 'XX000')))],
  [
    'settings and notices in between',
    both(notice, huge, status('client_encoding', 'LATIN1'), done, ready),
  ],
].map(([what, send]) => ({
  what: String(what),
  codes: [0, 1, 3],
  manners: {next: {send: Buffer.from(send ?? ''), stays: true}},
}))

describe.concurrent('the answer to the login', () => {
  test.each(toLogin)('$what', async (one) => {
    await meet(one, nextCommand())
  })
})

describe.concurrent('the answer to a query', () => {
  test.each(toQuery)('$what', async (one) => {
    await meet(one, nextCommand())
  })
})

describe.concurrent('the answer to the question for TLS', () => {
  test.each(toTls)('$what', async (one) => {
    await meet(one, nextCommand())
  })
})

describe.concurrent('a login that never ends is ended by connect_timeout', () => {
  test.each(floods)(
    '$what',
    async (one) => {
      await meet(one, nextCommand())
    },
    12_000,
  )
})

describe.concurrent('answers in a wrong order', () => {
  test.each(orders)('$what', async (one) => {
    await meet(one, nextCommand())
  })
})

describe.concurrent('what the server says', () => {
  const names = ['process_id', 'user', 'db', 'client_addr', 'app', 'state']
  const rows = both(notice, columns(names), row(names.map(() => STEERING)), done, ready)

  test.each([['sessions'], ['sessions', '--json'], ['sessions', '--long']])(
    'rows: %s %s',
    async (...command) => {
      const outcome = await face({next: {send: rows, stays: true}}, command)
      check(outcome, command, [0])
    },
  )

  test.each(COMMANDS.flatMap((command) => [[command], [[...command, '--json']]]))(
    'the password it was given, back: %s',
    async (command) => {
      const words = errorOf([
        ['S', 'FATAL'],
        ['C', '28P01'],
        ['M', `no: ${PASSWORD}`],
        ['D', PASSWORD],
        ['H', PASSWORD],
      ])
      const asks = {send: message('R', int32(3)), stays: true}
      const outcome = await face({login: asks, next: {send: words}}, command)
      check(outcome, command, [3])
    },
  )
})
