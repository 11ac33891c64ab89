import {describe, expect, test} from 'vitest'
import {checkUsersTable} from '../../../src/lib/cognito/users-table.js'
import {connect, freshName, query, withDatabase} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'

/** Checks a database that this makes, as the role whose name is told, if one is. */
async function check(
  sql: string,
  {role, targetFlags, writes = true}: {role?: string; targetFlags?: string; writes?: boolean} = {},
) {
  await withDatabase(async (database) => {
    const client = await connect(database)
    try {
      await client.query(sql)
      if (role !== undefined) await client.query(`SET ROLE ${role}`)
      await checkUsersTable(client, targetOf(database), {
        writes,
        ...(targetFlags === undefined ? {} : {targetFlags}),
      })
    } finally {
      await client.end()
    }
  })
}

const TABLE = 'CREATE TABLE users (handle text, cognito_user_id text)'

describe('the table of users', () => {
  const PEOPLE = 'CREATE TABLE people (handle text, cognito_user_id varchar(36))'

  test('is that of db/schema.sql, or a view of it', async () => {
    await check(TABLE)
    await check(`${PEOPLE}; CREATE VIEW users AS SELECT * FROM people`)
    await check('CREATE VIEW users AS SELECT 1 AS handle, 2 AS cognito_user_id', {writes: false})
  })

  test.each([
    ['VIEW', 'DISTINCT'],
    ['MATERIALIZED VIEW', ''],
  ])('is no %s whose rows cannot be changed', async (kind, distinct) => {
    await expect(
      check(`${PEOPLE}; CREATE ${kind} users AS SELECT ${distinct} * FROM people`),
    ).rejects.toMatchObject({
      code: 'USERS_TABLE_MISSING',
      message:
        'public.users is no table but a view whose rows cannot be changed; nothing was changed',
    })
  })

  test('holds ids as texts', async () => {
    await expect(
      check('CREATE TABLE users (handle text, cognito_user_id uuid)'),
    ).rejects.toMatchObject({
      message:
        'the column public.users.cognito_user_id is of type uuid, and no text; nothing was changed',
    })
  })

  test('is missed with the flags in the hint without which it would be made elsewhere', async () => {
    await expect(check('CREATE SCHEMA other', {targetFlags: ' --prod'})).rejects.toMatchObject({
      details: {hint: 'load the schema: cruddur-db schema-load --prod'},
    })
  })

  test('has to be there', async () => {
    await expect(check('CREATE SCHEMA other')).rejects.toMatchObject({
      code: 'USERS_TABLE_MISSING',
      exit: 1,
      message: expect.stringMatching(
        /^the database ".+" has no table public\.users; nothing was changed$/,
      ),
      details: {hint: 'load the schema: cruddur-db schema-load'},
    })
  })

  test('has to have both columns', async () => {
    await expect(check('CREATE TABLE users (name text)')).rejects.toMatchObject({
      code: 'USERS_TABLE_MISSING',
      message:
        'the table public.users has no column handle and no column cognito_user_id; nothing was changed',
      details: {
        hint: 'add it: ALTER TABLE public.users ADD COLUMN handle text, ADD COLUMN cognito_user_id text',
      },
    })
    await expect(
      check(`${TABLE}; ALTER TABLE users DROP COLUMN cognito_user_id`),
    ).rejects.toMatchObject({
      message: 'the table public.users has no column cognito_user_id; nothing was changed',
    })
  })

  test('has to be writable for this role, unless it is only looked at', async () => {
    const role = freshName()
    await query(`CREATE ROLE ${role}`)
    const reading = `${TABLE}; GRANT SELECT ON users TO ${role}`
    try {
      await expect(check(reading, {role})).rejects.toMatchObject({
        code: 'NO_RIGHTS',
        message: `the role ${role} may not change public.users; nothing was changed`,
        details: {hint: `have its owner run: GRANT SELECT, UPDATE ON public.users TO ${role}`},
      })
      await check(reading, {role, writes: false})
      await expect(
        check(`${TABLE}; GRANT SELECT (handle), UPDATE ON users TO ${role}`, {role}),
      ).rejects.toMatchObject({
        message: `the role ${role} may not read public.users; nothing was changed`,
      })
      await expect(check(TABLE, {role, writes: false})).rejects.toMatchObject({
        message: `the role ${role} may not read public.users; nothing was changed`,
        details: {hint: `have its owner run: GRANT SELECT ON public.users TO ${role}`},
      })
    } finally {
      await query(`DROP ROLE ${role}`)
    }
  })
})
