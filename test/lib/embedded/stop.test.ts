import {afterEach, expect, test, vi} from 'vitest'
import {startServer, stopServer} from '../../../src/lib/embedded/server.js'

vi.mock('../../../src/lib/embedded/process.js', async (original) => ({
  ...(await original<typeof import('../../../src/lib/embedded/process.js')>()),
  readLivePidFile: async (dataDir: string) =>
    dataDir.startsWith('/stopped/') ? undefined : {pid: 4711, port: 5432, status: 'ready'},
  holderOf: async () => 'server',
}))
vi.mock('../../../src/lib/embedded/start.js', () => ({bringUp: async () => true}))

afterEach(() => {
  vi.restoreAllMocks()
})

test("another user's server is not stopped, and whose it is is said", async () => {
  const denied = Object.assign(new Error('kill EPERM'), {code: 'EPERM', syscall: 'kill'})
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw denied
  })
  await expect(stopServer('/home')).rejects.toMatchObject({
    code: 'EMBEDDED_STOP_DENIED',
    exit: 1,
    message: 'PostgreSQL (process 4711) runs as another user',
    details: {hint: 'stop it as the user who started it'},
  })
})

test('a server that does not end is asked twice, then left with what ends it', async () => {
  const asked: unknown[] = []
  vi.spyOn(process, 'kill').mockImplementation((...call) => {
    asked.push(call)
    return true
  })
  let now = 0
  vi.spyOn(Date, 'now').mockImplementation(() => {
    now += 20_000
    return now
  })
  await expect(stopServer('/home')).rejects.toMatchObject({
    code: 'EMBEDDED_STOP_TIMEOUT',
    exit: 1,
    message: 'PostgreSQL (process 4711) does not end',
    details: {hint: expect.stringContaining('kill -9 4711 ends it')},
  })
  expect(asked).toEqual([
    [4711, 'SIGINT'],
    [4711, 'SIGQUIT'],
  ])
})

test('a server that somebody stops as soon as it has started is said to be gone', async () => {
  await expect(startServer('/stopped')).rejects.toMatchObject({
    code: 'EMBEDDED_STOPPED',
    message: 'PostgreSQL was stopped as soon as it had started',
    details: {hint: 'try again'},
  })
})
