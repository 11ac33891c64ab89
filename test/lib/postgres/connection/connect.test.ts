import {createServer} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {
  type ConnectOptions,
  withClient,
  withMaintenanceClient,
} from '../../../../src/lib/postgres/connection/connect.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {freshName, latin1, query, withDatabase} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'
import {authorityFile, fatal, type WireServer, welcome, wireServer} from '../../../support/wire.js'

const servers: WireServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function wire(...args: Parameters<typeof wireServer>): Promise<WireServer> {
  const server = await wireServer(...args)
  servers.push(server)
  return server
}

function target(url: string): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const read = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!read) throw new Error('a URL names a target')
  return read
}

const login = (at: Target, options?: ConnectOptions): Promise<string> =>
  withClient(at, async () => 'in', options)
const one = (at: Target): Promise<unknown> =>
  withClient(at, async (client) => (await client.query('SELECT 1 AS one')).rows[0]?.one)

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

describe('a connection', () => {
  test('is called after the command, and speaks UTF-8 also with a database that does not', async () => {
    const database = freshName()
    await query(`CREATE DATABASE "${database}" ${latin1()}`)
    try {
      const rows = await withClient(targetOf(database), async (client) => {
        const {rows} = await client.query(
          `SELECT 'é' AS text, length('é') AS n, current_setting('application_name') AS app`,
        )
        return rows
      })
      expect(rows).toEqual([{text: 'é', n: 1, app: 'cruddur-db test'}])
    } finally {
      await query(`DROP DATABASE "${database}"`)
    }
  })

  test.each(['p!@:#/?% w', '\'"\\`$(id)', 'pässwörd🦀', 'x'.repeat(1024)])(
    'logs in with the password «%s», and does not repeat a wrong one',
    async (password) => {
      const role = freshName('_role')
      await query(`CREATE ROLE "${role}" LOGIN PASSWORD '${password.replaceAll("'", "''")}'`)
      try {
        const at = targetOf('postgres', {user: role, password: new Secret(password)})
        expect(await one(at)).toBe(1)
        const wrong = {...at, password: new Secret(`${password}x`)}
        const error = await one(wrong).catch((caught: unknown) => caught)
        expect(error).toMatchObject({code: 'LOGIN_FAILED', exit: 3, details: {sqlstate: '28P01'}})
        expect(JSON.stringify(error) + String(error)).not.toContain(password)
      } finally {
        await query(`DROP ROLE "${role}"`)
      }
    },
  )

  test('without a password where one is asked for: says so', async () => {
    await expect(one(targetOf('postgres', {password: undefined}))).rejects.toMatchObject({
      code: 'PASSWORD_MISSING',
      exit: 3,
    })
  })

  test('to a database that does not exist: names it and the cure', async () => {
    const database = freshName()
    await expect(one(targetOf(database))).rejects.toMatchObject({
      code: 'DATABASE_NOT_FOUND',
      exit: 1,
      details: {sqlstate: '3D000'},
    })
  })

  test('that the server ends in the middle: is lost, not a crash', async () => {
    const ended = withClient(targetOf('postgres'), (client) =>
      client.query('SELECT pg_terminate_backend(pg_backend_pid())'),
    )
    await expect(ended).rejects.toMatchObject({code: 'CONNECTION_LOST', exit: 3})
  })
})

