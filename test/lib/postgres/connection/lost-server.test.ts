import pg from 'pg'
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import type {Target} from '../../../../src/lib/target/target.js'
import {type MortalServer, openMortalServer} from '../../../support/mortal-server.js'
import {targetOf} from '../../../support/target.js'

/** The real times, a hundred times as fast. */
const watch = {quietMs: 100, askMs: 300, patienceMs: 500, againMs: 50}

let server: MortalServer
let target: Target
beforeAll(async () => {
  server = await openMortalServer()
  target = {
    ...targetOf('postgres'),
    hosts: [{host: '127.0.0.1', port: server.port}],
    user: 'postgres',
    password: new Secret('password'),
  }
})
afterEach(async () => {
  server.thaw()
  await server.start()
})
afterAll(() => server.close())

test('a server that hangs: its connection is lost, and is closed at once', async () => {
  const failed = withClient(
    target,
    async (client) => {
      await client.query('SELECT 1')
      await server.freeze()
      await client.query('SELECT 2')
    },
    {watch},
  )
  await expect(failed).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    exit: 3,
    message: expect.stringMatching(
      `^the connection to 127\\.0\\.0\\.1:${server.port} was lost: no answer for 1 s, on a new connection neither$`,
    ),
  })
})

test('a server that hangs between two statements does not hold up the end for more than a second', async () => {
  let frozen = 0
  const result = await withClient(target, async () => {
    await server.freeze()
    frozen = Date.now()
    return 'done'
  })
  expect(result).toBe('done')
  expect(Date.now() - frozen).toBeLessThan(1500)
})

test.each([
  ['is stopped', 'SIGINT', /^terminating connection due to administrator command$/],
  ['is stopped at once', 'SIGQUIT', /^(terminating connection|Connection terminated|read ECONN)/],
  ['is killed', 'SIGKILL', /^(terminating connection|Connection terminated|read ECONN)/],
] as const)('a server that %s: its connection is lost, and why is said', async (_, signal, why) => {
  const failed = withClient(target, (client) => {
    setTimeout(() => server.kill(signal), 100)
    return client.query('SELECT pg_sleep(60)')
  })
  const error = await failed.catch((caught: unknown) => caught)
  expect(error).toMatchObject({code: 'CONNECTION_LOST', exit: 3})
  const [, words = ''] = /was lost: (.*)/.exec(String(error)) ?? []
  expect(words).toMatch(why)
})

test('a server that ends a connection nobody waits for: the next statement tells why', async () => {
  const failed = withClient(target, async (client) => {
    const ended = new Promise((resolve) => client.once('end', resolve))
    const {processID} = client as pg.Client & {processID: number}
    const other = new pg.Client({connectionString: server.url()})
    await other.connect()
    await other.query(`SELECT pg_terminate_backend(${processID})`)
    await other.end()
    await ended
    await client.query('SELECT 1')
  })
  await expect(failed).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    details: {sqlstate: '57P01'},
    message: `the connection to 127.0.0.1:${server.port} was lost: terminating connection due to administrator command`,
  })
})
