import {createServer} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {type ConnectOptions, withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {askForPassword, fatal, type WireServer, welcome, wireServer} from '../../../support/wire.js'

const servers: {close: () => void}[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const STARTING = fatal('57P03', 'the database system is starting up')
const STOPPING = fatal('57P03', 'the database system is shutting down')
const STOPPED = fatal('57P01', 'terminating connection due to administrator command')
const CRASHED = fatal('57P02', 'terminating connection because of crash of another server process')

/** Answers logins in this order, and all that come after with the last one. */
async function answering(...answers: (Buffer | undefined)[]): Promise<WireServer> {
  const answer = (n: number): Buffer | undefined => answers[Math.min(n, answers.length - 1)]
  const server = await wireServer({tls: false, answer})
  servers.push(server)
  return server
}

function target(url: string): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const read = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!read) throw new Error('a URL names a target')
  return read
}

const at = (port: number, query = ''): Target =>
  target(`postgres://u:p@127.0.0.1:${port}/d?sslmode=disable${query}`)

const logIn = (to: Target, options?: ConnectOptions): Promise<string> =>
  withClient(to, async () => 'in', options)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

describe('without --wait', () => {
  test.each([
    ['starting up', [STARTING]],
    ['shutting down, and then starting up', [STOPPING, STARTING]],
    ['shut down while it lets us in', [STOPPED]],
    ['crashing while it lets us in', [CRASHED]],
  ])('a server that is %s is waited for', async (_, answers) => {
    const {port, logins} = await answering(...answers, welcome)
    expect(await logIn(at(port))).toBe('in')
    expect(logins).toHaveLength(answers.length + 1)
  })

  test('a login that is begun and never ended is not taken for a wrong address', async () => {
    const port = await freePort()
    const server = createServer((socket) => socket.once('data', () => socket.write(askForPassword)))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await expect(logIn(at(port, '&connect_timeout=2'))).rejects.toMatchObject({
      code: 'LOGIN_TIMEOUT',
      exit: 3,
      message: `127.0.0.1:${port} asked for the password, but did not let us in within 2 s`,
    })
  })

  test('a server that shuts down and is gone then is not waited for any longer', async () => {
    const {close, port} = await answering(STOPPING)
    const began = Date.now()
    const waiting = logIn(at(port), {onWaiting: close})
    await expect(waiting).rejects.toMatchObject({code: 'SERVER_REFUSED', exit: 3})
    expect(Date.now() - began).toBeLessThan(2000)
  })

  test.each([
    ['that hangs up in the middle of the login', Buffer.from('R')],
    ['that hangs up at once', Buffer.alloc(0)],
  ])('a server %s is not tried again', async (_, answer) => {
    const {port, logins} = await answering(answer)
    await expect(logIn(at(port))).rejects.toMatchObject({code: 'CONNECT_FAILED', exit: 3})
    expect(logins).toHaveLength(1)
  })
})

describe('with --wait', () => {
  test('a server that goes away for a moment between two starts is waited for, as in Docker', async () => {
    const first = await answering(STOPPING)
    const reasons: string[] = []
    const waiting = logIn(at(first.port), {
      waitMs: 20_000,
      onWaiting: (reason) => {
        reasons.push(reason)
        first.close()
        if (reasons.length < 2) return
        const second = createServer((socket) => socket.once('data', () => socket.write(welcome)))
        second.listen(first.port, '127.0.0.1')
        servers.push(second)
      },
    })
    expect(await waiting).toBe('in')
    expect(reasons).toEqual([
      `127.0.0.1:${first.port} is not ready: the database system is shutting down`,
      `nothing listens at 127.0.0.1:${first.port}`,
    ])
  })

  test('a server that refuses, then starts, then lets us in is waited for, and each reason told once', async () => {
    const port = await freePort()
    const reasons: string[] = []
    const waiting = logIn(at(port), {
      waitMs: 20_000,
      onWaiting: (reason) => {
        reasons.push(reason)
        if (reasons.length > 1) return
        let logins = 0
        const server = createServer((socket) =>
          socket.once('data', () => socket.end(++logins < 3 ? STARTING : welcome)),
        )
        server.listen(port, '127.0.0.1')
        servers.push(server)
      },
    })
    expect(await waiting).toBe('in')
    expect(reasons).toEqual([
      `nothing listens at 127.0.0.1:${port}`,
      `127.0.0.1:${port} is not ready: the database system is starting up`,
    ])
  })

  test.each([
    ['28P01', 'password authentication failed for user "u"', 'LOGIN_FAILED'],
    ['28000', 'role "u" does not exist', 'LOGIN_FAILED'],
    ['3D000', 'database "d" does not exist', 'DATABASE_NOT_FOUND'],
    ['42501', 'permission denied for database "d"', 'LOGIN_FAILED'],
    ['53300', 'sorry, too many clients already', 'TOO_MANY_CONNECTIONS'],
  ])(
    'a server that starts and then says %s ends the wait at once',
    async (code, text, expected) => {
      const {port, logins} = await answering(STARTING, fatal(code, text))
      await expect(logIn(at(port), {waitMs: 60_000})).rejects.toMatchObject({code: expected})
      expect(logins).toHaveLength(2)
    },
  )

  test('a server that hangs up is tried again', async () => {
    const {port, logins} = await answering(Buffer.from('R'), Buffer.alloc(0), welcome)
    expect(await logIn(at(port), {waitMs: 10_000})).toBe('in')
    expect(logins).toHaveLength(3)
  })

  test('a name that is not known is waited for until the time is over', async () => {
    const reasons: string[] = []
    const began = Date.now()
    const waiting = logIn(target('postgres://u:p@no-such-host.invalid/d'), {
      waitMs: 600,
      onWaiting: (reason) => reasons.push(reason),
    })
    await expect(waiting).rejects.toMatchObject({code: 'HOST_NOT_FOUND', exit: 3})
    expect(Date.now() - began).toBeGreaterThanOrEqual(300)
    expect(reasons).toEqual(['the host name in no-such-host.invalid:5432 is not known'])
  })

  test('a server without the TLS that is demanded ends the wait at once', async () => {
    const {port} = await answering(welcome)
    const to = target(`postgres://u:p@127.0.0.1:${port}/d?sslmode=require`)
    await expect(logIn(to, {waitMs: 60_000})).rejects.toMatchObject({code: 'TLS_FAILED'})
  })
})

describe('a server that is let in and then hangs', () => {
  test('is given up after connect_timeout, when it is asked whether it can be written to', async () => {
    const {port} = await answering(welcome)
    const to = at(port, '&connect_timeout=1&target_session_attrs=read-write')
    await expect(logIn(to)).rejects.toMatchObject({
      code: 'CONNECT_TIMEOUT',
      exit: 3,
      message: `no answer from 127.0.0.1:${port} within 1 s`,
    })
  })
})
