import pg from 'pg'
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import {withMaintenanceClient} from '../../../src/lib/postgres/connection/connect.js'
import {databaseExists, dropDatabase} from '../../../src/lib/postgres/databases.js'
import {refuseInUse} from '../../../src/lib/postgres/sessions.js'
import {resolveTarget, type Target} from '../../../src/lib/target/target.js'
import {type OwnServer, serverWith} from '../../support/own-server.js'
import {freshName} from '../../support/postgres.js'
import {until} from '../../support/wait.js'

let server: OwnServer
const owner = freshName('_owner')
beforeAll(async () => {
  server = await serverWith({
    max_prepared_transactions: '5',
    wal_level: 'logical',
    autovacuum_naptime: '1',
  })
  await server.query(`CREATE ROLE "${owner}" LOGIN CREATEDB PASSWORD 'x'`)
})
afterAll(async () => {
  await server.query(`DROP ROLE "${owner}"`)
  await server.close()
})

function targetOf(database: string, login = {username: owner, password: 'x'}): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const url = server.url(database, login)
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return target
}

/** A database of the owner's; gone after the test. */
async function ownDatabase(): Promise<string> {
  const name = freshName()
  await server.query(`CREATE DATABASE "${name}" OWNER "${owner}" TEMPLATE template0`)
  onTestFinished(async () => {
    await server.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
  })
  return name
}

const drop = (database: string, force: boolean): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => dropDatabase(client, database, {force}))
const exists = (database: string): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => databaseExists(client, database))

/** A session of the owner's, which --force would end. */
async function session(database: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: server.url(database, {username: owner, password: 'x'}),
  })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end().catch(() => {}))
  return client
}

const isAlive = async (client: pg.Client): Promise<boolean> =>
  await client.query('SELECT 1').then(
    () => true,
    () => false,
  )

describe('a database held by a prepared transaction', () => {
  test('is not dropped, with force or without: it is named at once, and nobody was ended', async () => {
    const database = await ownDatabase()
    const holder = await session(database)
    await holder.query(`CREATE TABLE t (); BEGIN; DROP TABLE t; PREPARE TRANSACTION 'it''s'`)
    const refusal = {
      code: 'DATABASE_IN_USE',
      exit: 1,
      details: {
        sqlstate: '55006',
        detail: `prepared transaction "it's"`,
        hint: `connect to "${database}" and run: ROLLBACK PREPARED 'it''s' (or COMMIT PREPARED, if its work is to stay)`,
      },
    }
    const holds = [{kind: 'prepared transaction', name: "it's", active: true}]
    const started = Date.now()
    await expect(drop(database, false)).rejects.toMatchObject({
      ...refusal,
      message: `1 session and 1 prepared transaction use the database "${database}"; nothing was dropped`,
      data: {sessions: [{user: owner, db: database}], holds},
    })
    await expect(drop(database, true)).rejects.toMatchObject({
      ...refusal,
      message: `1 prepared transaction uses the database "${database}"; nothing was dropped`,
      data: {sessions: [], holds},
    })
    expect(Date.now() - started).toBeLessThan(4000)
    expect(await isAlive(holder)).toBe(true)
    await holder.query("ROLLBACK PREPARED 'it''s'")
    expect(await drop(database, true)).toBe(true)
  })
})