describe('a server that is not there', () => {
  test('refusing: fails at once with where and what to do', async () => {
    const port = await freePort()
    await expect(login(target(`postgres://u:p@localhost:${port}/d`))).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      exit: 3,
      message: `nothing listens at localhost:${port}`,
    })
  })

  test('with a name nobody knows: says so', async () => {
    await expect(login(target('postgres://u:p@no-such-host.invalid/d'))).rejects.toMatchObject({
      code: 'HOST_NOT_FOUND',
      exit: 3,
    })
  })

  test('silent: given up after connect_timeout', async () => {
    const {port} = await wire({tls: false, answer: () => undefined})
    const silent = target(`postgres://u:p@127.0.0.1:${port}/d?connect_timeout=1`)
    await expect(login(silent)).rejects.toMatchObject({
      code: 'CONNECT_TIMEOUT',
      exit: 3,
      message: `no answer from 127.0.0.1:${port} within 1 s`,
    })
  })

  test('is waited for with waitMs, and said once why', async () => {
    const port = await freePort()
    const reasons: string[] = []
    const late: WireServer[] = []
    const waiting = login(target(`postgres://u:p@127.0.0.1:${port}/d?sslmode=disable`), {
      waitMs: 10_000,
      onWaiting: (reason) => {
        reasons.push(reason)
        const server = createServer((socket) => socket.once('data', () => socket.write(welcome)))
        server.listen(port, '127.0.0.1')
        late.push({port, logins: [], close: () => server.close()})
      },
    })
    expect(await waiting).toBe('in')
    expect(reasons).toEqual([`nothing listens at 127.0.0.1:${port}`])
    for (const server of late) server.close()
  })

  test('starting up is waited for without being asked', async () => {
    const starting = fatal('57P03', 'the database system is starting up')
    const {port, logins} = await wire({
      tls: false,
      answer: (n) => (n < 2 ? starting : welcome),
    })
    expect(await login(target(`postgres://u:p@127.0.0.1:${port}/d?sslmode=disable`))).toBe('in')
    expect(logins).toHaveLength(3)
  })

  test.each([
    ['28P01', 'password authentication failed for user "u"', 'LOGIN_FAILED'],
    ['28000', 'role "u" does not exist', 'LOGIN_FAILED'],
    ['53300', 'sorry, too many clients already', 'TOO_MANY_CONNECTIONS'],
  ])('saying %s ends the wait at once', async (code, text, expected) => {
    const {port, logins} = await wire({tls: false, answer: () => fatal(code, text)})
    const refused = login(target(`postgres://u:p@127.0.0.1:${port}/d?sslmode=disable`), {
      waitMs: 60_000,
    })
    await expect(refused).rejects.toMatchObject({code: expected, exit: 3})
    expect(logins).toHaveLength(1)
  })

  test('an interrupt ends the wait at once', async () => {
    const {port} = await wire({tls: false, answer: () => undefined})
    const controller = new AbortController()
    const waiting = login(target(`postgres://u:p@127.0.0.1:${port}/d`), {signal: controller.signal})
    const reason = new Error('interrupted')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})

describe('several hosts', () => {
  test('the first that answers is taken', async () => {
    const absent = await freePort()
    const {port, logins} = await wire({tls: false, answer: () => welcome})
    const url = `postgres://u:p@127.0.0.1:${absent},127.0.0.1:${port}/d`
    expect(await login(target(url))).toBe('in')
    expect(logins).toEqual(['plain'])
  })

  test('a wrong password at the first is not tried at the second', async () => {
    const first = await wire({tls: false, answer: () => fatal('28P01', 'no')})
    const second = await wire({tls: false, answer: () => welcome})
    const url = `postgres://u:p@127.0.0.1:${first.port},127.0.0.1:${second.port}/d`
    await expect(login(target(url))).rejects.toMatchObject({code: 'LOGIN_FAILED'})
    expect(second.logins).toEqual([])
  })
})

describe('TLS', () => {
  const at = (port: number, query: string, host = 'localhost'): Target =>
    target(`postgres://u:p@${host}:${port}/d${query}`)

  test.each([
    ['', true, ['tls']],
    ['', false, ['plain']],
    ['?sslmode=disable', true, ['plain']],
    ['?sslmode=allow', true, ['plain']],
    ['?sslmode=require', true, ['tls']],
    [`?sslmode=verify-ca&sslrootcert=${authorityFile}`, true, ['tls']],
    [`?sslmode=verify-full&sslrootcert=${authorityFile}`, true, ['tls']],
  ])('URL «%s», server with TLS: %s → %j', async (parameters, tls, expected) => {
    const {port, logins} = await wire({tls, answer: () => welcome})
    expect(await login(at(port, parameters))).toBe('in')
    expect(logins).toEqual(expected)
  })

  test('required of a server that has none: refused in words', async () => {
    const {port, logins} = await wire({tls: false, answer: () => welcome})
    await expect(login(at(port, '?sslmode=require'))).rejects.toMatchObject({
      code: 'TLS_FAILED',
      exit: 3,
      message: `localhost:${port} does not offer TLS, which this target requires`,
    })
    expect(logins).toEqual([])
  })

  test('verify-full with an authority nobody named: refused before the login', async () => {
    const {port, logins} = await wire({tls: true, answer: () => welcome})
    await expect(login(at(port, '?sslmode=verify-full'))).rejects.toMatchObject({
      code: 'TLS_FAILED',
      details: {
        hint: 'name the authority that signed the server certificate: ?sslrootcert=FILE in the URL',
      },
    })
    expect(logins).toEqual([])
  })

  test('verify-full by another name than the certificate’s is refused, verify-ca is not', async () => {
    const {port, logins} = await wire({tls: true, answer: () => welcome})
    const full = at(port, `?sslmode=verify-full&sslrootcert=${authorityFile}`, '127.0.0.1')
    await expect(login(full)).rejects.toMatchObject({
      code: 'TLS_FAILED',
      message: `the certificate of 127.0.0.1:${port} is for localhost, not for 127.0.0.1`,
    })
    expect(logins).toEqual([])
    expect(
      await login(at(port, `?sslmode=verify-ca&sslrootcert=${authorityFile}`, '127.0.0.1')),
    ).toBe('in')
  })

  test('allow tries TLS when the server wants it', async () => {
    const refusal = fatal('28000', 'no pg_hba.conf entry for host "x", no encryption')
    const {port, logins} = await wire({
      tls: true,
      answer: (_, encryption) => (encryption === 'plain' ? refusal : welcome),
    })
    expect(await login(at(port, '?sslmode=allow'))).toBe('in')
    expect(logins).toEqual(['plain', 'tls'])
  })

  test('channel_binding=require refuses a server that does not offer it', async () => {
    const {port} = await wire({tls: true, answer: () => welcome})
    await expect(login(at(port, '?channel_binding=require'))).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: 'the server does not offer channel binding',
    })
  })
})

