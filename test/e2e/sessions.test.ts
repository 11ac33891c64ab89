import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {runProgram} from '../support/program.js'
import {until} from '../support/wait.js'
import {LATER, openSessionsStage, type SessionsStage} from './sessions-stage.js'

let stage: SessionsStage
let holder: {pid: number}
let waiter: {pid: number}

beforeAll(async () => {
  stage = await openSessionsStage()
  const first = await stage.connect('holder')
  await first.query('BEGIN; SELECT pg_advisory_xact_lock(7)')
  const second = await stage.connect('waiter\u001b[31m')
  second.query('SELECT pg_advisory_xact_lock(7),\n 1').catch(() => {})
  holder = first
  waiter = second
  const blocked = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
  await until(
    async () => (await stage.query(blocked)).length === 1,
    () => 'a lock that is waited for',
  )
})
afterAll(() => stage.close())

const run = (args: string, env: Record<string, string> = {}) =>
  runProgram(['sessions', ...args.split(' ').filter(Boolean)], {
    env: {CONNECTION_URL: stage.url(), ...env},
  })

describe('who is connected', () => {
  test('piped is a plain table, the same for whoever asks', async () => {
    const {stdout} = await run('', {CONNECTION_URL: stage.url(LATER)})
    const lines = stdout.split('\n').map((line) => line.replace(/ +/g, ' '))
    expect(lines).toEqual([
      'process_id user db client_addr app state',
      expect.stringMatching(/^\d+ postgres postgres 127.0.0.1 cruddur-db sessions active$/),
      `${holder.pid} postgres shop 127.0.0.1 holder idle in transaction`,
      `${waiter.pid} postgres shop 127.0.0.1 waiter\\x1b[31m active`,
      '',
    ])
  })

  test('FORCE_COLOR colours that, and adds nothing to it', async () => {
    const url = {CONNECTION_URL: stage.url(LATER)}
    const {stdout} = await run('', {...url, FORCE_COLOR: '1'})
    expect(stdout).toContain('\u001b[35midle in transaction\u001b[39m\n')
    expect(stdout).toContain('\u001b[36mactive\u001b[39m\n')
    expect((await run('', {...url, FORCE_COLOR: '1', NO_COLOR: '1'})).stdout).toContain(
      '\u001b[35m',
    )
    expect((await run('', {...url, NO_COLOR: '1'})).stdout).not.toContain('\u001b')
  })

  test('as JSON says who blocks whom, and which session asked', async () => {
    const {stdout} = await run('--json')
    const {max_connections, reserved_connections, sessions} = JSON.parse(stdout)
    expect(max_connections).toBeGreaterThan(reserved_connections)
    expect(reserved_connections).toBe(3)
    expect(sessions).toEqual([
      expect.objectContaining({own: true, db: 'postgres', blocked_by: [], hidden: false}),
      expect.objectContaining({process_id: holder.pid, own: false, blocked_by: []}),
      expect.objectContaining({process_id: waiter.pid, blocked_by: [holder.pid]}),
    ])
    expect(sessions[1].xact_start).toMatch(/^2\d{3}-\d\d-\d\dT/)
    expect(sessions[1]).not.toHaveProperty('query')
  })

  test.each([60, 80, 200])('on a terminal of %i columns fits it', async (columns) => {
    const url = {CONNECTION_URL: stage.url(LATER)}
    const screen = stage.screen('', {columns}, url)
    expect(await screen.ended).toBe(0)
    const lines = screen.lines()
    // A line that were wrapped would be two.
    expect(lines).toHaveLength(columns === 200 ? 8 : 9)
    const shown = lines.join('\n')
    expect(shown).toMatch(new RegExp(`^${holder.pid} .* idle in transaction !`, 'm'))
    expect(shown).toMatch(new RegExp(`^${waiter.pid} .* active ! .*${holder.pid}$`, 'm'))
    expect(shown).toMatch(/^\d+ \* .* active\b/m)
    expect(shown).toContain('\n3 of 100 connections (3 reserved)\n* this session   ! for more')
    expect(lines[1]?.split(/ +/)).toEqual(
      {
        60: ['process_id', 'db', 'app', 'state', 'blocke…'],
        80: ['process_id', 'user', 'db', 'app', 'state', 'since', 'blocked…'],
        200: 'process_id user db client_addr app state since blocked_by'.split(' '),
      }[columns],
    )
  })

  test('has colour for what lasts too long and for who waits, and signs beside it', async () => {
    const screen = stage.screen('', {columns: 120}, {CONNECTION_URL: stage.url(LATER)})
    await screen.ended
    expect(screen.look('idle in transaction !')).toMatchObject({color: 5, bold: false})
    expect(screen.look('active !')).toMatchObject({color: 6})
    expect(screen.look('2 min')).toMatchObject({color: expect.any(Number)})
    expect(screen.look('process_id')).toMatchObject({bold: true})
    const own = screen.lines().find((line) => / \* /.test(line)) ?? ''
    expect(screen.look(own)).toMatchObject({bold: true, color: undefined})
    const blocked = screen.lines().find((line) => line.endsWith(` ${holder.pid}`)) ?? ''
    expect(blocked).toMatch(new RegExp(`^${waiter.pid} `))
  })

  test('what has just begun has no sign', async () => {
    const screen = stage.screen('', {columns: 120})
    await screen.ended
    expect(screen.lines().join('\n')).not.toContain('!')
    expect(screen.look('idle in transaction')).toMatchObject({color: undefined})
  })

  test('NO_COLOR and TERM=dumb leave the signs', async () => {
    for (const env of [{NO_COLOR: '1'}, {TERM: 'dumb'}]) {
      const url = {CONNECTION_URL: stage.url(LATER)}
      const screen = stage.screen('', {columns: 80}, {...url, ...env})
      await screen.ended
      expect(screen.output()).not.toContain('\u001b[')
      expect(screen.lines().join('\n')).toContain('idle in transaction !')
    }
  })

  test('--long has the statement below, in one line', async () => {
    const screen = stage.screen('--long', {columns: 80})
    await screen.ended
    expect(screen.lines()).toContain('    SELECT pg_advisory_xact_lock(7), 1')
    expect(screen.lines().every((line) => line.length <= 80)).toBe(true)
  })

  test('--quiet has nothing but the table', async () => {
    const screen = stage.screen('--quiet', {columns: 80})
    await screen.ended
    expect(screen.lines()).toHaveLength(5)
    expect(screen.lines()[0]).toMatch(/^process_id /)
  })

  test('of other roles a plain one sees that they are hidden, and what would show them', async () => {
    await stage.query("CREATE ROLE plain LOGIN PASSWORD 'p'")
    const url = new URL(stage.url())
    url.username = 'plain'
    url.password = 'p'
    const env = {CONNECTION_URL: url.href}
    const {stdout} = await run('', env)
    expect(stdout).toMatch(new RegExp(`^${holder.pid} .* hidden$`, 'm'))
    const {sessions} = JSON.parse((await run('--json', env)).stdout)
    expect(sessions[1]).toMatchObject({process_id: holder.pid, hidden: true, state: null})
    const screen = stage.screen('', {columns: 80}, env)
    await screen.ended
    expect(screen.lines().join('\n')).toContain('members of pg_read_all_stats')
    expect(screen.lines().join('\n')).toContain('3 of 100 connections')
  })
})

