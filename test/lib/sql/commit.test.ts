import {type AddressInfo, connect as connectSocket, createServer, type Socket} from 'node:net'
import pg from 'pg'
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest'
import {CruddurError} from '../../../src/lib/error.js'
import type {Reconnect} from '../../../src/lib/sql/commit-status.js'
import {type RunResult, runScript} from '../../../src/lib/sql/run.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../../support/postgres.js'
import {errorOf, scriptOf, tablesOf} from './support.js'

const database = freshName()
const role = freshName('_role')
beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO "${role}"`,
    database,
  )
})
afterAll(async () => {
  await dropDatabases(database)
  await query(`DROP ROLE "${role}"`)
})

/** Whether the connection is cut before a message is passed on, or after it. */
type Cut = 'before' | 'after'

const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0')

/** The query before it. */
const ASKS_NUMBER = Buffer.from('pg_current_xact_id_if_assigned')

/** A way to the test server that is cut when a message comes by. */
async function cutAt(message: Buffer, cut: Cut): Promise<number> {
  const {hostname, port} = new URL(urlOf(database))
  const sockets: Socket[] = []
  const server = createServer((client) => {
    const upstream = connectSocket(Number(port), hostname)
    for (const socket of [client, upstream]) sockets.push(socket.on('error', () => {}))
    upstream.on('data', (data) => client.write(data))
    client.on('data', (data) => {
      const passes = data.includes(message)
      if (!passes || cut === 'after') upstream.write(data)
      if (!passes) return
      client.destroy()
      if (cut === 'before') upstream.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

const straight: Reconnect = async (fn) => {
  const client = await connect(database)
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

async function load(
  sql: string,
  {cut, reconnect = straight, login = {}}: {cut: Cut; reconnect?: Reconnect; login?: object},
): Promise<RunResult> {
  const url = Object.assign(new URL(urlOf(database)), login, {port: await cutAt(COMMIT, cut)})
  const client = new pg.Client({connectionString: url.href})
  client.on('error', () => {})
  await client.connect()
  return await runScript(client, await scriptOf(sql, {database}), {reconnect})
}

test('an answer that is lost after the commit: the file was kept, and that is what is reported', async () => {
  const sql = 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1), (2);'
  expect(await load(sql, {cut: 'after'})).toEqual({statements: 2, rows: 2})
  expect(await query('SELECT n FROM kept', database)).toEqual([{n: 1}, {n: 2}])
})

test('a commit that takes longer than it takes to connect again is waited for', async () => {
  const statuses: unknown[] = []
  const watched: Reconnect = (fn) =>
    straight(async (client) => {
      const status = await fn(client)
      statuses.push(status)
      return status
    })
  const sql = `
    CREATE TABLE slow (n int);
    CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.8); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER t AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION nap();
    INSERT INTO slow VALUES (1);`
  expect(await load(sql, {cut: 'after', reconnect: watched})).toEqual({statements: 4, rows: 1})
  expect(statuses.length).toBeGreaterThan(2)
  expect([...new Set(statuses)]).toEqual(['open', 'kept'])
})

test('a commit that never reached the server: nothing was kept, and that is what is said', async () => {
  const error = await errorOf(() => load('CREATE TABLE lost ();', {cut: 'before'}))
  expect(error).toMatchObject({
    code: 'CONNECTION_LOST',
    exit: 3,
    message:
      'the connection was lost at COMMIT, and nothing was kept: Connection terminated unexpectedly',
    details: {file: 'x.sql', hint: 'check that the server runs, then try again'},
  })
  expect(await tablesOf(database)).not.toContain('lost')
})

test('a connection that is lost before COMMIT is sent gives its error as it came', async () => {
  const url = Object.assign(new URL(urlOf(database)), {port: await cutAt(ASKS_NUMBER, 'before')})
  const client = new pg.Client({connectionString: url.href})
  client.on('error', () => {})
  await client.connect()
  const left: unknown[] = []
  const running = runScript(client, await scriptOf('CREATE TABLE never ();', {database}), {
    reconnect: straight,
    onStopped: (told) => left.push(told),
  })
  await expect(running).rejects.not.toBeInstanceOf(CruddurError)
  expect(left).toEqual([])
  expect(await tablesOf(database)).not.toContain('never')
})

test('a transaction that is broken unseen: COMMIT tells', async () => {
  const client = await connect(database)
  onTestFinished(() => client.end())
  const script = await scriptOf('CREATE TABLE broken ();', {database})
  const error = await errorOf(() =>
    runScript(client, script, {
      reconnect: straight,
      // Behind the runner's back, right before it commits.
      onProgress: () => void client.query('SELECT nope').catch(() => {}),
    }),
  )
  expect(error.message).toBe('the server answered COMMIT with ROLLBACK')
})

test('a file that changes nothing has nothing to lose', async () => {
  const never: Reconnect = () => Promise.reject(new Error('asked'))
  const done = await load('SELECT 1;', {cut: 'before', reconnect: never})
  expect(done).toEqual({statements: 1, rows: 0})
})

test('a server that does not tell who it is: that it is not known, and how to see', async () => {
  await query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public', database)
  onTestFinished(async () => {
    await query('GRANT EXECUTE ON FUNCTION pg_control_system() TO public', database)
  })
  const login = {username: role, password: 'x'}
  const error = await errorOf(() => load('CREATE TABLE a ();', {cut: 'after', login}))
  expect(error).toMatchObject({
    code: 'COMMIT_UNKNOWN',
    exit: 3,
    message:
      'the connection was lost at COMMIT, and the server does not say whether it was kept: Connection terminated unexpectedly',
    details: {
      file: 'x.sql',
      hint: 'all of it was kept or nothing: look which, before you run it again: cruddur-db connect',
    },
  })
})

test('a file that goes well on such a server is run as on any other', async () => {
  await query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public', database)
  onTestFinished(async () => {
    await query('GRANT EXECUTE ON FUNCTION pg_control_system() TO public', database)
  })
  const url = Object.assign(new URL(urlOf(database)), {username: role, password: 'x'})
  const client = new pg.Client({connectionString: url.href})
  await client.connect()
  onTestFinished(() => client.end())
  const script = await scriptOf(
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE TABLE b ();',
    {database},
  )
  expect(await runScript(client, script, {reconnect: straight})).toEqual({statements: 2, rows: 0})
  expect(await tablesOf(database)).toContain('b')
})

test('the isolation level that a file asks for first is still its own', async () => {
  const client = await connect(database)
  onTestFinished(() => client.end())
  const sql = `SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
    CREATE TABLE level AS SELECT current_setting('transaction_isolation') AS level;`
  await runScript(client, await scriptOf(sql, {database}), {reconnect: straight})
  expect(await query('SELECT level FROM level', database)).toEqual([{level: 'serializable'}])
})
