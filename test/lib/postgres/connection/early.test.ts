import {type AddressInfo, connect, createServer} from 'node:net'
import type pg from 'pg'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {withClient, withMaintenanceClient} from '../../../../src/lib/postgres/connection/connect.js'
import {beginEarly, type EarlyLogin} from '../../../../src/lib/postgres/connection/early.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import type {Target} from '../../../../src/lib/target/target.js'
import {frontendReader} from '../../../support/frontend.js'
import {dropDatabases, freshName, query} from '../../../support/postgres.js'
import {ASK_PASSWORD, message, scriptedServer, WELCOME} from '../../../support/scripted-server.js'
import {targetOf} from '../../../support/target.js'
import {startTlsServer} from '../../../support/tls-server.js'
import {until} from '../../../support/wait.js'

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => void process.off('unhandledRejection', note))

const closing: (() => void | Promise<void>)[] = []
const bases: string[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await dropDatabases(...bases.splice(0))
  expect(unhandled.splice(0)).toEqual([])
})

function fresh(): string {
  const base = freshName()
  bases.push(base)
  return base
}

const create = (database: string) => query(`CREATE DATABASE "${database}" TEMPLATE template0`)

/** A connection by way of a tap. */
interface Tapped {
  /** The letters of what the client has said; `StartupMessage` and the like. */
  said: string[]
  /** All of that. */
  bytes: string
  answered: number
  open: boolean
}

/** Listens at any address of this machine and leads to the server. */
async function openTap(server: {
  host: string
  port: number
}): Promise<{port: number; connections: Tapped[]}> {
  const connections: Tapped[] = []
  const listener = createServer((socket) => {
    const tapped: Tapped = {said: [], bytes: '', answered: 0, open: true}
    connections.push(tapped)
    const read = frontendReader()
    const onward = connect(server.port, server.host).on('error', () => {})
    socket
      .on('error', () => {})
      .on('close', () => {
        tapped.open = false
        onward.destroy()
      })
    socket.on('data', (chunk) => {
      tapped.bytes += chunk.toString('latin1')
      for (const {type} of read(chunk)) tapped.said.push(type)
    })
    onward.on('data', () => {
      tapped.answered++
    })
    socket.pipe(onward).pipe(socket)
    closing.push(() => void socket.destroy())
  })
  await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve))
  closing.push(() => void listener.close())
  return {port: (listener.address() as AddressInfo).port, connections}
}

const plainly = (target: Target): Target => ({...target, tls: {...target.tls, mode: 'disable'}})

/** The test server by way of a tap, spoken with in plain. */
async function tapped() {
  // Not postgres, which is what the first connection is to lead to.
  const {hosts, ...rest} = targetOf('app')
  const [{host, port}] = hosts
  const {connections, port: own} = await openTap({host, port})
  const target = plainly({...rest, hosts: [{host: '127.0.0.1', port: own}]})
  return {target, connections}
}

/** Begins to log in to `database`, and does `fn` with that while a first connection is there. */
async function withEarly<T>(
  target: Target,
  database: string,
  fn: (early: EarlyLogin, client: pg.Client) => Promise<T>,
  {signal, first = target}: {signal?: AbortSignal; first?: Target} = {},
): Promise<T> {
  const early = beginEarly(target, database, signal)
  if (!early) throw new Error('nothing was begun')
  try {
    return await withMaintenanceClient(first, (client) => fn(early, client))
  } finally {
    early.abandon()
  }
}

/** The one that does not lead to the maintenance database. */
function earlyOne(connections: Tapped[]): Tapped {
  const found = connections.find(({bytes}) => !bytes.includes('database\0postgres\0'))
  if (!found) throw new Error('no early connection')
  return found
}

const asked = (connections: Tapped[]): Promise<void> =>
  until(
    () => earlyOne(connections).answered > 0,
    () => 'the server to ask for the password',
  )

const closed = (connections: Tapped[]): Promise<void> =>
  until(
    () => connections.every(({open}) => !open),
    () => 'the connections to end',
  )

const inside = async (client: pg.Client | undefined): Promise<unknown> => {
  try {
    return (await client?.query('SELECT current_database() AS name'))?.rows[0]?.name
  } finally {
    await client?.end()
  }
}

const sessionsIn = async (database: string): Promise<number> =>
  (await query(`SELECT FROM pg_stat_activity WHERE datname = '${database}'`)).length

const noSessionIn = (database: string): Promise<void> =>
  until(
    async () => (await sessionsIn(database)) === 0,
    () => 'the session to end',
  )

