import pg from 'pg'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {
  isPooled,
  leavePool,
  poolerOf,
  refusePooled,
} from '../../../../src/lib/postgres/connection/pooler.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {
  hasPgbouncer,
  type Pgbouncer,
  type PgbouncerOptions,
  serverEntry,
  startPgbouncer,
} from '../../../support/pgbouncer.js'
import {dropDatabases, freshName, query} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'
import {until} from '../../../support/wait.js'

let database: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  database = freshName()
  await query(`CREATE DATABASE ${database} TEMPLATE template0`)
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await dropDatabases(database)
})

async function start(options: PgbouncerOptions): Promise<{pooler: Pgbouncer; target: Target}> {
  const pooler = await startPgbouncer(options)
  closing.push(pooler.close)
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const request = {prod: false, url: pooler.url(database), command: 'test'}
  const target = resolveTarget(request, context)
  if (!target) throw new Error('a URL names a target')
  return {pooler, target}
}

const poolingAt = (target: Target) => withClient(target, (client) => poolerOf(client, target))

/** Clients that have a statement run again and again until the test ends. */
async function crowd(
  pooler: Pgbouncer,
  {clients, reconnecting}: {clients: number; reconnecting: boolean},
): Promise<void> {
  let over = false
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({connectionString: pooler.url(database)})
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const each = Array.from({length: clients}, async (_, n) => {
    let client = await connect()
    while (!over) {
      await client.query(`SELECT pg_sleep(${(n % 4) / 1000})`)
      if (!reconnecting) continue
      await client.end()
      client = await connect()
    }
    await client.end()
  })
  closing.push(() => {
    over = true
    return Promise.all(each)
  })
}

describe('a direct connection', () => {
  test('is known by its process id, with no query where another one has brought that along', async () => {
    const target = targetOf(database)
    const seen = await withClient(target, async (client) => {
      const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
      const backendPid = rows[0]?.pid ?? 0
      const queries = vi.spyOn(client, 'query')
      const pooled = [isPooled(client, backendPid), isPooled(client, backendPid + 1)]
      return {pooled, pooling: await poolerOf(client, target, {backendPid}), queries}
    })
    expect(seen).toMatchObject({pooled: [false, true], pooling: 'none'})
    expect(seen.queries).not.toHaveBeenCalled()
  })

  test('is known with one query else', async () => {
    const target = targetOf(database)
    await withClient(target, async (client) => {
      const queries = vi.spyOn(client, 'query')
      expect(await poolerOf(client, target)).toBe('none')
      expect(queries).toHaveBeenCalledOnce()
    })
  })

  test('is not ended when a pool would be left', async () => {
    const target = targetOf(database)
    await withClient(target, async (client) => {
      const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
      await leavePool(client, rows[0]?.pid ?? 0)
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{one: 1}])
    })
  })

  test('is not refused', async () => {
    const target = targetOf(database)
    await withClient(target, (client) => refusePooled(client, target, 'setup'))
  })
})

type Case = [string, PgbouncerOptions]

