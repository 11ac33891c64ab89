import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import type pg from 'pg'
import {from as copyFrom} from 'pg-copy-streams'
import {afterEach, describe, expect, test} from 'vitest'
import {type ConnectOptions, withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import type {Target} from '../../../../src/lib/target/target.js'
import {query, withDatabase} from '../../../support/postgres.js'
import {openRelay, type Relay} from '../../../support/relay.js'
import {targetOf} from '../../../support/target.js'
import {until} from '../../../support/wait.js'

/** The real times, a hundred times as fast. */
const watch = {quietMs: 100, askMs: 300, patienceMs: 500, againMs: 50}

/** Where the server does answer, however busy this machine is. */
const answered = {...watch, askMs: 10_000, patienceMs: 1500, againMs: 1000}

const relays: Relay[] = []
afterEach(() => {
  for (const relay of relays.splice(0)) relay.close()
})

/** The test server behind a relay. */
async function relayed(database = 'postgres'): Promise<{relay: Relay; target: Target}> {
  const target = targetOf(database)
  const [{host, port}] = target.hosts
  const relay = await openRelay({host, port})
  relays.push(relay)
  return {relay, target: {...target, hosts: [{host: '127.0.0.1', port: relay.port}]}}
}

const sleepOn = (target: Target, ms: number, options: ConnectOptions = {}): Promise<unknown> =>
  withClient(target, (client) => client.query(`SELECT pg_sleep(${ms / 1000})`), {watch, ...options})

const lost = (at: {port: number}, how: string): unknown =>
  expect.objectContaining({
    code: 'CONNECTION_LOST',
    exit: 3,
    message: expect.stringMatching(
      `^the connection to 127\\.0\\.0\\.1:${at.port} was lost: no answer for \\d+ s, ${how}$`,
    ),
  })

const SILENT = 'on a new connection neither'
const DEAF = 'though the server answers on a new connection'
const GONE = 'and the server has ended its session'

describe('a statement that takes long', () => {
  test('is waited for, while the server tells on other connections that it is at work', async () => {
    const {relay, target} = await relayed()
    await sleepOn(target, 1500)
    expect(relay.taken()).toBeGreaterThan(1)
  })

  test('that answers soon costs no further connection', async () => {
    const {relay, target} = await relayed()
    await withClient(
      target,
      async (client) => {
        for (let n = 0; n < 20; n++) await client.query('SELECT pg_sleep(0.02)')
      },
      {watch},
    )
    expect(relay.taken()).toBe(1)
  })

  test('is waited for when the server has no connection left', async () => {
    await withDatabase(async (database) => {
      const role = `${database}_role`
      await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'p' CONNECTION LIMIT 1`)
      const {relay, target} = await relayed(database)
      const alone = {...target, user: role, password: new Secret('p')}
      await sleepOn(alone, 1200)
      expect(relay.taken()).toBeGreaterThan(1)
      await query(`DROP ROLE "${role}"`)
    })
  })

  test('is not looked at while nobody waits for it', async () => {
    const {relay, target} = await relayed()
    await withClient(
      target,
      async (client) => {
        await client.query('SELECT 1')
        await new Promise((resolve) => setTimeout(resolve, 500))
      },
      {watch},
    )
    expect(relay.taken()).toBe(1)
  })
})

describe('a connection that is cut off without a word', () => {
  test('is lost when new ones lead nowhere either', async () => {
    const {relay, target} = await relayed()
    const sleeping = sleepOn(target, 60_000)
    await until(
      () => relay.taken() > 0,
      () => 'a connection',
    )
    setTimeout(() => relay.freeze('frozen'), 100)
    await expect(sleeping).rejects.toEqual(lost(relay, SILENT))
  })

  test('is lost when new ones are refused', async () => {
    const {relay, target} = await relayed()
    const failed = withClient(
      target,
      async (client) => {
        relay.freeze('cut')
        await client.query('SELECT 1')
      },
      {watch},
    )
    await expect(failed).rejects.toEqual(lost(relay, SILENT))
  })

  test('is lost when the statement never reached the server, whose session is ended', async () => {
    await withDatabase(async (database) => {
      const {relay, target} = await relayed(database)
      const failed = withClient(
        target,
        async (client) => {
          await client.query('BEGIN; CREATE TABLE held (n int)')
          relay.freeze()
          await client.query('SELECT 1')
        },
        {watch: answered},
      )
      await expect(failed).rejects.toEqual(lost(relay, DEAF))
      await until(
        async () =>
          (await query(`SELECT FROM pg_stat_activity WHERE datname = '${database}'`)).length === 0,
        () => 'the session to end',
      )
    })
  })

  test('is lost when the answer never came back', async () => {
    const {relay, target} = await relayed()
    const failed = withClient(
      target,
      async (client) => {
        const asked = client.query('SELECT pg_sleep(0.5)')
        setTimeout(() => relay.freeze(), 100)
        await asked
      },
      {watch: answered},
    )
    await expect(failed).rejects.toEqual(lost(relay, DEAF))
  })

  test('is lost in the middle of a COPY', async () => {
    await withDatabase(async (database) => {
      const {relay, target} = await relayed(database)
      const failed = withClient(
        target,
        async (client) => {
          await client.query('CREATE TABLE t (x text)')
          const copying = client.query(copyFrom('COPY t FROM stdin'))
          const rows = function* (): Generator<string> {
            for (let n = 0; ; n++) {
              if (n === 1000) relay.freeze()
              yield `${'x'.repeat(1000)}\n`
            }
          }
          await pipeline(Readable.from(rows()), copying)
        },
        {watch: answered},
      )
      await expect(failed).rejects.toEqual(lost(relay, DEAF))
    })
  })

  test('is lost when the server has ended the session meanwhile', async () => {
    const {relay, target} = await relayed()
    const failed = withClient(
      target,
      async (client) => {
        const {processID} = client as pg.Client & {processID: number}
        const asked = client.query('SELECT pg_sleep(60)')
        setTimeout(() => {
          relay.freeze()
          void query(`SELECT pg_terminate_backend(${processID})`)
        }, 50)
        await asked
      },
      {watch: answered},
    )
    await expect(failed).rejects.toEqual(lost(relay, GONE))
  })
})

test('a COPY whose rows do not come yet is waited for', async () => {
  await withDatabase(async (database) => {
    const {relay, target} = await relayed(database)
    const count = await withClient(
      target,
      async (client) => {
        await client.query('CREATE TABLE t (x text)')
        const copying = client.query(copyFrom('COPY t FROM stdin'))
        const rows = async function* (): AsyncGenerator<string> {
          yield 'one\n'
          await new Promise((resolve) => setTimeout(resolve, 1500))
          yield 'two\n'
        }
        await pipeline(Readable.from(rows()), copying)
        return copying.rowCount
      },
      {watch},
    )
    expect(count).toBe(2)
    expect(relay.taken()).toBeGreaterThan(1)
  })
})

test('bytes that flow slowly are signs of life: nobody else is asked', async () => {
  const {relay, target} = await relayed()
  const drip = `DO $$ BEGIN FOR n IN 1..20 LOOP RAISE WARNING 'drip'; PERFORM pg_sleep(0.05); END LOOP; END $$`
  await withClient(target, (client) => client.query(drip), {watch})
  expect(relay.taken()).toBe(1)
})
