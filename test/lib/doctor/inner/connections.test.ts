import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {connectionsCheck} from '../../../../src/lib/doctor/inner/connections.js'
import {terminateSessions} from '../../../../src/lib/postgres/sessions.js'
import {type OwnServer, serverWith} from '../../../support/own-server.js'
import {connect, query, urlOf, withDatabase} from '../../../support/postgres.js'
import {until} from '../../../support/wait.js'
import {look, looking, seeOnce, withRole} from './scene.js'

describe('a transaction that is left open', () => {
  it('is found, and the command that is named ends it', () =>
    withDatabase(async (database) => {
      const idler = await connect(database)
      await idler.query('BEGIN')
      const {rows} = await idler.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
      const pid = rows[0]?.pid ?? 0
      await looking(urlOf(database), async ({facts, see}) => {
        const mine = `process ${pid} of "postgres" has left a transaction open for 0 min`
        await until(
          async () => (await see(connectionsCheck(0))).message.includes(mine),
          () => 'the idle transaction to be seen',
        )
        const found = await see(connectionsCheck(0))
        expect(found).toMatchObject({status: 'warn'})
        expect(found.message).toMatch(/: its locks keep others waiting/)
        const [, pids = ''] = /^cruddur-db sessions (.*)$/.exec(found.fix ?? '') ?? []
        expect(pids.split(' ')).toContain(String(pid))
        expect(pids).toMatch(/^(--terminate \d+ ?)+$/)
        if (!facts.server) throw new Error('no server')
        await terminateSessions(facts.server, [pid])
        await until(
          async () => !(await see(connectionsCheck(0))).message.includes(`process ${pid} `),
          () => 'the session to end',
        )
      })
    }))

  it('is nobody’s business for five minutes', () =>
    withDatabase(async (database) => {
      const idler = await connect(database)
      await idler.query('BEGIN')
      const found = await seeOnce(urlOf(database), [connectionsCheck()])
      await idler.end()
      expect(found.message).not.toMatch(/left a transaction open/)
    }))

  it('of another role is not seen by a role without pg_monitor, which is said', () =>
    withRole(async ({url}) => {
      const other = await connect('postgres')
      const found = await seeOnce(url('postgres'), [connectionsCheck()])
      await other.end()
      expect(found.message).toMatch(
        /^\d+ of \d+ connections are in use, \d+ are reserved; of \d+ this role may not see what they do \(pg_monitor\)$/,
      )
    }))
})

describe('connections that run out', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await serverWith({max_connections: '13', superuser_reserved_connections: '3'})
  })
  afterAll(() => server.close())

  const use = async (count: number) => {
    const clients = []
    for (let n = 0; n < count; n++) clients.push(await server.connect('postgres'))
    return clients
  }

  it.each([
    [6, {status: 'ok', message: '7 of 13 connections are in use, 3 are reserved'}],
    [
      7,
      {
        status: 'warn',
        message: '8 of 13 connections are in use, 3 are reserved: soon applications get none',
        fix: 'see whose they are and end those that are not needed: cruddur-db sessions',
      },
    ],
    [
      9,
      {
        status: 'fail',
        message: '10 of 13 connections are in use, 3 are reserved: applications get none any more',
        fix: 'see whose they are and end those that are not needed: cruddur-db sessions',
      },
    ],
  ])('with %i others are %o', async (others, expected) => {
    await until(
      async () => (await server.query(ALONE))[0]?.['n'] === 1,
      () => 'the sessions of the test before to end',
    )
    const clients = await use(others)
    const {close, see} = await look(server.url('postgres'))
    try {
      expect(await see(connectionsCheck())).toEqual(expected)
    } finally {
      await close()
      for (const client of clients) await client.end()
    }
  })

  it('are there again when those that are not needed have ended', async () => {
    const clients = await use(9)
    const {close, facts, see} = await look(server.url('postgres'))
    try {
      expect(await see(connectionsCheck())).toMatchObject({status: 'fail'})
      const pids = await server.query(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name = ''",
      )
      if (!facts.server) throw new Error('no server')
      await terminateSessions(
        facts.server,
        pids.map(({pid}) => Number(pid)),
      )
      await until(
        async () => (await see(connectionsCheck())).status === 'ok',
        () => 'the sessions to end',
      )
    } finally {
      await close()
      for (const client of clients) await client.end()
    }
  })
})

const ALONE = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend'`

it('counts what the server itself counts', async () => {
  const [limits] = await query('SHOW max_connections')
  const found = await seeOnce(urlOf('postgres'), [connectionsCheck()])
  expect(found.message).toContain(` of ${limits?.['max_connections']} connections are in use`)
})