describe('an early login', () => {
  test('finds a database that is created after the server was told of it', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    const found = await withEarly(target, database, async (early, client) => {
      early.introduce(client)
      await asked(connections)
      await create(database)
      return inside(await early.finish())
    })
    expect(found).toBe(database)
    expect(connections).toHaveLength(2)
  })

  test('is none when the database is not there when it is finished', async () => {
    const {connections, target} = await tapped()
    const found = await withEarly(target, freshName(), async (early, client) => {
      early.introduce(client)
      await asked(connections)
      return early.finish()
    })
    expect(found).toBeUndefined()
    await closed(connections)
  })

  test('connects before it is introduced, and says neither user nor database until then', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    await create(database)
    const begun = beginEarly(target, database, undefined)
    await until(
      () => connections.length === 1,
      () => 'the connection',
    )
    await withMaintenanceClient(target, async (client) => {
      expect(connections.map(({said}) => said.includes('StartupMessage'))).toEqual([false, true])
      begun?.introduce(client)
      expect(await inside(await begun?.finish())).toBe(database)
    })
  })

  test('does not prove the password before it is finished', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    await create(database)
    await withEarly(target, database, async (early, client) => {
      early.introduce(client)
      await asked(connections)
      // A query of the first one later, what was to be sent at once would be.
      await client.query('SELECT 1')
      const before = earlyOne(connections)
      expect(before.bytes).not.toMatch(/,p=/)
      expect(await sessionsIn(database)).toBe(0)
      expect(await inside(await early.finish())).toBe(database)
      expect(before.bytes).toMatch(/,p=/)
    })
  })

  test('does not send a password in the clear before it is finished', async () => {
    const password = 'said at last'
    const server = await scriptedServer({
      login: (socket) => {
        socket.write(ASK_PASSWORD)
        socket.on('data', (data) => data[0] === 0x70 && socket.write(WELCOME))
      },
    })
    closing.push(server.close)
    const {connections, port} = await openTap({host: '127.0.0.1', port: server.port})
    const hosts: Target['hosts'] = [{host: '127.0.0.1', port}]
    const target = plainly(targetOf('app', {hosts, password: new Secret(password)}))
    await withEarly(target, 'app', async (early, client) => {
      early.introduce(client)
      await asked(connections)
      await new Promise((resolve) => setImmediate(resolve))
      expect(earlyOne(connections).said).toEqual(['StartupMessage'])
      const found = await early.finish()
      expect(found).toBeDefined()
      expect(earlyOne(connections)).toMatchObject({
        said: ['StartupMessage', 'p'],
        bytes: expect.stringContaining(password),
      })
      found?.connection.stream.destroy()
    })
  })
})

describe('nothing comes of an early login', () => {
  test('with a wrong password', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    await create(database)
    const wrong = {...target, password: new Secret('wrong')}
    const found = await withEarly(
      wrong,
      database,
      async (early, client) => {
        early.introduce(client)
        return early.finish()
      },
      {first: target},
    )
    expect(found).toBeUndefined()
    await closed(connections)
  })

  test('where nothing answers', async () => {
    const {target} = await tapped()
    const nowhere: Target = {...target, hosts: [{host: '127.0.0.1', port: 1}]}
    const found = await withEarly(
      nowhere,
      'app',
      async (early, client) => {
        early.introduce(client)
        return early.finish()
      },
      {first: target},
    )
    expect(found).toBeUndefined()
  })

  test('where no password is asked for: the server would look for the database at once', async () => {
    const server = await startTlsServer()
    closing.push(server.close)
    await server.query('CREATE ROLE u LOGIN CREATEDB')
    await server.behave({admits: ['host all u 127.0.0.1/32 trust']})
    const {connections, port} = await openTap({host: '127.0.0.1', port: server.port})
    const hosts: Target['hosts'] = [{host: '127.0.0.1', port}]
    const target = plainly(targetOf('app', {hosts, user: 'u', password: new Secret('p')}))
    await withEarly(target, 'app', async (early, client) => {
      early.introduce(client)
      expect(await early.finish()).toBeUndefined()
    })
    await closed(connections)
    expect(connections.filter(({said}) => said.includes('StartupMessage'))).toHaveLength(1)
  })

  test.each<[string, number]>([
    ['above all of Linux', 2 ** 22 + 1],
    ['below zero', -5],
  ])('where a pooler has made up the number of the process: %s', async (_, pid) => {
    const key = Buffer.alloc(8)
    key.writeInt32BE(pid)
    const welcome = [message('R', [0, 0, 0, 0]), message('K', key), message('Z', 'I')]
    let passwords = 0
    const server = await scriptedServer({
      login: (socket) => {
        socket.write(ASK_PASSWORD)
        socket.once('data', () => {
          passwords++
          socket.write(Buffer.concat(welcome))
        })
      },
    })
    closing.push(server.close)
    const hosts: Target['hosts'] = [{host: '127.0.0.1', port: server.port}]
    const target = plainly(targetOf('app', {hosts, password: new Secret('p')}))
    await withEarly(target, 'app', async (early, client) => {
      early.introduce(client)
      expect(await early.finish()).toBeUndefined()
    })
    expect(passwords).toBe(1)
  })

  test('where it leads to another machine than the first connection', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    await create(database)
    const [{port}] = target.hosts
    const found = await withEarly(
      target,
      database,
      async (early, client) => {
        early.introduce(client)
        const none = await early.finish()
        const it = earlyOne(connections)
        await until(
          () => !it.open,
          () => 'the early connection to end',
        )
        return none
      },
      {first: {...target, hosts: [{host: '127.0.0.2', port}]}},
    )
    expect(found).toBeUndefined()
    await closed(connections)
    await noSessionIn(database)
  })

  test('when the signal comes while it waits', async () => {
    const {connections, target} = await tapped()
    const controller = new AbortController()
    await withEarly(
      target,
      'app',
      async (early, client) => {
        early.introduce(client)
        await asked(connections)
        const it = earlyOne(connections)
        controller.abort(new Error('interrupted'))
        await until(
          () => !it.open,
          () => 'the early connection to end',
        )
        expect(await early.finish()).toBeUndefined()
      },
      {signal: controller.signal},
    )
  })

  test('when the signal came before', async () => {
    const {connections, target} = await tapped()
    const early = beginEarly(target, 'app', AbortSignal.abort(new Error('interrupted')))
    expect(await early?.finish()).toBeUndefined()
    expect(connections).toEqual([])
  })

  test('when connect_timeout is over before the database is there', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    const found = await withEarly(
      {...target, connectTimeoutMs: 200},
      database,
      async (early, client) => {
        early.introduce(client)
        await asked(connections)
        const it = earlyOne(connections)
        await until(
          () => !it.open,
          () => 'the early connection to end',
        )
        await create(database)
        return early.finish()
      },
      {first: target},
    )
    expect(found).toBeUndefined()
    await closed(connections)
  })
})

