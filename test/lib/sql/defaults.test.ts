import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {readScript, type Script} from '../../../src/lib/sql/script.js'
import {query, withDatabase} from '../../support/postgres.js'
import {load} from './support.js'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))

const readDefaults = async (database: string, ...names: readonly string[]): Promise<Script> =>
  await readScript(names, {cwd: PACKAGE, transaction: true, database})

test("Cruddur's schema and seed load, and load again", async () => {
  await withDatabase(async (database) => {
    const script = await readDefaults(database, 'db/schema.sql', 'db/seed.sql')
    for (let round = 1; round <= 2; round++) {
      expect(await load(script)).toEqual({statements: 7, rows: 8})
    }
    expect(
      await query(
        `SELECT handle, email <> '' AS email, count(activities.uuid)::int AS activities
         FROM users LEFT JOIN activities ON user_uuid = users.uuid
         GROUP BY users.uuid ORDER BY handle`,
        database,
      ),
    ).toEqual([
      {handle: 'andrewbrown', email: true, activities: 2},
      {handle: 'bayko', email: true, activities: 1},
      {handle: 'londo', email: true, activities: 2},
    ])
  })
})

test('the columns are those the application knows', async () => {
  await withDatabase(async (database) => {
    await load(await readDefaults(database, 'db/schema.sql'))
    const columns = await query<{column: string}>(
      `SELECT concat_ws(' ', c.relname || '.' || attname, format_type(atttypid, atttypmod),
                CASE WHEN attnotnull THEN 'not null' END, pg_get_expr(adbin, adrelid)) AS column
       FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0
       ORDER BY relname DESC, attnum`,
      database,
    )
    expect(columns.map(({column}) => column)).toEqual([
      'users.uuid uuid not null uuid_generate_v4()',
      'users.display_name text not null',
      'users.handle text not null',
      'users.email text not null',
      'users.cognito_user_id text not null',
      'users.created_at timestamp without time zone not null CURRENT_TIMESTAMP',
      'activities.uuid uuid not null uuid_generate_v4()',
      'activities.user_uuid uuid not null',
      'activities.message text not null',
      'activities.replies_count integer 0',
      'activities.reposts_count integer 0',
      'activities.likes_count integer 0',
      'activities.reply_to_activity_uuid integer',
      'activities.expires_at timestamp without time zone',
      'activities.created_at timestamp without time zone not null CURRENT_TIMESTAMP',
    ])
  })
})
