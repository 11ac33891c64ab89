import type {Socket} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {attemptOf} from '../../../../src/lib/postgres/connection/pin.js'
import type {Target} from '../../../../src/lib/target/target.js'
import {query, withDatabase} from '../../../support/postgres.js'
import {openRelay} from '../../../support/relay.js'
import {fields, type Play, scriptedServer, WELCOME} from '../../../support/scripted-server.js'
import {targetOf} from '../../../support/target.js'
import {until} from '../../../support/wait.js'
import {openRecorder, type Recorder} from '../../../support/wire-recorder.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

type Mode = Target['tls']['mode']

/** The test server, or a stand-in for it, at another port. */
function targetAt(port: number, mode: Mode, database = 'postgres'): Target {
  const target = targetOf(database)
  return {...target, hosts: [{host: '127.0.0.1', port}], tls: {...target.tls, mode}}
}

async function scripted(play: Play) {
  const server = await scriptedServer(play)
  closing.push(server.close)
  return server
}

/** The test server, behind what says for it that it has no TLS, and sees who asks what. */
async function withoutTls(): Promise<Recorder> {
  const [{host, port}] = targetOf('postgres').hosts
  const recorder = await openRecorder({host, port})
  closing.push(recorder.close)
  return recorder
}

/** What each connection began with. */
function beginnings(recorder: Recorder): string[][] {
  return recorder
    .recording()
    .connections.map((flights) =>
      flights
        .flatMap(({messages}) => messages.map(({type}) => type))
        .filter((type) => /Request|Startup/.test(type)),
    )
}

const one = (target: Target): Promise<unknown> =>
  withClient(target, async (client) => (await client.query('SELECT 1 AS one')).rows[0]?.one)

const [{ssl}] = (await query<{ssl: string}>('SHOW ssl')) as [{ssl: string}]

describe('prefer, where the server has no TLS', () => {
  test.skipIf(ssl === 'on')('takes one connection', async () => {
    const [{host, port}] = targetOf('postgres').hosts
    const relay = await openRelay({host, port})
    closing.push(relay.close)
    expect(await one(targetAt(relay.port, 'prefer'))).toBe(1)
    expect(relay.taken()).toBe(1)
  })

  test('asks for TLS first, and then logs in in plain on the same connection', async () => {
    const recorder = await withoutTls()
    expect(await one(targetAt(recorder.port, 'prefer'))).toBe(1)
    expect(beginnings(recorder)).toEqual([['SSLRequest', 'StartupMessage']])
  })

  test('knows afterwards that the connection is plain', async () => {
    const server = await scripted({login: (socket) => socket.write(WELCOME)})
    const encryption = await withClient(
      targetAt(server.port, 'prefer'),
      async (client) => attemptOf(client).encryption,
    )
    expect(encryption).toBe('plain')
  })

  test('cancels in plain', async () => {
    await withDatabase(async (database) => {
      const recorder = await withoutTls()
      const [controller, reason] = [new AbortController(), new Error('interrupted')]
      let ended: unknown
      const sleeping = withClient(
        targetAt(recorder.port, 'prefer', database),
        async (client) => {
          ended = await client.query('SELECT pg_sleep(60)').catch(({code}) => code)
          throw ended
        },
        {signal: controller.signal},
      ).catch((error: unknown) => error)
      const asleep = `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND wait_event = 'PgSleep'`
      await until(
        async () => (await query(asleep)).length === 1,
        () => 'the statement to run',
      )
      controller.abort(reason)
      expect(await sleeping).toBe(reason)
      expect(ended).toBe('57014')
      const [first, ...cancels] = beginnings(recorder)
      expect(first).toEqual(['SSLRequest', 'StartupMessage'])
      expect(cancels.length).toBeGreaterThan(0)
      expect(new Set(cancels.flat())).toEqual(new Set(['CancelRequest']))
    })
  })

  test('is told what the server refuses then, after one connection', async () => {
    const refusal = {S: 'FATAL', V: 'FATAL', C: '28000', M: 'no pg_hba.conf entry for host'}
    const server = await scripted({login: (socket) => socket.end(fields('E', refusal))})
    await expect(one(targetAt(server.port, 'prefer'))).rejects.toMatchObject({
      details: {sqlstate: '28000'},
    })
    expect(server.taken()).toBe(1)
  })
})

describe('whoever says more than that there is no TLS', () => {
  test.each<[string, Buffer]>([
    ['lets in at once', Buffer.concat([Buffer.from('N'), WELCOME])],
    ['says it twice', Buffer.from('NN')],
    ['says it in words', Buffer.from('No')],
    ['says nothing that is known', Buffer.from('X')],
  ])('is not believed: %s', async (_, answer) => {
    const [heard, sockets]: [Buffer[], Socket[]] = [[], []]
    const server = await scripted({
      raw: (socket) => {
        sockets.push(socket)
        socket.once('data', () => {
          socket.on('data', (chunk) => heard.push(chunk))
          socket.write(answer)
        })
      },
    })
    await expect(one(targetAt(server.port, 'prefer'))).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      exit: 3,
    })
    await until(
      () => sockets.every(({readableEnded, destroyed}) => readableEnded || destroyed),
      () => 'the connection to end',
    )
    // Not even the names of user and database.
    expect(Buffer.concat(heard).toString()).toBe('')
    expect(server.taken()).toBe(1)
  })
})

describe('where TLS is a must', () => {
  test.each<Mode>(['require', 'verify-ca', 'verify-full'])(
    '%s fails without it, and nothing is said in plain',
    async (mode) => {
      const logins: Socket[] = []
      const server = await scripted({login: (socket) => logins.push(socket)})
      await expect(one(targetAt(server.port, mode))).rejects.toMatchObject({
        code: 'TLS_FAILED',
        exit: 3,
        data: {reason: 'not-offered'},
      })
      expect(server.taken()).toBe(1)
      expect(logins).toEqual([])
    },
  )
})
