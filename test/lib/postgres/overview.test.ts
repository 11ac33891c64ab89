import {createServer} from 'node:net'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {glimpse} from '../../../src/lib/postgres/overview.js'
import {dropDatabases, freshName, query} from '../../support/postgres.js'
import {fields, scriptedServer} from '../../support/scripted-server.js'
import {targetOf} from '../../support/target.js'

const database = freshName()
const role = freshName('_role')
const LIMIT = {limitMs: 5000}

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
})
afterAll(async () => {
  await dropDatabases(database)
  await query(`DROP ROLE IF EXISTS "${role}"`)
})

describe('a short look', () => {
  test('finds an empty database, its size, and the server that holds it', async () => {
    // The first session in a database writes files of its own.
    await query('SELECT', database)
    const [known] = await query<{version: string; since: Date; bytes: number}>(
      `SELECT split_part(version(), ' ', 2) AS version, pg_postmaster_start_time() AS since,
        pg_database_size('${database}')::float8 AS bytes`,
    )
    expect(await glimpse(targetOf(database), LIMIT)).toEqual({
      server: {version: known?.version, since: known?.since, rds: false},
      database: {bytes: known?.bytes, tableCount: 0, tables: []},
    })
  })

  test('finds tables of all schemas; a partitioned one counts once, views and temporary ones do not', async () => {
    await query(
      `CREATE TABLE users (n int);
       CREATE SCHEMA app;
       CREATE TABLE app."Odd name" (n int);
       CREATE VIEW v AS SELECT 1 AS one;
       CREATE TABLE parted (n int) PARTITION BY LIST (n);
       CREATE TABLE part1 PARTITION OF parted FOR VALUES IN (1);
       CREATE TEMPORARY TABLE passing (n int)`,
      database,
    )
    const {database: found} = await glimpse(targetOf(database), LIMIT)
    expect(found).toMatchObject({tableCount: 3, tables: ['app.Odd name', 'parted', 'users']})
  })

  test('counts more tables than it names', async () => {
    const tables = Array.from({length: 40}, (_, n) => `CREATE TABLE many_${n} (n int)`)
    await query(tables.join(';'), database)
    const {database: found} = await glimpse(targetOf(database), LIMIT)
    expect([found?.tableCount, found?.tables.length]).toEqual([43, 20])
  })

  test('is not led astray by a search_path of the database', async () => {
    await query(
      `CREATE SCHEMA trap; CREATE VIEW trap.pg_class AS SELECT 1 AS oid;
       ALTER DATABASE "${database}" SET search_path = trap, pg_catalog`,
      database,
    )
    expect((await glimpse(targetOf(database), LIMIT)).database?.tableCount).toBe(43)
  })

  test('says that there is no such database, and of which server', async () => {
    const found = await glimpse(targetOf(freshName()), LIMIT)
    expect(found).toMatchObject({
      server: {version: expect.stringMatching(/^\d+\.\d+/)},
      database: null,
    })
  })

  test('fails as a connection does: a wrong password', async () => {
    await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'right'`)
    await expect(glimpse(targetOf(database, {user: role}), LIMIT)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    })
  })
})

describe('within its limit it ends', () => {
  test('where a server accepts and says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const {port} = silent.address() as {port: number}
    const hosts = [{host: '127.0.0.1', port}] as const
    const begun = Date.now()
    await expect(glimpse(targetOf('d', {hosts}), {limitMs: 300})).rejects.toMatchObject({
      code: 'CONNECT_TIMEOUT',
      message: `no answer from 127.0.0.1:${port} within 0.3 s`,
    })
    expect(Date.now() - begun).toBeLessThan(1500)
    silent.close()
  })

  test('where a server is starting, and says that it is', async () => {
    const starting = await scriptedServer({
      login: (socket) =>
        socket.end(
          fields('E', {
            S: 'FATAL',
            V: 'FATAL',
            C: '57P03',
            M: 'the database system is starting up',
          }),
        ),
    })
    const hosts = [{host: '127.0.0.1', port: starting.port}] as const
    await expect(glimpse(targetOf('d', {hosts}), {limitMs: 300})).rejects.toMatchObject({
      code: 'SERVER_STARTING',
      message: expect.stringContaining('the database system is starting up'),
      details: {hint: 'try again in a moment'},
    })
    starting.close()
  })

  test('with Ctrl-C, at once', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const {port} = silent.address() as {port: number}
    const hosts = [{host: '127.0.0.1', port}] as const
    const stop = new AbortController()
    const looking = glimpse(targetOf('d', {hosts}), {limitMs: 20_000, signal: stop.signal})
    stop.abort(new Error('enough'))
    await expect(looking).rejects.toThrow('enough')
    silent.close()
  })
})
