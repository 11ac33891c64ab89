import {randomInt} from 'node:crypto'
import pg from 'pg'
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../../src/lib/embedded/server.js'
import {
  askOutcome,
  askTransaction,
  MARK,
  type Reconnect,
  type ServerMark,
} from '../../../src/lib/sql/commit-status.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {until} from '../../support/wait.js'
import {makeHome, removeHome} from '../embedded/support.js'

const database = freshName()
beforeAll(() => query(`CREATE DATABASE "${database}" TEMPLATE template0`))
afterAll(() => dropDatabases(database))

const reconnect: Reconnect = async (fn) => {
  const client = await connect(database)
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

/** The mark of the test server. */
async function markNow(): Promise<ServerMark> {
  const [mark] = await query<ServerMark & pg.QueryResultRow>(MARK, database)
  return mark ?? {server: 'none', life: null}
}

/** A transaction that has changed something, and stays open until the test ends it. */
async function open(): Promise<{client: pg.Client; transaction: string}> {
  const client = await connect(database)
  onTestFinished(() => client.end())
  await client.query(`BEGIN; CREATE TABLE t${randomInt(2 ** 40)} ()`)
  return {client, transaction: (await askTransaction(client)) ?? ''}
}

const OTHER = '1/00000001'

describe('a transaction', () => {
  test.each([
    ['COMMIT', 'kept', 'unknown'],
    ['ROLLBACK', 'not kept', 'not kept'],
  ])(
    'that ended with %s: %s; after a crash: %s; on another server: unknown',
    async (end, outcome, crashed) => {
      const {client, transaction} = await open()
      await client.query(end)
      const mark = await markNow()
      expect(await askOutcome(reconnect, {mark, transaction})).toBe(outcome)
      const before = {...mark, life: '1'}
      expect(await askOutcome(reconnect, {mark: before, transaction})).toBe(crashed)
      const elsewhere = {...mark, server: OTHER}
      expect(await askOutcome(reconnect, {mark: elsewhere, transaction})).toBe('unknown')
    },
  )

  test('that is open cannot be one from before a crash', async () => {
    const {transaction} = await open()
    const mark = {...(await markNow()), life: '1'}
    expect(await askOutcome(reconnect, {mark, transaction})).toBe('not kept')
  })

  test('that stays open is asked for until it is given up', async () => {
    const {transaction} = await open()
    const asked = askOutcome(reconnect, {mark: await markNow(), transaction}, {patienceMs: 300})
    expect(await asked).toBe('unknown')
  })

  test('that ends while it is asked for is told', async () => {
    const {client, transaction} = await open()
    const asked = askOutcome(reconnect, {mark: await markNow(), transaction})
    await client.query('SELECT pg_sleep(0.3); COMMIT')
    expect(await asked).toBe('kept')
  })

  test('with a number that the server has not come to was lost', async () => {
    const transaction = `${2n ** 40n + 1000n}`
    expect(await askOutcome(reconnect, {mark: await markNow(), transaction})).toBe('not kept')
  })

  test('with a number that the server has forgotten: unknown', async () => {
    const mark = await markNow()
    expect(await askOutcome(reconnect, {mark, transaction: '0'})).toBe('unknown')
  })

  test('that has changed nothing has no number', async () => {
    const client = await connect(database)
    onTestFinished(() => client.end())
    await client.query('BEGIN; SELECT 1')
    expect(await askTransaction(client)).toBeNull()
  })
})

test('a server that answers at the second attempt is asked again', async () => {
  const {client, transaction} = await open()
  await client.query('COMMIT')
  const mark = await markNow()
  let attempts = 0
  const second: Reconnect = (fn) =>
    attempts++ === 0 ? Promise.reject(new Error('refused')) : reconnect(fn)
  expect(await askOutcome(second, {mark, transaction})).toBe('kept')
})

test('an interrupt ends the asking', async () => {
  const controller = new AbortController()
  const mark = await markNow()
  const never: Reconnect = () => {
    controller.abort()
    return Promise.reject(new Error('refused'))
  }
  const started = Date.now()
  const asked = askOutcome(never, {mark, transaction: '3'}, {signal: controller.signal})
  expect(await asked).toBe('unknown')
  expect(Date.now() - started).toBeLessThan(5000)
})

test('a mark stays through a restart in order, and is another one after a crash', async () => {
  const home = makeHome()
  onTestFinished(() => removeHome(home))
  const ask = async (sql: string): Promise<pg.QueryResultRow | undefined> => {
    const {port} = await startServer(home)
    const client = new pg.Client({connectionString: embeddedUrl({port}, 'postgres')})
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(sql)).rows[0]
    } finally {
      await client.end().catch(() => {})
    }
  }
  const first = await ask(MARK)
  expect(first).toEqual({
    server: expect.stringMatching(/^\d{10,}\/00000001$/),
    life: expect.stringMatching(/^\d{10}\.\d+$/),
  })
  await stopServer(home)
  expect(await ask(MARK)).toEqual(first)

  const {port} = await startServer(home)
  const victim = new pg.Client({connectionString: embeddedUrl({port}, 'postgres')})
  victim.on('error', () => {})
  await victim.connect()
  const {rows} = await victim.query('SELECT pg_backend_pid() AS pid')
  process.kill(rows[0]?.pid, 'SIGKILL')
  const changed = async (): Promise<boolean> => {
    const now = await ask(MARK).catch(() => undefined)
    return (
      now !== undefined && now['server'] === first?.['server'] && now['life'] !== first?.['life']
    )
  }
  await until(changed, () => 'another mark')
})
