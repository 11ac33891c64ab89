import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {createActivity} from '../../src/library/create-activity.js'
import {homeActivities} from '../../src/library/home-activities.js'
import type {NewActivity, Ttl} from '../../src/library/types.js'
import {connect, dropDatabases, freshName, query} from '../support/postgres.js'
import {packageRoot} from '../support/program.js'
import {withDb} from './support.js'

const database = freshName()

beforeAll(async () => {
  await query(`CREATE DATABASE ${database} TEMPLATE template0`)
  // The documents' column has no time zone, so it is the session's that counts.
  await query(`ALTER DATABASE ${database} SET TimeZone = 'Asia/Kolkata'`)
  const client = await connect(database)
  await client.query(readFileSync(join(packageRoot, 'db/schema.sql'), 'utf8'))
  await client.query(
    `INSERT INTO users (display_name, handle, email, cognito_user_id) VALUES ('Londo', 'londo', 'l@example.com', 'MOCK')`,
  )
  await client.end()
})
afterEach(() => query('DELETE FROM activities', database))
afterAll(() => dropDatabases(database))

const post = (activity: NewActivity) => withDb(database, (db) => createActivity(db, activity))
const good = {handle: 'londo', message: 'Hello', ttl: '1-day'}
const long = '🎉'.repeat(281)

describe('what is refused', () => {
  test.each([
    [{...good, ttl: '2-days'}, 'ttl_blank'],
    [{...good, ttl: undefined}, 'ttl_blank'],
    [{...good, ttl: 'constructor'}, 'ttl_blank'],
    [{...good, handle: '', ttl: ''}, 'user_handle_blank'],
    [{...good, handle: null}, 'user_handle_blank'],
    [{handle: '', message: '', ttl: ''}, 'message_blank'],
    [{...good, message: null}, 'message_blank'],
    [{handle: '', message: long, ttl: ''}, 'message_exceed_max_chars'],
    [{...good, handle: 'nobody'}, 'user_handle_not_found'],
    [{...good, handle: "'; DROP TABLE users --"}, 'user_handle_not_found'],
  ])('%j: %s, and nothing is posted', async (activity, error) => {
    const {handle, message} = activity
    expect(await post(activity)).toEqual({errors: [error], data: {handle, message}})
    expect(await query('SELECT FROM activities', database)).toEqual([])
  })
})

describe('what is posted', () => {
  test('280 characters, as Python counts them', async () => {
    const message = '🎉'.repeat(280)
    expect(await post({...good, message})).toMatchObject({errors: null, data: {message}})
  })

  test('comes back as the application shows it', async () => {
    const awkward = `p%40"\\'# x %(handle)s %% $1`
    expect(await post({...good, message: awkward})).toEqual({
      errors: null,
      data: {
        uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        display_name: 'Londo',
        handle: 'londo',
        message: awkward,
        created_at: expect.any(String),
        expires_at: expect.any(String),
      },
    })
  })

  test('is first on the home page', async () => {
    const ttls: Ttl[] = ['1-hour', '30-days']
    for (const ttl of ttls) await post({...good, ttl, message: ttl})
    const shown = await withDb(database, homeActivities)
    expect(shown.map(({message, likes_count}) => [message, likes_count])).toEqual([
      ['30-days', 0],
      ['1-hour', 0],
    ])
  })

  const DAY = 86_400
  test.each([
    ['30-days', 30 * DAY],
    ['7-days', 7 * DAY],
    ['3-days', 3 * DAY],
    ['1-day', DAY],
    ['12-hours', DAY / 2],
    ['3-hours', DAY / 8],
    ['1-hour', DAY / 24],
  ])('for %s, whatever the time zone of the session', async (ttl, seconds) => {
    await post({...good, ttl})
    const [row] = await query<{off: number}>(
      'SELECT abs(extract(epoch FROM expires_at - created_at))::float AS off FROM activities',
      database,
    )
    expect(Math.abs((row?.off ?? 0) - seconds)).toBeLessThan(5)
  })

  test('nothing is, where it cannot be shown afterwards', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-posting-'))
    mkdirSync(join(folder, 'db/sql/activities'), {recursive: true})
    writeFileSync(
      join(folder, 'db/sql/activities/object.sql'),
      'SELECT wrong WHERE %(uuid)s IS NULL',
    )
    await expect(
      withDb(database, (db) => createActivity(db, good), {folder, max: 1}),
    ).rejects.toMatchObject({code: 'SQL_ERROR', details: {sqlstate: '42703'}})
    expect(await query('SELECT FROM activities', database)).toEqual([])
    rmSync(folder, {recursive: true})
  })

  test('what a trigger fails to write elsewhere is no unknown user', async () => {
    await query(
      `CREATE TABLE audit (user_uuid uuid NOT NULL);
       CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO audit VALUES (NULL); RETURN NEW; END$$;
       CREATE TRIGGER audit AFTER INSERT ON activities FOR EACH ROW EXECUTE FUNCTION audit()`,
      database,
    )
    try {
      await expect(post(good)).rejects.toMatchObject({details: {sqlstate: '23502'}})
    } finally {
      await query('DROP FUNCTION audit CASCADE; DROP TABLE audit', database)
    }
  })

  test('in a transaction goes with it', async () => {
    await withDb(database, (db) =>
      db
        .transaction(async (queries) => {
          expect(await createActivity(queries, good)).toMatchObject({errors: null})
          throw new Error('changed my mind')
        })
        .catch(() => {}),
    )
    expect(await query('SELECT FROM activities', database)).toEqual([])
  })
})
