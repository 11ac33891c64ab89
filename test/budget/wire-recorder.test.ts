import {randomInt} from 'node:crypto'
import {once} from 'node:events'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import pg from 'pg'
import {from as copyFrom} from 'pg-copy-streams'
import {describe, expect, inject, test} from 'vitest'
import {until} from '../support/wait.js'
import type {Recorder} from '../support/wire-recorder.js'
import {atEnd, brief, openTo} from './recorder-stage.js'

describe('between node-postgres and a real server', () => {
  const server = new URL(inject('serverUrl'))
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1')
  const open = (patienceMs?: number) =>
    openTo({host, port: Number(server.port || 5432)}, patienceMs ? {patienceMs} : {})

  async function clientOf({port}: Recorder): Promise<pg.Client> {
    const url = Object.assign(new URL(server), {hostname: '127.0.0.1', port, search: ''})
    const client = new pg.Client({connectionString: url.href})
    client.on('error', () => {})
    atEnd(() => client.end())
    await client.connect()
    return client
  }

  /** A connection's flights behind those of its login, and how many those are. */
  const LOGIN = /^\d+ (connect|StartupMessage|p)$/
  const behindLogin = (flights: string[]) => flights.filter((flight) => !LOGIN.test(flight))
  const loginTrips = (flights: string[]) => flights.length - behindLogin(flights).length

  test('each answer that is waited for is a round trip, behind those of the login', async () => {
    const recorder = await open()
    const client = await clientOf(recorder)
    await client.query('SELECT 1')
    await client.query('SELECT $1::int', [2])
    const [flights = []] = brief(recorder.recording())
    const login = loginTrips(flights)
    expect(flights.slice(0, 2)).toEqual(['1 connect', '2 StartupMessage'])
    expect(behindLogin(flights)).toEqual([
      `${login + 1} SELECT 1`,
      `${login + 2} SELECT $1::int B D E S`,
    ])
    expect(recorder.recording().depth).toBe(login + 2)
  })

  test('what two connections do at the same time is no deeper than what one does', async () => {
    const recorder = await open()
    const clients = await Promise.all([clientOf(recorder), clientOf(recorder)])
    const slow = 'SELECT pg_sleep(0.1)'
    await Promise.all([
      clients[0].query(slow).then(() => clients[0].query('SELECT 3')),
      clients[1].query('SELECT 1').then(() => clients[1].query('SELECT 2')),
    ])
    const [first = [], second = []] = brief(recorder.recording())
    const login = loginTrips(first)
    expect([behindLogin(first), behindLogin(second)]).toEqual([
      [`${login + 1} ${slow}`, `${login + 2} SELECT 3`],
      [`${login + 1} SELECT 1`, `${login + 2} SELECT 2`],
    ])
  })

  test('what is sent after another connection’s answer is deeper than that', async () => {
    const recorder = await open()
    const client = await clientOf(recorder)
    await client.query('SELECT 1')
    const login = recorder.recording().depth - 1
    await clientOf(recorder)
    const [, second = []] = brief(recorder.recording())
    expect(second[0]).toBe(`${login + 2} connect`)
    expect(recorder.recording().depth).toBe(2 * login + 1)
  })

  test('a statement that waits for another connection holds that one up no longer than told', async () => {
    const recorder = await open(150)
    const [holder, waiting] = [await clientOf(recorder), await clientOf(recorder)]
    const key = randomInt(2 ** 31)
    await holder.query(`SELECT pg_advisory_lock(${key})`)
    const locked = waiting.query(`SELECT pg_advisory_lock(${key})`)
    const blocked = `SELECT FROM pg_locks WHERE objid = ${key} AND NOT granted`
    await until(
      async () => (await holder.query(blocked)).rowCount === 1,
      () => 'a session that waits',
    )
    const before = recorder.recording().depth
    await holder.query(`SELECT pg_advisory_unlock(${key})`)
    await locked
    await waiting.query('SELECT 1')
    expect(recorder.recording().depth).toBe(before + 2)
  })

  test('COPY is one round trip for the statement and one for all rows', async () => {
    const recorder = await open()
    const client = await clientOf(recorder)
    await client.query('CREATE TEMP TABLE rows (n int)')
    const rows = Array.from({length: 20_000}, (_, n) => `${n}\n`)
    await pipeline(Readable.from(rows), client.query(copyFrom('COPY rows FROM STDIN')))
    const {rows: counted} = await client.query('SELECT count(*)::int AS n FROM rows')
    expect(counted).toEqual([{n: 20_000}])
    const [flights = []] = recorder.recording().connections
    const types = flights.map(({messages}) => [...new Set(messages.map(({type}) => type))].join(''))
    expect(types.slice(-4)).toEqual(['Q', 'Q', 'dc', 'Q'])
  })

  test('a goodbye is no round trip of the connection; its end, where it is waited for, is one of the chain', async () => {
    const recorder = await open()
    const client = await clientOf(recorder)
    const {connections, depth} = recorder.recording()
    await client.end()
    expect(recorder.recording()).toEqual({connections, depth: depth + 1})
  })

  test('what the server says unasked is passed on', async () => {
    const recorder = await open()
    const [ending, ended] = [await clientOf(recorder), await clientOf(recorder)]
    const {rows} = await ended.query('SELECT pg_backend_pid() AS pid')
    const said = once(ended, 'error')
    await ending.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
    expect((await said)[0]).toMatchObject({code: '57P01'})
  })
})