test('a session that is named twice is ended once', async () => {
  const victim = await stage.connect('prey')
  const {stdout, stderr} = await run(`--terminate ${victim.pid} --terminate ${victim.pid} --json`)
  expect(JSON.parse(stdout).terminated).toEqual([victim.pid])
  expect(stderr).not.toMatch(/PID|no session/)
})

describe('--watch', () => {
  test.each([
    ['--watch', 'a pipe', '--watch needs a terminal, for what it draws and for its keys'],
    ['--watch --json', 'JSON', '--watch draws on a terminal, and --json is one document'],
  ])('%s is refused for %s, before anything is connected to', async (args, _, message) => {
    const {code, stderr, stdout} = await run(args, {CONNECTION_URL: 'postgres://u@127.0.0.1:1/d'})
    expect(code).toBe(2)
    if (args.includes('--json'))
      expect(JSON.parse(stdout).error).toMatchObject({code: 'USAGE', message})
    else expect(stderr).toContain(`Error: ${message}\n`)
  })

  test('is refused on a terminal that cannot be drawn on in place', async () => {
    const screen = stage.screen('--watch', {}, {TERM: 'dumb'})
    expect(await screen.ended).toBe(2)
    expect(screen.lines().join('\n')).toContain('TERM is dumb')
  })

  test.each([
    ['--interval 1', 'watch'],
    ['--watch --interval 0.1', 'from 0.2 to 3600'],
    ['--watch --terminate 1', '--terminate'],
    ['--watch --confirm shop', '--terminate'],
  ])('%s is a mistake', async (args, words) => {
    const {code, stderr} = await run(args)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })
})