describe('nothing is begun where it is not known which server, or how', () => {
  const target = targetOf('postgres')
  const [host] = target.hosts

  test.each<[string, Partial<Target>]>([
    ['with several hosts', {hosts: [host, {...host, port: 1}]}],
    ['when a standby is wanted', {sessionAttributes: 'standby'}],
    ['when the server is to be written to', {sessionAttributes: 'read-write'}],
    ['with sslmode=allow', {tls: {...target.tls, mode: 'allow'}}],
    ['with a token for each login', {loginToken: async () => new Secret('t')}],
  ])('%s', (_, extra) => {
    const early = beginEarly({...target, ...extra}, 'postgres', undefined)
    early?.abandon()
    expect(early).toBeUndefined()
  })
})

describe('an early login that is abandoned', () => {
  test('before it is introduced ends its connection', async () => {
    const {connections, target} = await tapped()
    const early = beginEarly(target, 'app', undefined)
    await until(
      () => connections.length === 1,
      () => 'the connection',
    )
    early?.abandon()
    await closed(connections)
    expect(connections.map(({said}) => said)).toEqual([[]])
  })

  test('while it waits leaves no connection', async () => {
    const {connections, target} = await tapped()
    await withEarly(target, 'app', async (early, client) => {
      early.introduce(client)
      await asked(connections)
    })
    await closed(connections)
  })

  test('while it is finished leaves no session', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    await create(database)
    await withEarly(target, database, async (early, client) => {
      early.introduce(client)
      await asked(connections)
      const finishing = early.finish()
      early.abandon()
      await finishing
    })
    await closed(connections)
    await noSessionIn(database)
  })

  test('when it was finished leaves what it came to to whoever has it', async () => {
    const {connections, target} = await tapped()
    const database = fresh()
    await create(database)
    await withEarly(target, database, async (early, client) => {
      early.introduce(client)
      const found = await early.finish()
      early.abandon()
      expect(await inside(found)).toBe(database)
    })
    await closed(connections)
  })
})

test('a connection that was begun early is used by whoever connects, and closed', async () => {
  const {connections, target} = await tapped()
  const database = fresh()
  await create(database)
  await withEarly(target, database, async (early, client) => {
    early.introduce(client)
    const used = await withClient(
      {...target, database},
      async (own) => (await own.query('SELECT current_database() AS name')).rows[0]?.name,
      {opened: early.finish()},
    )
    expect(used).toBe(database)
    expect(connections.map(({open}) => open).sort()).toEqual([false, true])
  })
  expect(connections).toHaveLength(2)
})
