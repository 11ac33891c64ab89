import {type ChildProcess, spawn} from 'node:child_process'
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net'
import {afterAll, afterEach, beforeAll, describe, expect, test, vi} from 'vitest'
import type {ConnectOptions} from '../../../../src/lib/postgres/connection/connect.js'
import {probe} from '../../../../src/lib/postgres/connection/probe.js'
import {targetOf} from '../../target/fixtures.js'

let open: Server
let closed: number
/** A port whose waiting list is full: what asks for a connection there gets no answer. */
let silent: number
let stopped: ChildProcess
const filling: Socket[] = []

const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const LISTEN = `require('node:net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () {
  console.log(this.address().port)
})`

beforeAll(async () => {
  open = await listening()
  const gone = await listening()
  closed = portOf(gone)
  gone.close()
  stopped = spawn(process.execPath, ['-e', LISTEN], {stdio: ['ignore', 'pipe', 'inherit']})
  silent = await new Promise((resolve) => {
    stopped.stdout?.once('data', (data) => resolve(Number(data)))
  })
  stopped.kill('SIGSTOP')
  for (let count = 0; count < 4; count++)
    filling.push(connect(silent, '127.0.0.1').on('error', () => {}))
})
afterAll(() => {
  for (const socket of filling) socket.destroy()
  stopped.kill('SIGKILL')
  open.close()
})
afterEach(() => {
  vi.useRealTimers()
})

function probing(ports: number[], options: ConnectOptions = {}, seconds = 2): Promise<void> {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',')
  return probe(targetOf(`postgres://u@${hosts}/d?connect_timeout=${seconds}`), options)
}

describe('a target', () => {
  test('that takes connections is as it should be', async () => {
    await expect(probing([portOf(open)])).resolves.toBeUndefined()
  })

  test('needs one host that does, wherever it stands', async () => {
    await expect(probing([closed, portOf(open)])).resolves.toBeUndefined()
    await expect(probing([portOf(open), closed])).resolves.toBeUndefined()
  })

  test('where nothing listens is an error in our words', async () => {
    await expect(probing([closed])).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      exit: 3,
      message: `nothing listens at 127.0.0.1:${closed}`,
    })
  })

  test('that is silent is given up after its time', async () => {
    const started = Date.now()
    await expect(probing([silent])).rejects.toMatchObject({
      code: 'CONNECT_TIMEOUT',
      exit: 3,
      message: `no answer from 127.0.0.1:${silent} within 2 s`,
    })
    expect(Date.now() - started).toBeLessThan(4000)
  })
})

describe('an interruption', () => {
  test('ends the wait for a silent host at once, with its reason', async () => {
    const stop = new AbortController()
    const reason = new Error('reason')
    const started = Date.now()
    setImmediate(() => stop.abort(reason))
    await expect(probing([silent], {signal: stop.signal})).rejects.toBe(reason)
    expect(Date.now() - started).toBeLessThan(1000)
  })
})

describe('a silence', () => {
  test('is told after 3 s, while it is still waited', async () => {
    const onSilence = vi.fn()
    const stop = new AbortController()
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    const ended = expect(probing([silent], {onSilence, signal: stop.signal}, 10)).rejects.toThrow()
    vi.advanceTimersByTime(2999)
    expect(onSilence).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onSilence).toHaveBeenCalledOnce()
    stop.abort()
    await ended
  })

  test('is not told of a host that has answered', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    await probing([portOf(open)], {onSilence: () => {}})
    expect(vi.getTimerCount()).toBe(0)
  })
})
