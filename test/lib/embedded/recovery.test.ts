import {type ChildProcess, spawn} from 'node:child_process'
import {chownSync, existsSync, readdirSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import pg from 'pg'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {acceptsConnections} from '../../../src/lib/embedded/handshake.js'
import {isAlive} from '../../../src/lib/embedded/process.js'
import {
  embeddedUrl,
  runningServer,
  startServer,
  stopServer,
} from '../../../src/lib/embedded/server.js'
import {
  ask,
  homeForTest,
  leftovers,
  makeHome,
  removeHome,
  serverUser,
  spawnStarter,
  until,
} from './support.js'

describe('kill -9', () => {
  const home = makeHome()
  let server: Awaited<ReturnType<typeof startServer>>

  beforeEach(async () => {
    server = await startServer(home)
  })
  afterAll(() => removeHome(home))

  test('of the server: the next start brings it back', async () => {
    process.kill(server.pid, 'SIGKILL')
    await until(async () => (await runningServer(home)) === undefined)
    const again = await startServer(home)
    expect(again).toMatchObject({port: server.port, started: true})
    expect(again.pid).not.toBe(server.pid)
    expect(await ask(again.port, 'SELECT 1 AS one')).toEqual([{one: 1}])
  })

  test('of the server while a session works: the next start waits for that session to end', async () => {
    const client = new pg.Client({connectionString: embeddedUrl(server, 'postgres')})
    client.on('error', () => {})
    await client.connect()
    const work = client
      .query(
        `DO $$ BEGIN WHILE clock_timestamp() < now() + interval '2 seconds' LOOP END LOOP; END $$`,
      )
      .catch(() => {})
    const busy = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'`
    await until(async () => (await ask(server.port, busy)).length === 1)

    process.kill(server.pid, 'SIGKILL')
    await until(async () => (await runningServer(home)) === undefined)
    expect(await startServer(home)).toMatchObject({port: server.port, started: true})
    await work
    await client.end().catch(() => {})
  })

  test.each(['checkpointer', 'client backend'])(
    'of a %s: PostgreSQL recovers by itself, a start waits for it',
    async (type) => {
      const client = new pg.Client({connectionString: embeddedUrl(server, 'postgres')})
      client.on('error', () => {})
      await client.connect()
      const {rows} = await client.query(
        'SELECT pid FROM pg_stat_activity WHERE backend_type = $1 LIMIT 1',
        [type],
      )
      process.kill(rows[0].pid, 'SIGKILL')
      await until(async () => !isAlive(rows[0].pid) || !(await acceptsConnections(server.port)))

      expect(await startServer(home)).toEqual({...server, started: false})
      expect(await ask(server.port, 'SELECT 1 AS one')).toEqual([{one: 1}])
      await client.end().catch(() => {})
    },
  )
})

describe('a pid file left behind', () => {
  const home = makeHome()
  const pidFile = join(home, 'data', 'postmaster.pid')
  let stranger: ChildProcess

  beforeAll(async () => {
    await startServer(home)
    await stopServer(home)
    // As a shell is after "cd data".
    const cwd = join(home, 'data')
    stranger = spawn('sleep', ['1000'], {stdio: 'ignore', cwd, ...serverUser(home)})
  })
  beforeEach(() => stopServer(home))
  afterAll(async () => {
    stranger.kill()
    await removeHome(home)
  })

  function leavePidFile(content: string): void {
    writeFileSync(pidFile, content, {mode: 0o600})
    const {uid, gid} = serverUser(home)
    if (uid !== undefined && gid !== undefined) chownSync(pidFile, uid, gid)
  }

  function contentFor(pid: number): string {
    return `${pid}\n${join(home, 'data')}\n1700000000\n5432\n\n127.0.0.1\n  2155663        17\nready   \n`
  }

  test('with the number of another program of the same user is none of a running server', async () => {
    leavePidFile(contentFor(stranger.pid ?? 0))
    expect(await runningServer(home)).toBeUndefined()
    expect(await stopServer(home)).toBe(false)
    expect((await startServer(home)).started).toBe(true)
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
    expect(leftovers(home)).toEqual([])
  })

  test('with the number of another home’s server is none of a running server', async () => {
    const another = await startServer(homeForTest())
    leavePidFile(contentFor(another.pid))
    expect(await runningServer(home)).toBeUndefined()
    expect(await stopServer(home)).toBe(false)
    expect((await startServer(home)).started).toBe(true)
    expect(await ask(another.port, 'SELECT 1 AS one')).toEqual([{one: 1}])
  })

  test('with the number of no process does not hinder a start', async () => {
    const gone = spawn('true')
    await new Promise((resolve) => gone.once('exit', resolve))
    leavePidFile(contentFor(gone.pid ?? 0))
    expect(await runningServer(home)).toBeUndefined()
    expect((await startServer(home)).started).toBe(true)
  })

  test('empty, by a server killed in that very moment, does not hinder a start', async () => {
    leavePidFile('')
    utimesSync(pidFile, 0, 0)
    expect((await startServer(home)).started).toBe(true)
    expect(leftovers(home)).toEqual([])
  })
})

describe('kill -9 of a command that starts the server', () => {
  test.each([
    [
      'copies the programs',
      (folder: string) => readdirSync(folder).some((name) => name.startsWith('postgresql-')),
    ],
    ['runs initdb', (folder: string) => existsSync(join(folder, 'data', 'global'))],
  ])('while it %s: the next start succeeds and cleans up', async (_, isThere) => {
    const home = homeForTest()
    const {child, ended} = spawnStarter(home)
    await until(() =>
      readdirSync(home).some((name) => {
        try {
          return name.startsWith('.tmp-') && isThere(join(home, name))
        } catch {
          return false
        }
      }),
    )
    child.kill('SIGKILL')
    expect(await ended).toEqual({})
    expect(existsSync(join(home, 'data'))).toBe(false)
    expect(readdirSync(home).filter((name) => name.startsWith('.tmp-'))).toHaveLength(1)

    expect((await startServer(home)).started).toBe(true)
    expect(leftovers(home)).toEqual([])
  })
})
