import {readFileSync, symlinkSync, unlinkSync} from 'node:fs'
import {join} from 'node:path'
import pg from 'pg'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {
  type EmbeddedServer,
  embeddedUrl,
  runningServer,
  startServer,
  stopServer,
} from '../../../src/lib/embedded/server.js'
import {ask, homeForTest, leftovers, makeHome, removeHome, spawnStarter} from './support.js'

describe('a server', () => {
  const progress: string[] = []
  const home = makeHome()
  const port = Number(readFileSync(join(home, 'port'), 'utf8'))
  let server: EmbeddedServer & {started: boolean}
  let withoutServer: EmbeddedServer | undefined

  beforeAll(async () => {
    withoutServer = await runningServer(home)
    process.env['PGDATABASE'] = 'elsewhere'
    process.env['CRUDDUR_TEST_SECRET'] = 'hidden'
    process.env['LD_LIBRARY_PATH'] ??= '/nowhere'
    server = await startServer(home, {onProgress: (message) => progress.push(message)})
  })

  afterAll(async () => {
    delete process.env['PGDATABASE']
    delete process.env['CRUDDUR_TEST_SECRET']
    await removeHome(home)
  })

  test('is not running before it is started', () => {
    expect(withoutServer).toBeUndefined()
  })

  test('says what takes time at its first start', () => {
    expect(progress).toEqual([
      `Unpacking PostgreSQL ${server.version}`,
      'Creating the database cluster',
      `Starting PostgreSQL ${server.version} on port ${port}`,
    ])
    expect(leftovers(home)).toEqual([])
  })

  test('tells where it is', () => {
    expect(server).toEqual({
      port,
      pid: server.pid,
      version: expect.stringMatching(/^\d+\.\d+$/),
      dataDir: join(home, 'data'),
      logFile: join(home, 'server.log'),
      started: true,
    })
  })

  test('lets in with the password and can create the extension the schema needs', async () => {
    await ask(port, 'CREATE EXTENSION "uuid-ossp"')
    const [row] = await ask(port, `SELECT uuid_generate_v4()::text AS id, current_user AS name`)
    expect(row).toEqual({id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'postgres'})
  })

  test.each([
    ['wrong', {code: '28P01'}],
    ['', {message: expect.stringContaining('password must be a string')}],
  ])('refuses the password "%s"', async (password, error) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      database: 'postgres',
      password,
    })
    await expect(client.connect()).rejects.toMatchObject(error)
  })

  test('listens on 127.0.0.1 only, and sorts and tells the time the same on every machine', async () => {
    const [row] = await ask(
      port,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
        current_setting('timezone') AS zone, current_setting('log_timezone') AS log_zone,
        datlocprovider AS provider, datlocale AS locale, datcollate AS libc, pg_encoding_to_char(encoding) AS encoding,
        (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'postgres') AS scram
      FROM pg_database WHERE datname = 'postgres'`,
    )
    expect(row).toEqual({
      addresses: '127.0.0.1',
      sockets: '',
      zone: 'UTC',
      log_zone: 'UTC',
      provider: 'b',
      locale: 'C.UTF-8',
      libc: 'C',
      encoding: 'UTF8',
      scram: true,
    })
  })

  test.runIf(process.platform === 'linux')(
    'gets nothing of the environment it does not need',
    () => {
      const environment = readFileSync(`/proc/${server.pid}/environ`, 'utf8')
      expect(environment.split('\0').map((entry) => entry.split('=')[0])).not.toContain(
        'PGDATABASE',
      )
      expect(environment).not.toContain('hidden')
      expect(environment).toContain('LC_ALL=C')
      expect(environment).toContain(`LD_LIBRARY_PATH=${process.env['LD_LIBRARY_PATH']}`)
    },
  )

  test.runIf(process.platform === 'linux')(
    'leads a process group of its own, out of reach of the terminal’s Ctrl-C',
    () => {
      const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8')
      const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      expect(Number(group)).toBe(server.pid)
    },
  )

  test('is found by the next start instead of started again', async () => {
    expect(await startServer(home)).toEqual({...server, started: false})
    const signal = AbortSignal.abort(new Error('Ctrl-C'))
    await expect(startServer(home, {signal})).rejects.toThrow('Ctrl-C')
  })

  test('is found through a link to its home', async () => {
    const link = `${home}-link`
    symlinkSync(home, link)
    try {
      expect(await runningServer(link)).toMatchObject({pid: server.pid, port})
    } finally {
      unlinkSync(link)
    }
  })

  test('is found by every command within a few milliseconds', async () => {
    const {started: _, ...expected} = server
    await runningServer(home)
    const began = performance.now()
    for (let round = 0; round < 10; round++) expect(await runningServer(home)).toEqual(expected)
    expect((performance.now() - began) / 10).toBeLessThan(20)
  })

  test('comes back on the same port with its data after it was stopped', async () => {
    await ask(port, 'CREATE TABLE kept (n integer)')
    expect(await stopServer(home)).toBe(true)
    expect(await runningServer(home)).toBeUndefined()
    expect(await stopServer(home)).toBe(false)

    const messages: string[] = []
    const again = await startServer(home, {onProgress: (message) => messages.push(message)})
    expect(again).toMatchObject({port, started: true})
    expect(messages).toEqual([`Starting PostgreSQL ${server.version} on port ${port}`])
    expect(await ask(port, 'SELECT count(*)::int AS n FROM kept')).toEqual([{n: 0}])
  })

  test('is stopped in order though a session is open', async () => {
    await startServer(home)
    const client = new pg.Client({connectionString: embeddedUrl({port}, 'postgres')})
    client.on('error', () => {})
    await client.connect()
    expect(await stopServer(home)).toBe(true)
    await client.end().catch(() => {})
    const log = readFileSync(server.logFile, 'utf8').trimEnd().split('\n')
    expect(log.at(-1)).toContain('database system is shut down')
    expect(log.join('\n')).not.toContain('immediate shutdown')
  })
})

test('a server survives the command that started it', async () => {
  const home = homeForTest()
  const {child, ended} = spawnStarter(home)
  const {server} = await ended
  expect(child.exitCode).toBe(0)
  expect(await runningServer(home)).toMatchObject({pid: server?.pid})
})

test('the URL holds the documented user, password and database', () => {
  expect(embeddedUrl({port: 5432})).toBe('postgresql://postgres:password@127.0.0.1:5432/cruddur')
  expect(embeddedUrl({port: 5433}, 'a b/c')).toBe(
    'postgresql://postgres:password@127.0.0.1:5433/a%20b%2Fc',
  )
})
