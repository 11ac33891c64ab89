import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readDefinitions} from '../../src/lib/doctor/inner/definitions.js'
import {readMigrations} from '../../src/lib/migrations/folder.js'
import type {Part} from '../../src/lib/migrations/migration.js'
import {scriptOf} from '../../src/lib/migrations/part.js'
import {readScript} from '../../src/lib/sql/script.js'
import {errorOf, load, statementsOf} from '../lib/sql/support.js'
import {connect, query, withDatabase} from '../support/postgres.js'
import {packageRoot} from '../support/program.js'
import {until} from '../support/wait.js'

/** What the scripts in bash, which this program replaces, make. */
const OLD_SCHEMA = `
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE TABLE public.users (
  uuid UUID DEFAULT uuid_generate_v4() PRIMARY KEY,
  display_name text NOT NULL, handle text NOT NULL, email text NOT NULL, cognito_user_id text NOT NULL,
  created_at TIMESTAMP default current_timestamp NOT NULL
);
CREATE TABLE public.activities (
  uuid UUID DEFAULT uuid_generate_v4() PRIMARY KEY,
  user_uuid UUID NOT NULL, message text NOT NULL, replies_count integer DEFAULT 0, reposts_count integer DEFAULT 0,
  likes_count integer DEFAULT 0, reply_to_activity_uuid integer, expires_at TIMESTAMP,
  created_at TIMESTAMP default current_timestamp NOT NULL
);`

const USERS = `INSERT INTO users (display_name, handle, email, cognito_user_id)
SELECT name, name, name || '@example.com', 'MOCK' FROM unnest(ARRAY['andrew', 'bayko']) AS name`

const POSTS = `INSERT INTO activities (user_uuid, message) SELECT uuid, handle FROM users`

async function parts(): Promise<{up: Part; down: Part}> {
  const {migrations} = await readMigrations({cwd: packageRoot, packageRoot})
  const [first] = migrations
  if (first?.version !== 1n || !first.down) throw new Error('there is no first migration')
  return {up: first.up, down: first.down}
}

async function run(direction: 'up' | 'down', database: string): Promise<void> {
  const part = (await parts())[direction]
  await load(await scriptOf(part, {database, cwd: packageRoot}))
}

async function runFiles(database: string, ...names: string[]): Promise<void> {
  const paths = names.map((name) => join(packageRoot, 'db', name))
  await load(await readScript(paths, {cwd: packageRoot, transaction: true, database}))
}

/** Columns and indexes of both tables, as the server writes them. */
async function shapeOf(database: string): Promise<string[]> {
  const rows = await query<{line: string}>(
    `SELECT format('%s.%s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull) AS line
     FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid IN ('users'::regclass, 'activities'::regclass)
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'`,
    database,
  )
  return rows.map(({line}) => line).sort()
}

async function replyType(database: string): Promise<string | undefined> {
  const shape = await shapeOf(database)
  return shape.find((line) => line.includes('reply_to_activity_uuid'))
}

const INTEGER = 'activities.reply_to_activity_uuid integer f'
const UUID = 'activities.reply_to_activity_uuid uuid f'

const SCHEMAS: readonly [string, (database: string) => Promise<unknown>][] = [
  ['db/schema.sql and db/seed.sql', (database) => runFiles(database, 'schema.sql', 'seed.sql')],
  ['the old scripts', (database) => query(`${OLD_SCHEMA}; ${USERS}; ${POSTS}`, database)],
]

describe.each(SCHEMAS)('a database made by %s', (_, make) => {
  test('gets a uuid and two unique indexes, keeps its rows, and goes back and forth', async () => {
    await withDatabase(async (database) => {
      await make(database)
      const before = await shapeOf(database)
      const rows = await query('SELECT * FROM activities ORDER BY uuid', database)
      await run('up', database)
      const after = await shapeOf(database)
      expect(after.filter((line) => !before.includes(line))).toEqual([
        "CREATE UNIQUE INDEX users_cognito_user_id_key ON public.users USING btree (cognito_user_id) WHERE (cognito_user_id <> 'MOCK'::text)",
        'CREATE UNIQUE INDEX users_handle_key ON public.users USING btree (handle)',
        UUID,
      ])
      await run('down', database)
      expect(await shapeOf(database)).toEqual(before)
      await run('up', database)
      expect(await shapeOf(database)).toEqual(after)
      expect(await query('SELECT * FROM activities ORDER BY uuid', database)).toEqual(rows)
    })
  })
})

async function withOldDatabase(fn: (database: string) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    await query(`${OLD_SCHEMA}; ${USERS}; ${POSTS}`, database)
    await fn(database)
  })
}