describe('a database with a logical replication slot', () => {
  async function slotted(): Promise<{database: string; slot: string}> {
    const database = await ownDatabase()
    const slot = database.toLowerCase()
    await server.query(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`, database)
    onTestFinished(async () => {
      await server.query(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE slot_name = '${slot}' AND NOT active`)
    })
    return {database, slot}
  }

  test('that nobody reads from is dropped with its slot by force only', async () => {
    const {database, slot} = await slotted()
    await expect(drop(database, false)).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: `1 replication slot uses the database "${database}"; nothing was dropped`,
      details: {
        detail: `replication slot "${slot}"`,
        hint: `if nobody will read from it any more: SELECT pg_drop_replication_slot('${slot}'); --force drops it too`,
      },
      data: {sessions: [], holds: [{kind: 'replication slot', name: slot, active: false}]},
    })
    expect(await exists(database)).toBe(true)
    expect(await drop(database, true)).toBe(true)
  })

  test('that is read from is not dropped by force, and the reader stays', async () => {
    const {database, slot} = await slotted()
    await server.query('CREATE PUBLICATION p', database)
    const reader = new pg.Client({
      connectionString: server.url(database),
      replication: 'database',
    } as pg.ClientConfig)
    reader.on('error', () => {})
    await reader.connect()
    reader.connection.query(
      `START_REPLICATION SLOT "${slot}" LOGICAL 0/0 (proto_version '1', publication_names 'p')`,
    )
    const active = `SELECT FROM pg_replication_slots WHERE slot_name = '${slot}' AND active`
    const isRead = async () => (await server.query(active)).length === 1
    await until(isRead, () => 'the reader')
    await server.query(`GRANT pg_signal_backend TO "${owner}"; ALTER ROLE "${owner}" SUPERUSER`)
    try {
      await expect(drop(database, true)).rejects.toMatchObject({
        code: 'DATABASE_IN_USE',
        message: `1 replication slot uses the database "${database}"; nothing was dropped`,
        details: {
          detail: `replication slot "${slot}" (active)`,
          hint: `stop the program that reads from it, then run: SELECT pg_drop_replication_slot('${slot}')`,
        },
      })
      expect(await isRead()).toBe(true)
    } finally {
      await server.query(
        `REVOKE pg_signal_backend FROM "${owner}"; ALTER ROLE "${owner}" NOSUPERUSER`,
      )
      reader.connection.stream.destroy()
      await until(
        async () => !(await isRead()),
        () => 'the reader to be gone',
      )
    }
  })
})

test('a database with a subscription is not dropped, with force or without', async () => {
  const database = await ownDatabase()
  await server.query(
    `CREATE SUBSCRIPTION "s u b" CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p
      WITH (connect = false, enabled = false, slot_name = NONE)`,
    database,
  )
  onTestFinished(() => server.query('DROP SUBSCRIPTION "s u b"', database).then(() => {}))
  for (const force of [false, true]) {
    await expect(drop(database, force)).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: `1 subscription uses the database "${database}"; nothing was dropped`,
      details: {hint: `connect to "${database}" and run: DROP SUBSCRIPTION "s u b"`},
    })
  }
})

test('several holds are counted by their kind, and the first is what to begin with', async () => {
  const database = await ownDatabase()
  const holder = await session(database)
  await holder.query('CREATE TABLE t (i int)')
  for (const gid of ['b', 'a']) {
    await holder.query(`BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '${gid}'`)
  }
  onTestFinished(async () => {
    for (const gid of ['a', 'b']) await server.query(`ROLLBACK PREPARED '${gid}'`, database)
  })
  const refusing = withMaintenanceClient(targetOf(database), (client) =>
    refuseInUse(client, database, 'nothing was changed'),
  )
  await expect(refusing).rejects.toMatchObject({
    message: `1 session and 2 prepared transactions use the database "${database}"; nothing was changed`,
    details: {
      detail: 'prepared transaction "a", prepared transaction "b"',
      hint: expect.stringContaining("ROLLBACK PREPARED 'a'"),
    },
  })
})

test('autovacuum does not keep an owner who may not end it from dropping by force', async () => {
  const database = await ownDatabase()
  // Its statistics reach autovacuum when the session ends.
  await server.query(
    `CREATE TABLE t WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
    autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0) AS SELECT repeat('x', 500) FROM generate_series(1, 20000); DELETE FROM t`,
    database,
  )
  const holder = await session(database)
  const worker = `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND backend_type = 'autovacuum worker'`
  await until(
    async () => (await server.query(worker)).length > 0,
    () => 'an autovacuum worker',
  )
  expect(await drop(database, true)).toBe(true)
  expect(await isAlive(holder)).toBe(false)
})
