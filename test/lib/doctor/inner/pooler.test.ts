import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Check} from '../../../../src/lib/doctor/check.js'
import type {Facts} from '../../../../src/lib/doctor/facts.js'
import {innerChecks} from '../../../../src/lib/doctor/inner/checks.js'
import {runChecks} from '../../../../src/lib/doctor/run.js'
import {
  hasPgbouncer,
  type Pgbouncer,
  serverEntry,
  startPgbouncer,
} from '../../../support/pgbouncer.js'
import {query, withDatabase} from '../../../support/postgres.js'
import {looking} from './scene.js'

/** All inner checks in their order, as doctor runs them behind a login. */
async function all(url: string) {
  return await looking(url, async ({facts}) => {
    const {signal} = facts.connection
    const login: Check<Facts> = {
      name: 'login',
      layer: 'server',
      run: async () => ({status: 'ok', message: ''}),
    }
    const results = await runChecks([[login], innerChecks], facts, {mayCure: () => false, signal})
    return Object.fromEntries(results.map(({name, status, message}) => [name, {status, message}]))
  })
}

describe.skipIf(!hasPgbouncer)('behind a pooler', () => {
  let pooler: Pgbouncer
  beforeAll(async () => {
    const entry = serverEntry()
    pooler = await startPgbouncer({
      mode: 'transaction',
      databases: {other: `${entry} dbname=template1`, '*': entry},
    })
  })
  afterAll(() => pooler.close())

  it('that shares its sessions all checks say the same', () =>
    withDatabase(async (database) => {
      await query('CREATE EXTENSION "uuid-ossp"', database)
      await query('CREATE TABLE users (n int); CREATE TABLE activities (n int)', database)
      const found = await all(pooler.url(database))
      expect(Object.values(found).filter(({message}) => /unexpected/.test(message))).toEqual([])
      expect(found).toMatchObject({
        version: {status: expect.stringMatching(/ok|warn/)},
        rights: {status: 'ok'},
        database: {status: 'ok'},
        extensions: {status: 'ok'},
        schema: {
          status: 'fail',
          message: expect.stringMatching(/^columns of .* are missing: users/),
        },
        seed: {status: 'skipped', message: 'schema failed'},
        migrations: {status: 'fail', message: expect.stringMatching(/ pending$/)},
      })
      // A session that the pooler keeps must not hold the database.
      await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
      )
    }))

  it('that gives another database the name is seen through', async () => {
    const found = await all(pooler.url('other'))
    expect(found['database']).toEqual({
      status: 'warn',
      message: 'what is called "other" at this address is the database "template1" of the server',
    })
  })
})