/** Waits until so many sessions wait for a lock on a table. */
async function waiters(database: string, count: number): Promise<void> {
  const waiting = `SELECT DISTINCT pid FROM pg_locks
    WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  const enough = async () => (await query(waiting, database)).length === count
  await until(enough, () => `${count} that wait for a lock`)
}

test('a number in the column is refused in clear words, and stays', async () => {
  await withOldDatabase(async (database) => {
    await query(
      "UPDATE activities SET reply_to_activity_uuid = 5 WHERE message = 'bayko'",
      database,
    )
    const error = await errorOf(() => run('up', database))
    expect(error.message).toBe(
      'reply_to_activity_uuid holds a number in 1 of the activities, which cannot become a uuid',
    )
    expect(error.details).toMatchObject({
      file: 'db/migrations/0001_replies_and_unique_users.sql',
      sqlstate: 'P0001',
      hint: 'No activity has a number. Note down what they mean, if anything; then UPDATE public.activities SET reply_to_activity_uuid = NULL',
    })
    expect(await replyType(database)).toBe(INTEGER)
    expect(
      await query('SELECT reply_to_activity_uuid AS id FROM activities ORDER BY message', database),
    ).toEqual([{id: null}, {id: 5}])
    await query('UPDATE public.activities SET reply_to_activity_uuid = NULL', database)
    await run('up', database)
    expect(await replyType(database)).toBe(UUID)
  })
})

test('a number that is written while the migration waits is refused too', async () => {
  await withOldDatabase(async (database) => {
    const writer = await connect(database)
    try {
      await writer.query('BEGIN; UPDATE activities SET reply_to_activity_uuid = 5')
      const outcome = errorOf(() => run('up', database))
      await waiters(database, 1)
      await writer.query('COMMIT')
      expect((await outcome).message).toContain('holds a number in 2 of the activities')
    } finally {
      await writer.end()
    }
    expect(await replyType(database)).toBe(INTEGER)
  })
})

test('nobody can write a number between the look and the change', async () => {
  await withOldDatabase(async (database) => {
    const [holder, writer] = [await connect(database), await connect(database)]
    try {
      // The change of `users` comes behind the look at `activities`, and waits here.
      await holder.query('BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE')
      const running = run('up', database)
      await waiters(database, 1)
      const writing = writer.query('UPDATE activities SET reply_to_activity_uuid = 5').then(
        () => 'written',
        (error: Error) => error.message,
      )
      await waiters(database, 2)
      await holder.query('COMMIT')
      await running
      expect(await writing).toContain('is of type uuid but expression is of type integer')
    } finally {
      await holder.end()
      await writer.end()
    }
  })
})

test('a column that is a uuid already stays as it is, with what it refers to', async () => {
  await withOldDatabase(async (database) => {
    await query(
      `ALTER TABLE activities ALTER COLUMN reply_to_activity_uuid TYPE uuid USING NULL;
       UPDATE activities SET reply_to_activity_uuid = uuid`,
      database,
    )
    await run('up', database)
    expect(
      await query(
        'SELECT count(*)::int FROM activities WHERE reply_to_activity_uuid = uuid',
        database,
      ),
    ).toEqual([{count: 2}])
  })
})

test.each([
  ["handle = 'andrew'", 'users_handle_key', 'Key (handle)=(andrew) is duplicated.'],
  [
    "cognito_user_id = 'abc'",
    'users_cognito_user_id_key',
    'Key (cognito_user_id)=(abc) is duplicated.',
  ],
])(
  'users with the same %s are refused by name, and nothing is changed',
  async (change, index, detail) => {
    await withOldDatabase(async (database) => {
      const before = await shapeOf(database)
      await query(`UPDATE users SET ${change}`, database)
      const error = await errorOf(() => run('up', database))
      expect(error.message).toBe(`could not create unique index "${index}"`)
      expect(error.details.detail).toBe(detail)
      expect(await shapeOf(database)).toEqual(before)
    })
  },
)

test('afterwards any number of users may be MOCK, and no two have one handle or one Cognito user', async () => {
  await withOldDatabase(async (database) => {
    await run('up', database)
    const insert = (handle: string, id: string) =>
      query(
        `INSERT INTO users (display_name, handle, email, cognito_user_id) VALUES ('x', '${handle}', 'x', '${id}')`,
        database,
      )
    await insert('c', 'MOCK')
    await insert('d', 'abc')
    await expect(insert('c', 'MOCK')).rejects.toThrow('users_handle_key')
    await expect(insert('e', 'abc')).rejects.toThrow('users_cognito_user_id_key')
  })
})

test('the down part refuses to lose what is replied to', async () => {
  await withOldDatabase(async (database) => {
    await run('up', database)
    await query('UPDATE activities SET reply_to_activity_uuid = uuid', database)
    const before = await shapeOf(database)
    const error = await errorOf(() => run('down', database))
    expect(error.message).toBe(
      '2 of the activities are replies, and the uuid they reply to would be lost',
    )
    expect(error.details.hint).toBe(
      'To let that be lost: UPDATE public.activities SET reply_to_activity_uuid = NULL',
    )
    expect(await shapeOf(database)).toEqual(before)
    await query('UPDATE public.activities SET reply_to_activity_uuid = NULL', database)
    await run('down', database)
    expect(await replyType(database)).toBe(INTEGER)
  })
})

test('doctor can read from both parts what type the column has', async () => {
  const {up, down} = await parts()
  const options = {transaction: true, database: 'x', cwd: packageRoot}
  const schema = await readScript([join(packageRoot, 'db/schema.sql')], options)
  const typeAfter = async (...then: Part[]): Promise<string | undefined> => {
    const scripts = [schema, ...(await Promise.all(then.map((part) => scriptOf(part, options))))]
    const statements = (await Promise.all(scripts.map(statementsOf))).flat()
    const {tables} = await readDefinitions(
      (async function* () {
        yield* statements
      })(),
      'public',
    )
    const columns = [...tables.values()].find(({name}) => name === 'activities')?.columns
    const column = columns?.find(({name}) => name === 'reply_to_activity_uuid')
    return column?.type.map(({text}) => text).join(' ')
  }
  expect(await typeAfter()).toBe('integer')
  expect(await typeAfter(up)).toBe('uuid')
  expect(await typeAfter(up, down)).toBe('integer')
})
