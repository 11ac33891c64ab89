import {setTimeout as sleep} from 'node:timers/promises'
import {CruddurError} from '../../src/lib/error.js'
import {countRows, query, urlOf} from '../database.js'
import type {Around, Runner} from '../rounds.js'

/** What db/seed.sql leaves. */
const ROWS = {users: 3, activities: 5}

const SESSIONS = `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`
const POLL_MS = 5
const LIMIT_MS = 10_000

/**
 * Looks after every run whether the database is another one than before it, with the seed's rows.
 *
 * @param server its URL, without the link that is put between
 */
export function rebuildChecks(server: string, database: string): Around<Runner> {
  let before: number | undefined
  return {
    before: async ({title}) => {
      before = await oidOf(server, database)
      await settle(server, database, title)
    },
    after: async ({title}) => {
      const after = await oidOf(server, database)
      if (after === undefined || after === before)
        throw new CruddurError('BENCH_NOT_REBUILT', `${title} has not rebuilt the database`)
      await checkSeed(urlOf(server, database), title)
    },
  }
}

/**
 * @param title of what has seeded the database
 * @throws CruddurError BENCH_WRONG_ROWS
 */
export async function checkSeed(url: string, title: string): Promise<void> {
  for (const [table, rows] of Object.entries(ROWS)) {
    const found = await countRows(url, table).catch((cause) => {
      throw new CruddurError('BENCH_WRONG_ROWS', `after ${title}: ${cause.message}`, {cause})
    })
    if (found === rows) continue
    const message = `${title} has left ${found} rows in ${table} instead of ${rows}`
    throw new CruddurError('BENCH_WRONG_ROWS', message)
  }
}

async function oidOf(server: string, database: string): Promise<number | undefined> {
  const sql = 'SELECT oid FROM pg_database WHERE datname = $1'
  const [row] = await query<{oid: number}>(server, sql, [database])
  return row?.oid
}

/** No run is to wait for what the one before has left: sessions that are ending, pages to be written. */
async function settle(server: string, database: string, title: string): Promise<void> {
  const limit = performance.now() + LIMIT_MS
  while ((await query(server, SESSIONS, [database])).length > 0) {
    if (performance.now() > limit)
      throw new CruddurError('BENCH_BUSY', `before ${title}: the database stays in use`)
    await sleep(POLL_MS)
  }
  await query(server, 'CHECKPOINT')
}
