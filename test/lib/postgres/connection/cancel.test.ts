import {type AddressInfo, connect, createServer, type Socket} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {type ConnectOptions, withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {query, withDatabase} from '../../../support/postgres.js'
import {openRelay} from '../../../support/relay.js'
import {targetOf} from '../../../support/target.js'
import {makeAuthority} from '../../../support/tls.js'
import {startTlsServer} from '../../../support/tls-server.js'
import {until} from '../../../support/wait.js'
import {fatal, welcome} from '../../../support/wire.js'

const closing: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function targetAt(url: string): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return target
}

interface Stub {
  target: (query?: string) => Target
  sockets: Set<Socket>
}

/** A server that answers the nth message of a connection with the nth of these, and then no more. */
async function stub(...answers: (string | Buffer)[]): Promise<Stub> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('close', () => sockets.delete(socket))
    const left = [...answers]
    socket.on('data', () => socket.write(left.shift() ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const {port} = server.address() as AddressInfo
  const target = (parameters = ''): Target =>
    targetAt(`postgres://u:p@127.0.0.1:${port}/d?${parameters}`)
  return {target, sockets}
}

/** BackendKeyData, without which nothing can be cancelled, before the rest. */
const LET_IN = Buffer.concat([Buffer.from('K\0\0\0\x0c\0\0\0\x01\0\0\0\x02', 'latin1'), welcome])

const reason = new Error('interrupted')

/** Aborts when `ready`, and expects the reason within `ms` of that. */
async function interrupt(
  run: (signal: AbortSignal) => Promise<unknown>,
  {ms = 150, ready}: {ms?: number; ready: () => boolean | Promise<boolean>},
): Promise<void> {
  const controller = new AbortController()
  const outcome = run(controller.signal).catch((error: unknown) => error)
  await until(ready, () => 'the moment of the interrupt')
  const began = Date.now()
  controller.abort(reason)
  expect(await outcome).toBe(reason)
  expect(Date.now() - began).toBeLessThan(ms)
}

const logIn = (to: Target, options: ConnectOptions): Promise<unknown> =>
  withClient(to, async () => 'in', options)

describe('an interrupt while a connection is made ends it at once, and leaves no connection', () => {
  test.each([
    ['before the server has said whether it has TLS', [], ''],
    ['in the TLS handshake', ['S'], 'sslmode=require'],
    ['in the login', [], 'sslmode=disable'],
    [
      'while it is seen whether the server can be written to',
      [LET_IN],
      'sslmode=disable&target_session_attrs=read-write',
    ],
  ])('%s', async (_, answers, parameters) => {
    const {target, sockets} = await stub(...answers)
    const seen = new Set<Socket>()
    await interrupt((signal) => logIn(target(parameters), {signal}), {
      ready: () => {
        for (const socket of sockets) seen.add(socket)
        return [...seen].some((socket) => socket.bytesRead > 0)
      },
    })
    await until(
      () => sockets.size === 0,
      () => 'the connection to end',
    )
  })

  test('between two attempts', async () => {
    const {target} = await stub(fatal('57P03', 'the database system is starting up'))
    let waiting = false
    const onWaiting = (): void => {
      waiting = true
    }
    await interrupt((signal) => logIn(target('sslmode=disable'), {signal, onWaiting}), {
      ms: 100,
      ready: () => waiting,
    })
  })
})

const isSleeping = (database: string) => async (): Promise<boolean> =>
  (
    await query(
      `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND wait_event = 'PgSleep'`,
    )
  ).length === 1

/** Sleeps for a minute; `ends` learns with which SQLSTATE the server ended that. */
const sleepOn =
  (target: Target, ends: string[] = []) =>
  (signal: AbortSignal): Promise<unknown> =>
    withClient(
      target,
      async (client) => {
        try {
          await client.query('SELECT pg_sleep(60)')
        } catch (error) {
          ends.push((error as {code?: string}).code ?? String(error))
          throw error
        }
      },
      {signal},
    )

const CANCELLED = ['57014']

/** Codes that a connection can begin with (PostgreSQL documentation, 55.7). */
const SSL_REQUEST = 80_877_103
const CANCEL_REQUEST = 80_877_102

interface Tap {
  /** The target by way of the tap. */
  target: Target
  /** What each connection began with: the code of its first message. */
  requests: number[]
  /** Who ended each cancel request's connection first. */
  ends: ('client' | 'server')[]
}

async function openTap(target: Target): Promise<Tap> {
  const [{host, port}] = target.hosts
  const [requests, ends]: [number[], Tap['ends']] = [[], []]
  const listener = createServer((socket) => {
    const onward = connect(port, host).on('error', () => {})
    socket.on('error', () => {})
    socket.once('data', (first) => {
      const code = first.readInt32BE(4)
      requests.push(code)
      if (code !== CANCEL_REQUEST) return
      socket.once('end', () => ends.push('client'))
      onward.once('end', () => ends.push('server'))
    })
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  closing.push(() => void listener.close())
  const {port: own} = listener.address() as AddressInfo
  return {target: {...target, hosts: [{host: '127.0.0.1', port: own}]}, requests, ends}
}

describe('an interrupt of a statement', () => {
  test('cancels it on the server, over a slow network too', async () => {
    await withDatabase(async (database) => {
      const target = targetOf(database)
      const [{host, port}] = target.hosts
      const relay = await openRelay({host, port}, {delayMs: 100})
      closing.push(relay.close)
      const slow: Target = {...target, hosts: [{host: '127.0.0.1', port: relay.port}]}
      const ends: string[] = []
      await interrupt(sleepOn(slow, ends), {ms: 1500, ready: isSleeping(database)})
      expect(ends).toEqual(CANCELLED)
    })
  })

  test('goes to the server that the connection leads to, whatever its name leads to now', async () => {
    await withDatabase(async (database) => {
      const target = targetOf(database)
      const [{host, port}] = target.hosts
      // The name is only for certificates, so that it need not exist.
      const hosts: Target['hosts'] = [
        {host: 'db.invalid', address: host === 'localhost' ? '127.0.0.1' : host, port},
      ]
      const ends: string[] = []
      await interrupt(sleepOn({...target, hosts}, ends), {ready: isSleeping(database), ms: 500})
      expect(ends).toEqual(CANCELLED)
    })
  })

  test('leaves the request to be ended by the server, as poolers want it', async () => {
    await withDatabase(async (database) => {
      const {ends, target} = await openTap(targetOf(database))
      await interrupt(sleepOn(target), {ms: 1500, ready: isSleeping(database)})
      expect(ends[0]).toBe('server')
    })
  })

  test('is asked for over TLS where the connection has it, and nowhere else', async () => {
    const authority = await makeAuthority('Test authority')
    const identity = await authority.issue({name: 'server', hosts: ['localhost']})
    const server = await startTlsServer()
    closing.push(server.close)
    await server.query("CREATE ROLE u LOGIN PASSWORD 'p'")
    await server.behave({identity, admits: ['hostssl all u 127.0.0.1/32 scram-sha-256']})
    const url = `postgres://u:p@127.0.0.1:${server.port}/postgres?sslmode=require`
    const {requests, target} = await openTap(targetAt(url))
    const [ends, sleeps]: [string[], string[]] = [[], []]
    const run = (signal: AbortSignal): Promise<unknown> =>
      withClient(
        target,
        async (client) => {
          sleeps.push('now')
          await client.query('SELECT pg_sleep(60)').catch((error) => {
            ends.push(error.code)
            throw error
          })
        },
        {signal},
      )
    await interrupt(run, {ms: 1500, ready: () => sleeps.length === 1})
    expect(ends).toEqual(CANCELLED)
    expect(new Set(requests)).toEqual(new Set([SSL_REQUEST]))
    expect(requests.length).toBeGreaterThan(1)
  })

  test('that a hung server does not hear of cuts the connection', async () => {
    const {target} = await stub(LET_IN)
    let asked = false
    const run = (signal: AbortSignal): Promise<unknown> =>
      withClient(
        target('sslmode=disable'),
        (client) => {
          asked = true
          return client.query('SELECT 1')
        },
        {signal},
      )
    await interrupt(run, {ms: 1500, ready: () => asked})
  })
})
