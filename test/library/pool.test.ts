import {expect, inject, test} from 'vitest'
import {openPool} from '../../src/library/pool.js'
import {databaseOf} from '../../src/library/target.js'
import {urlOf} from '../support/postgres.js'
import {openRelay} from '../support/relay.js'

test('a server that falls silent under a query is lost, and the next request has a new connection', async () => {
  const relay = await openRelay({port: Number(new URL(inject('serverUrl')).port || 5432)})
  const url = new URL(urlOf('postgres'))
  url.port = String(relay.port)
  const watch = {quietMs: 100, askMs: 100, patienceMs: 300, againMs: 50}
  const limits = {max: 1, idleMs: 10_000, acquireMs: 30_000, watch}
  const pool = openPool(databaseOf(url.href), limits)
  const ask = (sql: string) => pool.use(async (client) => (await client.query(sql)).rowCount)
  try {
    expect(await ask('SELECT 1')).toBe(1)
    relay.freeze('frozen')
    await expect(ask('SELECT 2')).rejects.toThrow()
    relay.mend()
    expect(await ask('SELECT 3')).toBe(1)
  } finally {
    await pool.end()
    relay.close()
  }
})
