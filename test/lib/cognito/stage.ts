import type pg from 'pg'
import type {PoolPage, PoolUser} from '../../../src/lib/aws/cognito.js'
import {compare} from '../../../src/lib/cognito/compare.js'
import {type Difference, readDifference} from '../../../src/lib/cognito/difference.js'
import {loadPool} from '../../../src/lib/cognito/load.js'
import {subOf} from '../../support/aws/fake-cognito.js'
import {connect, withDatabase} from '../../support/postgres.js'

export {subOf} from '../../support/aws/fake-cognito.js'

/** A user of the pool, by a number that its `sub` is made of. */
export function poolUser(
  number: number,
  handle: string | undefined,
  more: Partial<PoolUser> = {},
): PoolUser {
  return {sub: subOf(number), handle, confirmed: true, enabled: true, ...more}
}

export async function* pagesOf(...pages: PoolUser[][]): AsyncGenerator<PoolPage> {
  for (const [at, users] of pages.entries()) yield {users, first: at === 0}
}

/** A row: its handle, and its id as a number, a text, or NULL. */
export type Row = readonly [handle: string | null, id: number | string | null]

export interface Scene {
  client: pg.Client
  database: string
  rows: (...rows: Row[]) => Promise<void>
  /** Reads these users and compares them with the rows. */
  shown: (...users: PoolUser[]) => Promise<Difference>
  /** The ids by handle, those of the pool as their numbers. */
  ids: () => Promise<Record<string, unknown>>
}

const id = (value: Row[1]): string | null => (typeof value === 'number' ? subOf(value) : value)

/** Runs `fn` with a connection to a database with `users`, whose ids are unique but for 'MOCK'. */
export async function onScene(
  fn: (scene: Scene) => Promise<void>,
  {handle = 'text', idType = 'text'}: {handle?: string; idType?: string} = {},
): Promise<void> {
  await withDatabase(async (database) => {
    const client = await connect(database)
    await client.query(`CREATE TABLE public.users (handle ${handle}, cognito_user_id ${idType});
      CREATE UNIQUE INDEX ON public.users (cognito_user_id) WHERE cognito_user_id <> 'MOCK'`)
    try {
      await fn({
        client,
        database,
        rows: async (...rows) => {
          await client.query('INSERT INTO users SELECT * FROM unnest($1::text[], $2::text[])', [
            rows.map(([name]) => name),
            rows.map(([, value]) => id(value)),
          ])
        },
        shown: async (...users) => {
          const tally = await loadPool(client, pagesOf(users))
          await compare(client, 'cruddur_shown')
          return await readDifference(client, 'cruddur_shown', tally)
        },
        ids: async () => {
          const {rows} = await client.query('SELECT handle, cognito_user_id AS id FROM users')
          const short = (value: string | null) =>
            value?.endsWith(subOf(0).slice(8)) ? Number.parseInt(value.slice(0, 8), 16) : value
          return Object.fromEntries(rows.map((row) => [row.handle, short(row.id)]))
        },
      })
    } finally {
      await client.end()
    }
  })
}
