import {readFileSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {runningServer, startServer, stopServer} from '../../../src/lib/embedded/server.js'
import {homeForTest, leftovers, spawnStarter} from './support.js'

test('a taken port is left alone, and the next free one is kept from then on', async () => {
  const home = homeForTest()
  const taken = Number(readFileSync(join(home, 'port'), 'utf8'))
  const squatter = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => squatter.listen(taken, '127.0.0.1', resolve))
  try {
    const {port} = await startServer(home)
    expect(port).toBeGreaterThan(taken)
    expect(readFileSync(join(home, 'port'), 'utf8')).toBe(`${port}\n`)
    await stopServer(home)
    squatter.close()
    expect(await startServer(home)).toMatchObject({port})
  } finally {
    squatter.close()
  }
})

test('several commands that start it at the same moment end with one server', async () => {
  const home = homeForTest()
  const reports = await Promise.all([1, 2, 3].map(() => spawnStarter(home).ended))
  const running = await runningServer(home)
  expect(reports.map(({error, server}) => error ?? server?.pid)).toEqual(
    reports.map(() => running?.pid),
  )
  expect(reports.filter(({server}) => server?.started)).toHaveLength(1)
  expect(leftovers(home)).toEqual([])
})

test('a server that cannot start says why, with the last lines of its log', async () => {
  const home = homeForTest()
  await startServer(home)
  await stopServer(home)
  writeFileSync(join(home, 'data', 'postgresql.auto.conf'), 'nonsense = 1\n')
  await expect(startServer(home)).rejects.toMatchObject({
    code: 'EMBEDDED_START_FAILED',
    exit: 1,
    message: 'PostgreSQL ended while it was starting',
    excerpt: expect.stringContaining('unrecognized configuration parameter "nonsense"'),
    details: {hint: `read its log: ${join(home, 'server.log')}`},
  })
})

test('an interrupted first start leaves nothing half done', async () => {
  const home = homeForTest()
  const controller = new AbortController()
  const onProgress = (message: string) => {
    if (message === 'Creating the database cluster') controller.abort(new Error('Ctrl-C'))
  }
  await expect(startServer(home, {onProgress, signal: controller.signal})).rejects.toThrow('Ctrl-C')
  expect(await runningServer(home)).toBeUndefined()
  expect((await startServer(home)).started).toBe(true)
  expect(leftovers(home)).toEqual([])
})

test('an interrupted wait for the server ends with the reason, and the next start finds it', async () => {
  const home = homeForTest()
  const controller = new AbortController()
  const onProgress = (message: string) => {
    if (message.startsWith('Starting PostgreSQL')) controller.abort(new Error('Ctrl-C'))
  }
  await expect(startServer(home, {onProgress, signal: controller.signal})).rejects.toThrow('Ctrl-C')
  await startServer(home)
  expect(await runningServer(home)).toBeDefined()
})
