import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import type {Screen} from '../support/screen.js'
import {isRestored, openSessionsStage, type SessionsStage} from './sessions-stage.js'

let stage: SessionsStage

beforeAll(async () => {
  stage = await openSessionsStage()
})
afterEach(() => stage.endScreens())
afterAll(() => stage.close())

async function watch(url = stage.url()): Promise<Screen> {
  const env = {CONNECTION_URL: url}
  const screen = stage.screen('--watch --interval 0.2', {columns: 120, rows: 12}, env)
  await screen.shows(/cruddur-db/)
  return screen
}

async function quit(screen: Screen): Promise<void> {
  screen.type('q')
  expect(await screen.ended).toBe(0)
  expect(isRestored(screen)).toBe(true)
}

describe('a server that is lost', () => {
  test.each(['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)(
    'by %s: it says so, tries again, and goes on when the server is back',
    async (signal) => {
      const screen = await watch()
      stage.server.kill(signal)
      await screen.shows(/^! no connection, trying again in [124] s: /)
      expect(screen.alternate()).toBe(true)
      // What was seen last is still there.
      expect(screen.lines().join('\n')).toContain('cruddur-db')
      await stage.server.start()
      screen.type('\r')
      await screen.hides(/no connection/)
      await screen.shows(/cruddur-db/)
      await quit(screen)
      await stage.noSession()
    },
  )

  test('can be quit while it is lost, and pauses grow', async () => {
    const screen = await watch()
    stage.server.kill('SIGINT')
    await screen.shows(/trying again in 1 s/)
    await screen.shows(/trying again in 4 s/)
    await quit(screen)
    await stage.server.start()
  })

  test('loses the session only: it comes again', async () => {
    const screen = await watch()
    const own = () => /(\d+) \*/.exec(screen.lines().join('\n'))?.[1]
    // Each time anew: the pause is the first one again.
    for (let times = 0; times < 2; times++) {
      const before = own()
      await stage.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cruddur-db %'",
      )
      await screen.shows(/no connection, trying again in 1 s/)
      await screen.hides(/no connection/)
      expect(own()).not.toBe(before)
    }
    await quit(screen)
  })

  test('and has another password by then: that ends it', async () => {
    await stage.query("CREATE ROLE changing SUPERUSER LOGIN PASSWORD 'one'")
    const url = Object.assign(new URL(stage.url()), {username: 'changing', password: 'one'})
    const screen = await watch(url.href)
    await stage.query("ALTER ROLE changing PASSWORD 'two'")
    await stage.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'changing'",
    )
    expect(await screen.ended).toBe(3)
    expect(isRestored(screen)).toBe(true)
    expect(screen.lines().join('\n')).toContain('Error: wrong password for changing')
    expect(screen.output()).not.toContain('one')
  })

  test('that is not there from the beginning is an error as of every command', async () => {
    const url = 'postgres://u:p@127.0.0.1:1/shop'
    const screen = stage.screen('--watch', {}, {CONNECTION_URL: url})
    expect(await screen.ended).toBe(3)
    expect(screen.output()).not.toContain('\u001b[?1049h')
    expect(screen.lines().join('\n')).toContain('nothing listens at 127.0.0.1:1')
  })
})

test('of which the target is the database postgres lets databases be created meanwhile', async () => {
  const url = Object.assign(new URL(stage.url()), {pathname: '/postgres'})
  const screen = await watch(url.href)
  await stage.query('CREATE DATABASE beside')
  await stage.query('DROP DATABASE beside')
  await quit(screen)
})

describe('a server that is busy', () => {
  test('says that it took too long, and is asked again', async () => {
    const screen = await watch()
    const locker = await stage.connect('lock')
    await locker.query('BEGIN; LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE')
    await screen.shows(/^! no answer for [23] s$/)
    await screen.shows(/^! the server took longer than 5 s to answer$/)
    await locker.query('ROLLBACK')
    await screen.hides(/took longer|no answer/)
    await quit(screen)
    await locker.end()
    await stage.noSession()
  })
})
