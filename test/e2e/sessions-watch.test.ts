import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import type {Screen} from '../support/screen.js'
import {until} from '../support/wait.js'
import {isRestored, LATER, openSessionsStage, type SessionsStage} from './sessions-stage.js'

let stage: SessionsStage
let holder: Awaited<ReturnType<SessionsStage['connect']>>

beforeAll(async () => {
  stage = await openSessionsStage()
  holder = await stage.connect('lock')
  await holder.query('BEGIN; SELECT pg_advisory_xact_lock(7)')
})
afterEach(() => stage.endScreens())
afterAll(() => stage.close())

const KEY = {up: '\u001b[A', down: '\u001b[B', right: '\u001b[C', escape: '\u001b', enter: '\r'}
const rows = (screen: Screen): string[] => screen.lines().filter((line) => /^[> ] \d+ /.test(line))

async function watch(
  args = '--interval 0.2',
  size = {columns: 100, rows: 14},
  url = stage.url(),
): Promise<Screen> {
  const screen = stage.screen(`--watch ${args}`, size, {CONNECTION_URL: url})
  await screen.shows(/\block\b/)
  return screen
}

async function quit(screen: Screen): Promise<void> {
  screen.type('q')
  expect(await screen.ended).toBe(0)
  expect(isRestored(screen)).toBe(true)
  await stage.noSession()
}

/** Down to the session, which is marked then. */
async function choose(screen: Screen, name: string): Promise<void> {
  const isChosen = (): boolean =>
    rows(screen).some((line) => line.startsWith('> ') && line.includes(name))
  for (let tries = 0; tries < 10 && !isChosen(); tries++) {
    const before = rows(screen).find((line) => line.startsWith('> '))
    screen.type(KEY.down)
    await until(
      () => rows(screen).find((line) => line.startsWith('> ')) !== before,
      () => 'the next one to be chosen',
    )
  }
  expect(isChosen()).toBe(true)
}

describe('what --watch shows', () => {
  test.each([
    [60, 10],
    [80, 24],
    [200, 50],
  ])(
    'fits %i columns and %i rows, on another screen than what was there before',
    async (columns, height) => {
      const screen = await watch('', {columns, rows: height}, stage.url(LATER))
      expect(screen.alternate()).toBe(true)
      const lines = screen.lines()
      expect(lines).toHaveLength(height)
      expect(lines[0]).toMatch(/^local {2}postgres@127\.0\.0\.1:\d+\/shop +\d\d:\d\d:\d\d$/)
      expect(lines[0]).toHaveLength(columns)
      expect(lines[1]).toBe('2 of 100 connections (3 reserved)  by db  every 2 seconds')
      expect(lines.at(-1)).toBe('? help  q quit  p pause  s sort  t end a session')
      expect(screen.look('idle in transaction !')).toMatchObject({color: 5})
      await quit(screen)
      expect(screen.lines()).toEqual([expect.stringMatching(/^local {2}postgres@/), ''])
    },
  )

  test('is looked at again and again, and written only where it has changed', async () => {
    const screen = await watch()
    const client = await stage.connect('comes later')
    await screen.shows(/comes later/)
    await client.end()
    await screen.hides(/comes later/)
    const before = screen.output().length
    await until(
      () => screen.output().length > before,
      () => 'the clock to go on',
    )
    expect(screen.output().slice(before, before + 200)).not.toContain('process_id')
    expect(screen.output().split('\u001b[2J')).toHaveLength(2)
    await quit(screen)
  })

  test('names who is blocked by whom', async () => {
    const screen = await watch('--interval 0.2', {columns: 100, rows: 14})
    const waiter = await stage.connect('wait')
    const waiting = waiter.query('SELECT pg_advisory_xact_lock(7)').catch(() => {})
    await screen.shows(new RegExp(`wait .* ${holder.pid}$`))
    await holder.query('COMMIT')
    await waiting
    await screen.hides(/blocked/)
    await waiter.end()
    await holder.query('BEGIN; SELECT pg_advisory_xact_lock(7)')
    await quit(screen)
  })

  test('is drawn anew when the terminal gets another size', async () => {
    const screen = await watch()
    screen.resize({columns: 60, rows: 10})
    await screen.shows(/^local.{43,48}\d\d:\d\d:\d\d$/)
    await until(
      () => screen.lines().at(-1) === '? help  q quit  p pause  s sort  t end a session',
      () => `ten rows:\n${screen.lines().join('\n')}`,
    )
    expect(screen.lines()).toHaveLength(10)
    screen.resize({columns: 200, rows: 30})
    await until(
      () => screen.lines().length === 30 && screen.lines()[0]?.length === 200,
      () => `thirty rows:\n${screen.lines().join('\n')}`,
    )
    await quit(screen)
  })

  test('is harmless, whatever an application calls itself', async () => {
    const names = ['\u001b[2J\u001b]0;x\u0007', '語'.repeat(64), 'a\nb', `${'x'.repeat(63)}`]
    const clients = await Promise.all(names.map((name) => stage.connect(name)))
    const screen = await watch('--interval 0.2 --long', {columns: 80, rows: 24})
    await screen.shows(/xxxxx…/)
    expect(screen.lines()).toHaveLength(24)
    expect(screen.output()).not.toContain('\u001b]0;')
    expect(screen.output().split('\u001b[2J')).toHaveLength(2)
    await Promise.all(clients.map((client) => client.end()))
    await quit(screen)
  })
})

