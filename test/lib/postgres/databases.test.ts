import {afterEach, describe, expect, test} from 'vitest'
import {withMaintenanceClient} from '../../../src/lib/postgres/connect.js'
import {createDatabase, databaseExists, dropDatabase} from '../../../src/lib/postgres/databases.js'
import {listSessions} from '../../../src/lib/postgres/sessions.js'
import {Secret} from '../../../src/lib/target/secret.js'
import {connect, dropDatabases, freshName, query, withDatabase} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'

const made: string[] = []
afterEach(() => dropDatabases(...made.splice(0)))

function name(suffix = ''): string {
  const fresh = freshName(suffix)
  made.push(fresh)
  return fresh
}

const create = (database: string): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => createDatabase(client, database))
const drop = (database: string, force = false): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => dropDatabase(client, database, {force}))
const exists = (database: string): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => databaseExists(client, database))

describe('createDatabase', () => {
  test.each(['', ' "quoted" ÄÖ/?#%\'', '_MixedCase', '_🦀', '_;drop table x;--', '_$(id)`'])(
    'creates, finds and drops a name that ends in «%s»',
    async (suffix) => {
      const database = name(suffix)
      expect(await create(database)).toBe(true)
      expect(await create(database)).toBe(false)
      expect(await exists(database)).toBe(true)
      expect(await drop(database)).toBe(true)
      expect(await drop(database)).toBe(false)
      expect(await exists(database)).toBe(false)
    },
  )

  test('by several at once: one creates, the others find it', async () => {
    const database = name()
    const created = await Promise.all([1, 2, 3, 4].map(() => create(database)))
    expect(created.filter(Boolean)).toEqual([true])
  })

  test('works from template1 when the target is the database postgres', async () => {
    const database = name()
    const connected: unknown[] = []
    const created = await withMaintenanceClient(targetOf('postgres'), (client) => {
      connected.push(client.database)
      return createDatabase(client, database)
    })
    expect([connected, created]).toEqual([['template1'], true])
  })

  test('without the right to: says so', async () => {
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'pässwörd'`)
    try {
      const target = targetOf(name(), {user: role, password: new Secret('pässwörd')})
      const creating = withMaintenanceClient(target, (c) => createDatabase(c, target.database))
      await expect(creating).rejects.toMatchObject({
        code: 'NO_RIGHTS',
        message: 'permission denied to create database',
        exit: 1,
        details: {sqlstate: '42501'},
      })
    } finally {
      await query(`DROP ROLE "${role}"`)
    }
  })
})

describe('dropDatabase', () => {
  test('in use: drops nothing and names the session, at once', async () => {
    const database = name()
    await create(database)
    const holder = await connect(database)
    const started = Date.now()
    const [own] = (await holder.query('SELECT pg_backend_pid() AS process_id')).rows
    try {
      await expect(drop(database)).rejects.toMatchObject({
        code: 'DATABASE_IN_USE',
        message: `1 session uses the database "${database}"; nothing was dropped`,
        data: {sessions: [{...own, db: database, state: 'idle'}]},
      })
      // The server alone would look for five seconds.
      expect(Date.now() - started).toBeLessThan(4000)
      expect(await exists(database)).toBe(true)
    } finally {
      await holder.end()
    }
  })

  test('in use by a role whose sessions ours may not look into: names it all the same', async () => {
    const database = name()
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'x'`)
    await query(`CREATE DATABASE "${database}" OWNER "${role}" TEMPLATE template0`)
    const holder = await connect(database)
    const [own] = (await holder.query('SELECT pg_backend_pid() AS process_id')).rows
    const target = targetOf(database, {user: role, password: new Secret('x')})
    try {
      const dropping = withMaintenanceClient(target, (client) =>
        dropDatabase(client, database, {force: false}),
      )
      await expect(dropping).rejects.toMatchObject({
        code: 'DATABASE_IN_USE',
        data: {sessions: [{...own, db: database}]},
      })
      const seen = await withMaintenanceClient(target, (c) =>
        listSessions(c, {all: false, statements: false}),
      )
      expect(seen.sessions.map(({process_id}) => process_id)).toContain(own?.process_id)
    } finally {
      await holder.end()
      await dropDatabases(database)
      await query(`DROP ROLE "${role}"`)
    }
  })

  test('of a database that may not be dropped: the server’s reason is kept', async () => {
    await expect(drop('template1')).rejects.toMatchObject({code: 'SERVER_ERROR', exit: 1})
  })

  test('with force ends the sessions, also of a pool that reconnects', async () => {
    const database = name()
    await create(database)
    let stop = false
    const reconnecting = async (): Promise<void> => {
      while (!stop) {
        const client = await connect(database).catch(() => undefined)
        await client?.query('SELECT pg_sleep(0.01)').catch(() => {})
        await client?.end()
      }
    }
    const pool = [reconnecting(), reconnecting(), reconnecting()]
    await withDatabase(async () => {}) // long enough for the pool to be connected
    expect(await drop(database, true)).toBe(true)
    stop = true
    await Promise.all(pool)
    expect(await exists(database)).toBe(false)
  })
})
