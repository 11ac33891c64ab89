import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {readSqlFile} from '../../../src/lib/sql/file.js'
import {runSqlFiles} from '../../../src/lib/sql/run.js'
import {connect, query, withDatabase} from '../../support/postgres.js'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))

test("Cruddur's schema and seed load, and load again", async () => {
  await withDatabase(async (database) => {
    const files = await Promise.all(
      ['db/schema.sql', 'db/seed.sql'].map((path) => readSqlFile(path, {cwd: PACKAGE})),
    )
    const client = await connect(database)
    try {
      for (let round = 1; round <= 2; round++) {
        const result = await runSqlFiles(client, files, {transaction: true})
        expect(result).toEqual({statements: 7, rows: 8})
      }
    } finally {
      await client.end()
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
    const file = await readSqlFile('db/schema.sql', {cwd: PACKAGE})
    const client = await connect(database)
    try {
      await runSqlFiles(client, [file], {transaction: true})
    } finally {
      await client.end()
    }
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