describe('keys', () => {
  test('sort by the next column, by a certain one, and the other way round', async () => {
    const other = await stage.connect('zzz')
    const screen = await watch()
    const names = () => rows(screen).map((line) => /cruddur-db| lock |zzz/.exec(line)?.[0].trim())
    const sortedAs = (order: string[], by: string) =>
      until(
        () => names().join() === order.join() && screen.lines()[1]?.includes(`by ${by}`) === true,
        () => `${order} by ${by}:\n${screen.lines().join('\n')}`,
      )
    screen.type('5')
    await sortedAs(['cruddur-db', 'lock', 'zzz'], 'app')
    screen.type('5')
    await sortedAs(['zzz', 'lock', 'cruddur-db'], 'app, reversed')
    screen.type('r')
    await sortedAs(['cruddur-db', 'lock', 'zzz'], 'app')
    screen.type('s')
    await sortedAs(['cruddur-db', 'zzz', 'lock'], 'state')
    screen.type(KEY.right)
    await sortedAs(['lock', 'zzz', 'cruddur-db'], 'since')
    await other.end()
    await quit(screen)
  })

  test('pause, and go on', async () => {
    const screen = await watch()
    screen.type(' ')
    await screen.shows(/^PAUSED {2}2 of 100/)
    const seen = screen.output().length
    const client = await stage.connect('unseen')
    // Five times as long as the interval nothing has been asked.
    const quiet = `SELECT FROM pg_stat_activity
      WHERE application_name LIKE 'cruddur-db %' AND clock_timestamp() - state_change > '1 s'`
    await until(
      async () => (await stage.query(quiet)).length === 1,
      () => 'no more looks',
    )
    expect(screen.output().length - seen).toBeLessThan(400)
    expect(screen.lines().join('\n')).not.toContain('unseen')
    screen.type('p')
    await screen.shows(/unseen/)
    await screen.hides(/PAUSED/)
    await client.end()
    await quit(screen)
  })

  test('show the statements, PostgreSQL’s own processes, and the keys', async () => {
    const screen = await watch('--interval 0.2', {columns: 100, rows: 30})
    screen.type('l')
    await screen.shows(/^ {6}BEGIN; SELECT pg_advisory_xact_lock\(7\)$/)
    screen.type('a')
    await screen.shows(/checkpointer/)
    screen.type('la')
    await screen.hides(/checkpointer|BEGIN/)
    screen.type('?')
    await screen.shows(/^t {13}end the chosen session/)
    expect(screen.lines().join('\n')).not.toContain('lock')
    screen.type('x')
    await screen.shows(/\block\b/)
    await quit(screen)
  })

  test.each([
    ['Esc', KEY.escape, 0],
    ['q', 'q', 0],
    ['Ctrl-C', '\u0003', 130],
  ])('%s ends it and gives the terminal back', async (_, key, code) => {
    const screen = await watch()
    screen.type(key)
    expect(await screen.ended).toBe(code)
    expect(isRestored(screen)).toBe(true)
    expect(screen.lines().join('\n')).not.toContain('Error')
    await stage.noSession()
  })
})

