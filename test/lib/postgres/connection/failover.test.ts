import {execFileSync} from 'node:child_process'
import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {startServer, stopServer} from '../../../../src/lib/embedded/server.js'
import {pinned, withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import type {Target} from '../../../../src/lib/target/target.js'
import {type MortalServer, openMortalServer} from '../../../support/mortal-server.js'
import {openRelay, type Relay} from '../../../support/relay.js'
import {targetOf} from '../../../support/target.js'

let standby: MortalServer
let primary: MortalServer
/** In front of the primary: it counts who comes there. */
let relay: Relay

/** A copy of a server's folder that stays in recovery, as a standby does. */
beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), 'cruddur-db-primary-'))
  const copy = mkdtempSync(join(tmpdir(), 'cruddur-db-standby-'))
  await startServer(home)
  await stopServer(home)
  execFileSync('cp', ['-a', `${home}/.`, copy])
  writeFileSync(join(copy, 'data', 'standby.signal'), '')
  primary = await openMortalServer(home)
  standby = await openMortalServer(copy)
  relay = await openRelay(primary)
})
afterEach(async () => {
  standby.thaw()
  await standby.start()
})
afterAll(async () => {
  relay.close()
  await primary.close()
  await standby.close()
})

function hosts(ports: [number, ...number[]], extra: Partial<Target> = {}): Target {
  const [first, ...rest] = ports.map((port) => ({host: '127.0.0.1', port}))
  if (!first) throw new Error('no host')
  return {
    ...targetOf('postgres'),
    hosts: [first, ...rest],
    user: 'postgres',
    password: new Secret('password'),
    connectTimeoutMs: 1000,
    ...extra,
  }
}

const isStandby = (target: Target): Promise<unknown> =>
  withClient(
    target,
    async (client) => (await client.query('SELECT pg_is_in_recovery() AS yes')).rows[0]?.yes,
  )

describe('with a standby as the first host and the primary as the second', () => {
  test.each([
    ['any', true],
    ['read-write', false],
    ['primary', false],
    ['read-only', true],
    ['standby', true],
    ['prefer-standby', true],
  ] as const)('target_session_attrs=%s: is a standby %s', async (sessionAttributes, expected) => {
    const target = hosts([standby.port, primary.port], {sessionAttributes})
    expect(await isStandby(target)).toBe(expected)
  })

  test('prefer-standby finds it behind the primary, and takes the primary when there is none', async () => {
    const sessionAttributes = 'prefer-standby'
    const target = hosts([primary.port, standby.port], {sessionAttributes})
    expect(await isStandby(target)).toBe(true)
    await standby.stop()
    expect(await isStandby(target)).toBe(false)
  })

  test('the primary is taken when the first hangs at the login', async () => {
    await standby.freeze()
    expect(await isStandby(hosts([standby.port, primary.port]))).toBe(false)
  })

  test('the primary is taken when the first is down', async () => {
    await standby.stop()
    expect(await isStandby(hosts([standby.port, primary.port]))).toBe(false)
  })

  test('read-write, and the primary is down: says what each is', async () => {
    const down = hosts([standby.port, 1], {sessionAttributes: 'read-write'})
    await expect(isStandby(down)).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      message: `127.0.0.1:${standby.port} is not read-write; nothing listens at 127.0.0.1:1`,
    })
  })

  test('read-write, and there is no other host: says so, at once', async () => {
    const alone = hosts([standby.port], {sessionAttributes: 'read-write'})
    const failed = withClient(alone, async () => 'in', {waitMs: 60_000})
    await expect(failed).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      exit: 3,
      message: `127.0.0.1:${standby.port} is not read-write`,
      details: {hint: 'check target_session_attrs in the URL'},
    })
  })
})

describe('a server that dies in the middle', () => {
  test('is lost, and the next host is not touched', async () => {
    const before = relay.taken()
    const failed = withClient(hosts([standby.port, relay.port]), async (client) => {
      await client.query('SELECT 1')
      standby.kill('SIGKILL')
      await client.query('SELECT pg_sleep(60)')
    })
    await expect(failed).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      exit: 3,
      message: expect.stringMatching(
        `^the connection to 127\\.0\\.0\\.1:${standby.port} was lost: `,
      ),
    })
    expect(relay.taken()).toBe(before)
  })

  test('is not replaced by the next host for what belongs to the same command', async () => {
    const before = relay.taken()
    const failed = withClient(hosts([standby.port, relay.port]), async (client) => {
      const same = pinned(hosts([standby.port, relay.port]), client)
      expect(await isStandby(same)).toBe(true)
      await standby.stop()
      return isStandby(same)
    })
    await expect(failed).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      message: `nothing listens at 127.0.0.1:${standby.port}`,
    })
    expect(relay.taken()).toBe(before)
  })
})