describe.skipIf(!hasPgbouncer)('through PgBouncer', () => {
  test.each<Case>([
    ['as it is installed', {mode: 'session'}],
    ['a pool of two', {mode: 'session', settings: {default_pool_size: 2}}],
    // Ours is the one session there is, and a second connection waits.
    ['a pool of one', {mode: 'session', settings: {default_pool_size: 1}}],
    ['several processes at one port', {mode: 'session', processes: 3}],
    ['other words to clean up', {mode: 'session', settings: {server_reset_query: 'RESET ALL'}}],
  ])('session pooling is known: %s', async (_, options) => {
    const {target} = await start(options)
    expect(await poolingAt(target)).toBe('session')
    expect(await poolingAt(target)).toBe('session')
  })

  test('the mode is that of the database, not of the others', async () => {
    const databases = {[database]: `${serverEntry()} pool_mode=session`, '*': serverEntry()}
    const {target} = await start({mode: 'transaction', databases})
    expect(await poolingAt(target)).toBe('session')
    expect(await poolingAt({...target, database: 'postgres'})).toBe('transaction')
  })

  test.each<Case>([
    ['as it is installed', {mode: 'transaction'}],
    ['a pool of one', {mode: 'transaction', settings: {default_pool_size: 1}}],
    ['round robin', {mode: 'transaction', settings: {server_round_robin: 1}}],
    ['several processes at one port', {mode: 'transaction', processes: 3}],
    [
      'cleaned after each transaction',
      {mode: 'transaction', settings: {server_reset_query_always: 1}},
    ],
    ['by statement', {mode: 'statement'}],
    // What is not cleaned up reaches the next client, whatever the mode is called.
    ['by session, never cleaned', {mode: 'session', settings: {server_reset_query: ''}}],
  ])('transaction pooling is known: %s', async (_, options) => {
    const {target} = await start(options)
    expect(await poolingAt(target)).toBe('transaction')
    expect(await poolingAt(target)).toBe('transaction')
  })

  test.each<[string, PgbouncerOptions, {clients: number; reconnecting: boolean}]>([
    [
      'transaction',
      {mode: 'transaction', settings: {default_pool_size: 3}},
      {clients: 2, reconnecting: false},
    ],
    [
      'transaction',
      {mode: 'transaction', settings: {default_pool_size: 3}},
      {clients: 6, reconnecting: true},
    ],
    ['transaction', {mode: 'transaction', processes: 2}, {clients: 6, reconnecting: true}],
    [
      'session',
      {mode: 'session', settings: {default_pool_size: 3}},
      {clients: 1, reconnecting: true},
    ],
    [
      'session',
      {mode: 'session', settings: {default_pool_size: 3}},
      {clients: 6, reconnecting: true},
    ],
  ])('%s pooling is known in a crowd: %j %j', async (pooling, options, others) => {
    const {pooler, target} = await start(options)
    await crowd(pooler, others)
    const found: string[] = []
    for (let n = 0; n < 5; n++) found.push(await poolingAt(target))
    expect(found).toEqual(found.map(() => pooling))
  })

  test('transaction pooling is refused with what to do, and nothing is left in the pool', async () => {
    const {pooler, target} = await start({mode: 'transaction'})
    const refused = withClient(target, (client) => refusePooled(client, target, 'setup'))
    await expect(refused).rejects.toMatchObject({
      code: 'POOLED_CONNECTION',
      exit: 1,
      message: `cannot run setup through the connection pooler at 127.0.0.1:${pooler.port}: it shares its sessions between clients (transaction pooling)`,
      details: {
        hint: 'nothing was changed; connect to PostgreSQL itself instead of the pooler, usually at port 5432',
      },
    })
    const locks = await query(
      `SELECT FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = '${database}'`,
    )
    expect(locks).toEqual([])
  })

  test('session pooling is not refused', async () => {
    const {target} = await start({mode: 'session'})
    await withClient(target, (client) => refusePooled(client, target, 'setup'))
  })

  test('a pooler that has no connection left for the look says so', async () => {
    const {target} = await start({mode: 'transaction', settings: {max_client_conn: 1}})
    await expect(poolingAt(target)).rejects.toMatchObject({
      message: expect.stringContaining('no more connections allowed (max_client_conn)'),
    })
  })

  test.each(['session', 'transaction'] as const)(
    'a session that %s pooling would keep in the database is ended on request',
    async (mode) => {
      const {target} = await start({mode})
      const visit = (leave: boolean) =>
        withClient(target, async (client) => {
          const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
          if (leave) await leavePool(client, rows[0]?.pid ?? 0)
        })
      const staying = `SELECT FROM pg_stat_activity WHERE datname = '${database}'`
      await visit(false)
      expect(await query(staying)).toHaveLength(1)
      await visit(true)
      await until(
        async () => (await query(staying)).length === 0,
        () => 'the session to end',
      )
    },
  )

  test('the signal ends the look', async () => {
    const {target} = await start({mode: 'session', settings: {default_pool_size: 1}})
    const reason = new Error('stop')
    const controller = new AbortController()
    const {signal} = controller
    const look = (client: pg.Client): Promise<unknown> => {
      setTimeout(() => controller.abort(reason), 100)
      return poolerOf(client, target, {signal})
    }
    const looking = withClient(target, look, {signal})
    await expect(looking).rejects.toBe(reason)
  })
})