describe('ending a session', () => {
  test('takes a chosen one and a yes', async () => {
    const victim = await stage.connect('prey')
    const screen = await watch()
    await screen.shows(/prey/)
    screen.type('t')
    await screen.shows(/choose a session with the arrow keys first/)
    await choose(screen, 'prey')
    expect(screen.look(`> ${victim.pid}`)).toMatchObject({inverse: false})
    expect(screen.look(`${victim.pid} `)).toMatchObject({inverse: true})
    screen.type('t')
    await screen.shows(/^end \d+\? y\/N {2}session \d+ of postgres \(prey, 127\.0\.0\.1\)$/)
    screen.type('n')
    await screen.shows(new RegExp(`session ${victim.pid} was left alone`))
    expect((await victim.query('SELECT 1 AS n')).rows).toEqual([{n: 1}])
    screen.type('k')
    await screen.shows(/^end \d+\? y\/N/)
    screen.type('y')
    await screen.shows(/^ended session \d+ of postgres \(prey, 127\.0\.0\.1\)$/)
    await until(
      () => rows(screen).every((line) => !line.includes('prey')),
      () => 'it to be shown no more',
    )
    await expect(victim.query('SELECT 1')).rejects.toThrow()
    expect((await holder.query('SELECT 1 AS n')).rows).toEqual([{n: 1}])
    await quit(screen)
  })

  test('of our own is not offered, and one that has gone meanwhile is not ended twice', async () => {
    const screen = await watch('--interval 60')
    await choose(screen, 'cruddur-db')
    screen.type('t')
    await screen.shows(/own session: q quits/)
    const victim = await stage.connect('gone soon')
    screen.type(KEY.enter)
    await screen.shows(/gone soon/)
    await choose(screen, 'gone soon')
    await victim.end()
    screen.type('t')
    await screen.shows(/^end \d+\? y\/N/)
    screen.type('y')
    await screen.shows(/^was gone already: session \d+/)
    await quit(screen)
  })

  test('that this role may not end says so, and the view goes on', async () => {
    await stage.query("CREATE ROLE weak LOGIN PASSWORD 'w' IN ROLE pg_read_all_stats")
    const url = new URL(stage.url())
    Object.assign(url, {username: 'weak', password: 'w'})
    const screen = await watch('--interval 0.2', undefined, url.href)
    await choose(screen, 'lock')
    screen.type('t')
    await screen.shows(/^end \d+\? y\/N/)
    screen.type('y')
    await screen.shows(/permission denied to terminate process/)
    await screen.shows(/\block\b/)
    await quit(screen)
  })

  test('in production takes the name of the database, typed on the screen from before', async () => {
    const victim = await stage.connect('prey')
    const screen = stage.screen(
      '--watch --prod --interval 0.2',
      {columns: 100, rows: 20},
      {PROD_CONNECTION_URL: stage.url()},
    )
    await screen.shows(/prey/)
    expect(screen.lines()[0]).toMatch(/^PRODUCTION {2}postgres@/)
    expect(screen.look('PRODUCTION')).toMatchObject({color: 1, bold: true})
    await choose(screen, 'prey')
    for (const [typed, outcome] of [
      ['no\r', /^not confirmed: nothing was ended$/],
      ['\u0003', /^not confirmed: nothing was ended$/],
      ['shop\r', /^ended session \d+ of postgres \(prey/],
    ] as const) {
      screen.type('t')
      await screen.shows(/^\? Type the database's name \(shop\) to go on:\s*$/)
      expect(screen.alternate()).toBe(false)
      expect(screen.lines().join('\n')).toContain(`end session ${victim.pid} of postgres`)
      screen.type(typed)
      await screen.shows(outcome)
      expect(screen.alternate()).toBe(true)
    }
    await expect(victim.query('SELECT 1')).rejects.toThrow()
    await quit(screen)
  })

  test('of RDS, whatever its host is called, is production’s from then on', async () => {
    await stage.query('CREATE ROLE rdsadmin')
    await stage.query('CREATE DATABASE rdsadmin OWNER rdsadmin')
    const victim = await stage.connect('prey')
    const screen = await watch('--interval 0.2', {columns: 100, rows: 20})
    await choose(screen, 'prey')
    screen.type('t')
    await screen.shows(/^end \d+\? y\/N/)
    screen.type('y')
    await screen.shows(/^\? Type the database's name \(shop\) to go on:\s*$/)
    screen.type('\u0003')
    await screen.shows(/^not confirmed: nothing was ended$/)
    expect(screen.lines()[0]).toMatch(/^PRODUCTION {2}/)
    expect((await victim.query('SELECT 1 AS n')).rows).toEqual([{n: 1}])
    await victim.end()
    await quit(screen)
    await stage.query('DROP DATABASE rdsadmin')
  })
})
