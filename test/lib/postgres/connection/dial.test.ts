import {createServer} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {fatal, type WireServer, welcome, wireServer} from '../../../support/wire.js'

const servers: WireServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function answering(answer: (login: number) => Buffer | undefined): Promise<WireServer> {
  const server = await wireServer({tls: false, answer})
  servers.push(server)
  return server
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

function targetAt(ports: number[], query = ''): Target {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',')
  const url = `postgres://u:p@${hosts}/d?sslmode=disable${query}`
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return target
}

const logIn = (target: Target): Promise<number> => withClient(target, async (client) => client.port)

const STARTING = fatal('57P03', 'the database system is starting up')

describe('of several hosts', () => {
  test('one that is silent is left after connect_timeout, of which each has its own', async () => {
    const silent = await answering(() => undefined)
    const second = await answering(() => undefined)
    const third = await answering(() => welcome)
    const began = Date.now()
    const target = targetAt([silent.port, second.port, third.port], '&connect_timeout=1')
    expect(await logIn(target)).toBe(third.port)
    expect(Date.now() - began).toBeGreaterThanOrEqual(1990)
  })

  test('one that is starting is passed over', async () => {
    const starting = await answering(() => STARTING)
    const ready = await answering(() => welcome)
    expect(await logIn(targetAt([starting.port, ready.port]))).toBe(ready.port)
    expect(starting.logins).toHaveLength(1)
  })

  test('one that is starting is waited for, although the last one is absent', async () => {
    const starting = await answering((n) => (n === 0 ? STARTING : welcome))
    expect(await logIn(targetAt([starting.port, await freePort()]))).toBe(starting.port)
  })

  test('one that refuses the login ends the round, and is the one that is named', async () => {
    const absent = await freePort()
    const refusing = await answering(() => fatal('28P01', 'no'))
    const third = await answering(() => welcome)
    await expect(logIn(targetAt([absent, refusing.port, third.port]))).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: `wrong password for u at 127.0.0.1:${refusing.port}`,
    })
    expect(third.logins).toEqual([])
  })

  test('that are all absent the error names all', async () => {
    const [one, other] = [await freePort(), await freePort()]
    await expect(logIn(targetAt([one, other]))).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      message: `nothing listens at 127.0.0.1:${one},127.0.0.1:${other}`,
    })
  })

  test('that fail in different ways the error says what is the matter with each', async () => {
    const absent = await freePort()
    const silent = await answering(() => undefined)
    await expect(
      logIn(targetAt([absent, silent.port], '&connect_timeout=1')),
    ).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      exit: 3,
      message: `nothing listens at 127.0.0.1:${absent}; no answer from 127.0.0.1:${silent.port} within 1 s`,
    })
  })
})
