import {readFileSync, realpathSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:net'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest'
import {ensureBinaries} from '../../../src/lib/embedded/binaries.js'
import {launch} from '../../../src/lib/embedded/launch.js'
import {nextFreePort, preferredPort, rememberPort} from '../../../src/lib/embedded/port.js'
import {prepareHome} from '../../../src/lib/embedded/prepare.js'
import {runningServer, startServer, stopServer} from '../../../src/lib/embedded/server.js'
import {clearStalePidFile} from '../../../src/lib/embedded/stale.js'
import {ask, makeHome, removeHome} from './support.js'

const home = makeHome()
const servers: Server[] = []

beforeAll(async () => {
  await startServer(home)
  await stopServer(home)
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await stopServer(home)
})
afterAll(() => removeHome(home))

async function listen(host: string): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function launchOn(port: number): ReturnType<typeof launch> {
  const place = await prepareHome(realpathSync(home))
  return await launch({
    place,
    binaries: await ensureBinaries(place.home),
    port,
    deadline: Date.now() + 20_000,
  })
}

test.each(['127.0.0.1', '0.0.0.0'])(
  'a port taken on %s is not free, and PostgreSQL ends there',
  async (host) => {
    const port = await listen(host)
    expect(await nextFreePort(port)).toBeGreaterThan(port)
    expect(await launchOn(port)).toMatchObject({kind: 'port-taken'})
  },
)

test('a second server of the same data ends before it does any harm', async () => {
  const {port} = await startServer(home)
  expect(await launchOn(await nextFreePort(port))).toMatchObject({kind: 'locked'})
  expect(await ask(port, 'SELECT 1 AS one')).toEqual([{one: 1}])
})

test("a running server's pid file is never taken for stale", async () => {
  const server = await startServer(home)
  await clearStalePidFile(server.dataDir)
  expect(await runningServer(home)).toMatchObject({pid: server.pid})
})

test('a server that is stopping does not count as running', async () => {
  const {dataDir} = await startServer(home)
  const pidFile = join(dataDir, 'postmaster.pid')
  const ready = readFileSync(pidFile, 'utf8')
  writeFileSync(pidFile, ready.replace('ready   ', 'stopping'))
  expect(await runningServer(home)).toBeUndefined()
  writeFileSync(pidFile, ready)
  expect(await runningServer(home)).toMatchObject({dataDir})
})

test('with the highest port taken the search ends with an error', async () => {
  await expect(nextFreePort(65_536)).rejects.toMatchObject({code: 'EMBEDDED_NO_PORT', exit: 1})
})

test.each(['', 'none\n', '0\n', '80\n', '70000\n'])(
  'a remembered port of %j counts for nothing',
  async (text) => {
    const file = join(home, 'port')
    const before = readFileSync(file)
    writeFileSync(file, text)
    expect(await preferredPort(home)).toBe(5432)
    writeFileSync(file, before)
  },
)

test('the remembered port can be read by every user, whatever the umask', async () => {
  const umask = process.umask(0o077)
  try {
    await rememberPort(home, 6543)
  } finally {
    process.umask(umask)
  }
  expect(await preferredPort(home)).toBe(6543)
  expect(statSync(join(home, 'port')).mode & 0o777).toBe(0o644)
})

test('a log over 10 MB is put aside before the next start', async () => {
  const log = join(home, 'server.log')
  const size = 10 * 1024 * 1024 + 1
  truncateSync(log, size)
  await startServer(home)
  expect(statSync(`${log}.1`).size).toBe(size)
  expect(readFileSync(log, 'utf8')).toMatch(/^\d{4}-.* UTC \[\d+\] LOG: {2}starting PostgreSQL/)
})

test('looking whether it accepts connections leaves no trace in the log', async () => {
  const {logFile} = await startServer(home)
  const before = readFileSync(logFile, 'utf8')
  await startServer(home)
  expect(readFileSync(logFile, 'utf8').replace(before, '')).not.toMatch(
    /FATAL|incomplete|could not/,
  )
})
