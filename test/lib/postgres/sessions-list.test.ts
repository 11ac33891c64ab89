import pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {startPipeline} from '../../../src/lib/pipelining.js'
import {
  type ListedSession,
  type Look,
  listSessions,
} from '../../../src/lib/postgres/sessions-list.js'
import {type OwnServer, serverWith} from '../../support/own-server.js'
import {until} from '../../support/wait.js'

const KEY = 770_077
let server: OwnServer
let client: pg.Client
let holder: pg.Client
let waiter: pg.Client
let waiting: Promise<unknown>

const pidOf = async (of: pg.Client): Promise<number> =>
  (await of.query<{pid: number}>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0

beforeAll(async () => {
  server = await serverWith({max_prepared_transactions: '5'})
  client = await server.connect('postgres')
  startPipeline(client)
  holder = await server.connect('postgres')
  waiter = await server.connect('postgres')
})
afterAll(async () => {
  await waiting
  await Promise.all([client, holder, waiter].map((each) => each.end()))
  await server.close()
})

const list = (extra: {all?: boolean; limitMs?: number; statements?: boolean} = {}): Promise<Look> =>
  listSessions(client, {all: false, statements: false, ...extra})
const find = ({sessions}: Look, pid: number): ListedSession | undefined =>
  sessions.find(({process_id}) => process_id === pid)

describe('sessions that are listed', () => {
  test('name those whose locks they wait for, with and without a limit of time', async () => {
    const [blocker, blocked] = [await pidOf(holder), await pidOf(waiter)]
    await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(${KEY})`)
    waiting = waiter.query(`SELECT pg_advisory_xact_lock(${KEY})`)
    await until(
      async () => find(await list(), blocked)?.wait_event_type === 'Lock',
      () => 'a lock that is waited for',
    )
    for (const look of [await list(), await list({limitMs: 5000})]) {
      expect(find(look, blocked)).toMatchObject({
        blocked_by: [blocker],
        own: false,
        state: 'active',
      })
      expect(find(look, blocker)).toMatchObject({blocked_by: [], state: 'idle in transaction'})
      expect(look.sessions.filter(({own}) => own).map(({process_id}) => process_id)).toEqual([
        await pidOf(client),
      ])
      expect(look.maxConnections).toBeGreaterThan(look.reserved)
      expect(look.reserved).toBeGreaterThan(0)
      expect(Math.abs(Date.parse(look.now) - Date.now())).toBeLessThan(60_000)
    }
    await holder.query('COMMIT')
    await waiting
  })

  test('name a prepared transaction, which has no process, as 0', async () => {
    const blocked = await pidOf(waiter)
    await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(${KEY + 1}); PREPARE TRANSACTION 'p'`)
    waiting = waiter.query(`SELECT pg_advisory_xact_lock(${KEY + 1})`)
    await until(
      async () => find(await list(), blocked)?.blocked_by.join() === '0',
      () => 'a prepared transaction that is waited for',
    )
    await holder.query("ROLLBACK PREPARED 'p'")
    await waiting
  })

  test('have their statements only when asked for, which may hold a password', async () => {
    await holder.query("SELECT 'TOPSECRET'")
    expect(JSON.stringify(await list())).not.toContain('TOPSECRET')
    expect(JSON.stringify(await list({limitMs: 5000}))).not.toContain('TOPSECRET')
    expect(JSON.stringify(await list({statements: true}))).toContain('TOPSECRET')
  })

  test('leave no limit of time behind', async () => {
    await list({limitMs: 5000})
    const {rows} = await client.query('SHOW statement_timeout')
    expect(rows).toEqual([{statement_timeout: '0'}])
  })

  test('are PostgreSQL’s own processes too, where those are asked for', async () => {
    const types = ({sessions}: Look): Set<string | null> => new Set(sessions.map(({type}) => type))
    expect([...types(await list())]).toEqual(['client backend'])
    expect([...types(await list({all: true}))]).toContain('checkpointer')
  })

  test('of a role without pg_read_all_stats are hidden, but for what everybody may see', async () => {
    const role = `cruddur_test_${Date.now().toString(16).padStart(12, '0')}`
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`)
    const login = {username: role, password: 'p'}
    const weak = new pg.Client({connectionString: server.url('postgres', login)})
    await weak.connect()
    const look = await listSessions(weak, {all: false, statements: true})
    expect(find(look, await pidOf(holder))).toMatchObject({
      hidden: true,
      state: null,
      blocked_by: [],
      db: 'postgres',
    })
    expect(find(look, await pidOf(weak))).toMatchObject({hidden: false, own: true})
    // The logical replication launcher has a user, and is no client.
    expect(look.sessions.filter(({db}) => db === null)).toEqual([])
    await weak.end()
    await server.query(`DROP ROLE ${role}`)
  })
})
