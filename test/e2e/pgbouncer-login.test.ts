import {connect, createServer, type Server} from 'node:net'
import pg from 'pg'
import {afterEach, beforeEach, describe, expect, inject, test} from 'vitest'
import {hasPgbouncer, type Pgbouncer, serverEntry, startPgbouncer} from '../support/pgbouncer.js'
import {dropDatabases, freshName} from '../support/postgres.js'
import {ended, runProgram, startProgram} from '../support/program.js'
import {until} from '../support/wait.js'

let pooler: Pgbouncer
let database: string

beforeEach(() => {
  database = freshName()
})
afterEach(async () => {
  await pooler?.close()
  await dropDatabases(database)
})

/** How schema-load fails: all of stderr but the line that names the target. */
async function failure(url: string): Promise<{code: number | null; stderr: string}> {
  const {code, stderr} = await runProgram(['schema-load'], {env: {CONNECTION_URL: url}})
  return {code, stderr: stderr.slice(stderr.indexOf('\n') + 1)}
}

function withLogin(user: string, password: string): string {
  const url = new URL(pooler.url(database))
  url.username = user
  url.password = password
  return url.href
}

describe.skipIf(!hasPgbouncer)('PgBouncer does not let us in', () => {
  test('with a wrong password, or as a user it does not know', async () => {
    pooler = await startPgbouncer({mode: 'session'})
    const words = (user: string) => ({
      code: 3,
      stderr: `Error: wrong password for ${user} at 127.0.0.1:${pooler.port}, or a user that is not known there
  → check user and password in the URL, and the list of users of the connection pooler
  SQLSTATE 08P01
`,
    })
    expect(await failure(withLogin('postgres', 'wrong'))).toEqual(words('postgres'))
    expect(await failure(withLogin('stranger', 'password'))).toEqual(words('stranger'))
  })

  test('while PostgreSQL does not let it in itself', async () => {
    const databases = {'*': `${serverEntry()} user=postgres password=wrong`}
    pooler = await startPgbouncer({mode: 'session', databases})
    expect(await failure(pooler.url('postgres'))).toEqual({
      code: 3,
      stderr: `Error: PostgreSQL refuses the login of the connection pooler at 127.0.0.1:${pooler.port}: password authentication failed for user "postgres"
  → correct the login in the pooler's configuration, or connect to PostgreSQL itself, usually at port 5432
  SQLSTATE 08P01
`,
    })
  })

  test('to a database that PostgreSQL does not have', async () => {
    pooler = await startPgbouncer({mode: 'session'})
    expect(await failure(pooler.url(database))).toEqual({
      code: 1,
      stderr: `Error: there is no database "${database}" at 127.0.0.1:${pooler.port}
  → create it: cruddur-db create (empty) or cruddur-db setup (loaded)
  SQLSTATE 08P01
`,
    })
  })

  test('when it has no room for us', async () => {
    pooler = await startPgbouncer({mode: 'session', settings: {max_client_conn: 1}})
    const other = new pg.Client({connectionString: pooler.url('postgres')})
    await other.connect()
    const refused = await failure(pooler.url('postgres'))
    await other.end()
    expect(refused).toEqual({
      code: 3,
      stderr: `Error: the connection pooler at 127.0.0.1:${pooler.port} has no connection left: no more connections allowed (max_client_conn)
  → wait for some to end, or connect to PostgreSQL itself, usually at port 5432
  SQLSTATE 08P01
`,
    })
  })

  test('with options, which it does not take', async () => {
    pooler = await startPgbouncer({mode: 'session'})
    expect(await failure(`${pooler.url(database)}?options=-c%20a.b%3D1`)).toEqual({
      code: 3,
      stderr: `Error: 127.0.0.1:${pooler.port} refuses the login: unsupported startup parameter: options
  → leave options out of the URL and PGOPTIONS, or connect to PostgreSQL itself, usually at port 5432
  SQLSTATE 08P01
`,
    })
  })
})

function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as {port: number}).port))
  })
}

/** A way to the test server that can be opened and closed. */
async function openRelay(port: number): Promise<Server> {
  const {hostname, port: behind} = new URL(inject('serverUrl'))
  const relay = createServer((socket) => {
    const onward = connect(Number(behind || 5432), hostname)
    for (const end of [socket, onward]) end.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  })
  await listen(relay, port)
  return relay
}

describe.skipIf(!hasPgbouncer)('PgBouncer whose PostgreSQL is down', () => {
  /** A port where nothing listens. */
  let port: number

  beforeEach(async () => {
    const server = createServer()
    port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    const databases = {'*': `host=127.0.0.1 port=${port}`}
    pooler = await startPgbouncer({mode: 'session', databases})
  })

  test('answers, which is told, and what may be down', async () => {
    expect(await failure(`${pooler.url('postgres')}?connect_timeout=1`)).toEqual({
      code: 3,
      stderr: `Error: 127.0.0.1:${pooler.port} asked for the password, but did not let us in within 1 s
  → if that is a connection pooler, see whether its PostgreSQL runs; give --wait SECONDS to wait for it
`,
    })
  })

  test('is waited for with --wait', async () => {
    const url = `${pooler.url('postgres')}?connect_timeout=1`
    const child = startProgram(['sessions', '--json', '--wait', '30'], {env: {CONNECTION_URL: url}})
    let said = ''
    child.stderr?.on('data', (text) => {
      said += text
    })
    const result = ended(child)
    await until(
      () => said.includes('waiting: '),
      () => `the program to wait:\n${said}`,
    )
    const relay = await openRelay(port)
    const {code, stderr} = await result
    relay.close()
    expect(code, stderr).toBe(0)
  })
})