describe('the maintenance database', () => {
  const from = (database: string, port: number): Promise<string | undefined> =>
    withMaintenanceClient(
      target(`postgres://u:p@127.0.0.1:${port}/${database}?sslmode=disable`),
      async (client) => client.database,
    )

  test('is postgres; template1 when that is the target', async () => {
    const {port} = await wire({tls: false, answer: () => welcome})
    expect(await from('d', port)).toBe('postgres')
    expect(await from('postgres', port)).toBe('template1')
  })

  test.each([
    ['3D000', 'database "postgres" does not exist'],
    ['42501', 'permission denied for database "postgres"'],
    ['55000', 'database "postgres" is not currently accepting connections'],
    ['53300', 'too many connections for database "postgres"'],
    ['28000', 'no pg_hba.conf entry for host "h", user "u", database "postgres", no encryption'],
  ])('is template1 when postgres answers %s', async (code, text) => {
    const {port} = await wire({tls: false, answer: (n) => (n === 0 ? fatal(code, text) : welcome)})
    expect(await from('d', port)).toBe('template1')
  })

  test('fails as postgres does when template1 cannot be used either', async () => {
    const closed = (name: string): Buffer =>
      fatal('55000', `database "${name}" is not currently accepting connections`)
    const {port, logins} = await wire({
      tls: false,
      answer: (n) => closed(n === 0 ? 'postgres' : 'template1'),
    })
    await expect(from('d', port)).rejects.toMatchObject({
      message: expect.stringContaining('"postgres" is not currently accepting connections'),
      details: {sqlstate: '55000'},
    })
    expect(logins).toHaveLength(2)
  })

  test('is used once: what fails there is not tried in another one', async () => {
    const {port, logins} = await wire({tls: false, answer: () => welcome})
    const refused = withMaintenanceClient(
      target(`postgres://u:p@127.0.0.1:${port}/d?sslmode=disable`),
      async () => {
        throw Object.assign(new Error('denied'), {code: '42501', severity: 'ERROR'})
      },
    )
    await expect(refused).rejects.toMatchObject({code: 'NO_RIGHTS'})
    expect(logins).toHaveLength(1)
  })

  test('is not looked for elsewhere after a wrong password', async () => {
    const {port, logins} = await wire({tls: false, answer: () => fatal('28P01', 'no')})
    await expect(from('d', port)).rejects.toMatchObject({code: 'LOGIN_FAILED'})
    expect(logins).toHaveLength(1)
  })
})

describe('interrupting a statement', () => {
  test('that has ended already leaves what was done, and says so', async () => {
    const controller = new AbortController()
    const done = withClient(
      targetOf('postgres'),
      async (client) => {
        await client.query('SELECT 1')
        controller.abort(new Error('interrupted'))
        return 'done'
      },
      {signal: controller.signal},
    )
    expect(await done).toBe('done')
  })

  test('cancels it on the server', async () => {
    await withDatabase(async (database) => {
      const controller = new AbortController()
      const reason = new Error('interrupted')
      const sleeping = withClient(
        targetOf(database),
        async (client) => {
          const slept = client.query('SELECT pg_sleep(60)')
          controller.abort(reason)
          await slept
        },
        {signal: controller.signal},
      )
      await expect(sleeping).rejects.toBe(reason)
      const left = await query(`SELECT 1 FROM pg_stat_activity WHERE datname = '${database}'`)
      expect(left).toEqual([])
    })
  })
})
