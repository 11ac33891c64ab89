import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {surveyDatabase} from '../../../src/lib/postgres/survey.js'
import {Secret} from '../../../src/lib/target/secret.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'
import {until} from '../../support/wait.js'

const database = freshName()
const role = freshName('_role')
const survey = (extra = {}) => surveyDatabase(targetOf(database, extra), {})

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(
    `CREATE TABLE users AS SELECT generate_series(1, 3000) AS id;
     CREATE SCHEMA app;
     CREATE TABLE app."Odd name" AS SELECT generate_series(1, 9000) AS id;
     CREATE TABLE fresh (n int);
     CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one;
     CREATE VIEW v AS SELECT 1 AS one;
     CREATE TABLE parted (n int) PARTITION BY LIST (n);
     CREATE TABLE part1 PARTITION OF parted FOR VALUES IN (1);
     ANALYZE`,
    database,
  )
})
afterAll(async () => {
  await query(`DROP OWNED BY "${role}"`).catch(() => [])
  await dropDatabases(database)
  await query(`DROP ROLE IF EXISTS "${role}"`)
})

describe('a survey', () => {
  test('shows what there is to lose, the largest table first, and nothing without rows of its own', async () => {
    const {tables, bytes, owner, version, trouble, sessions, leftovers} = await survey()
    expect(tables?.map(({name, rows}) => [name, rows])).toEqual([
      ['app.Odd name', 9000],
      ['users', 3000],
      ['mv', 1],
      ['fresh', 0],
      ['part1', 0],
    ])
    const [row] = await query(
      `SELECT split_part(version(), ' ', 2) AS version, pg_database_size('${database}')::float8 AS bytes, current_user AS owner`,
    )
    expect({version, bytes, owner}).toEqual(row)
    expect({trouble, sessions, leftovers}).toEqual({trouble: null, sessions: [], leftovers: []})
  })

  test('does not show a table as empty that was filled since it was analyzed', async () => {
    await query('INSERT INTO fresh SELECT generate_series(1, 70000)', database)
    const fresh = async () => (await survey()).tables?.find(({name}) => name === 'fresh')
    await until(
      async () => (await fresh())?.rows !== null,
      () => 'the statistics',
    )
    expect((await fresh())?.rows).toBe(70_000)
  })

  test('counts large objects as data', async () => {
    await query("SELECT lo_from_bytea(0, repeat('abc', 100000)::bytea)", database)
    const names = (await survey()).tables?.map(({name}) => name)
    expect(names).toContain('large objects')
    await query('SELECT lo_unlink(oid) FROM pg_largeobject_metadata', database)
  })

  test('names who is connected, and not itself', async () => {
    const holder = await connect(database)
    const [row] = (await holder.query('SELECT pg_backend_pid() AS pid')).rows
    expect((await survey()).sessions).toEqual([expect.objectContaining({process_id: row?.pid})])
    await holder.end()
  })

  test('does not wait for a table that a migration has locked', async () => {
    const holder = await connect(database)
    await holder.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE')
    const {tables} = await survey()
    await holder.end()
    expect(tables?.find(({name}) => name === 'users')).toMatchObject({rows: 3000})
  })

  test('of a database that is not there comes from the maintenance database', async () => {
    const found = await surveyDatabase(targetOf(freshName()), {})
    expect(found).toMatchObject({oid: null, owner: null, bytes: null, tables: null, sessions: []})
    expect(found.trouble).toMatchObject({code: 'DATABASE_NOT_FOUND'})
    expect(found.version).toMatch(/^\d+/)
  })

  test('of a database that cannot be entered says why, and what can be known', async () => {
    await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'x'`)
    await query(`REVOKE CONNECT ON DATABASE "${database}" FROM PUBLIC`)
    const found = await survey({user: role, password: new Secret('x')})
    expect(found).toMatchObject({oid: expect.any(Number), tables: null, bytes: null})
    expect(found.trouble?.message).toContain(`permission denied for database "${database}"`)
  })

  test('of a database that is closed to everybody says so', async () => {
    await query(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS false`)
    const found = await survey()
    await query(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS true`)
    expect(found).toMatchObject({oid: expect.any(Number), tables: null, bytes: expect.any(Number)})
    expect(found.trouble?.message).toContain('not currently accepting connections')
  })
})
