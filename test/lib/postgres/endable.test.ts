import pg from 'pg'
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest'
import type {CruddurError} from '../../../src/lib/error.js'
import {withMaintenanceClient} from '../../../src/lib/postgres/connection/connect.js'
import {databaseExists, dropDatabase} from '../../../src/lib/postgres/databases.js'
import {endStatement} from '../../../src/lib/postgres/endable.js'
import {Secret} from '../../../src/lib/target/secret.js'
import type {Target} from '../../../src/lib/target/target.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'

const made: string[] = []
afterEach(() => dropDatabases(...made.splice(0)))

const [owner, other] = [freshName('_owner'), freshName('_other')]
beforeAll(() =>
  query(
    `CREATE ROLE "${owner}" LOGIN CREATEDB PASSWORD 'x'; CREATE ROLE "${other}" LOGIN PASSWORD 'x'`,
  ),
)
afterAll(() => query(`DROP ROLE "${owner}"; DROP ROLE "${other}"`))

const ownTarget = (database: string): Target =>
  targetOf(database, {user: owner, password: new Secret('x')})
const force = (database: string): Promise<boolean> =>
  withMaintenanceClient(ownTarget(database), (client) =>
    dropDatabase(client, database, {force: true}),
  )
/** Sessions of these roles in the database; the password is asked for where the server's file says so. */
async function hold(database: string, ...users: string[]): Promise<pg.Client[]> {
  return await Promise.all(
    users.map(async (user) => {
      if (user === 'postgres') return await connect(database)
      const url = Object.assign(new URL(urlOf(database)), {username: user, password: 'x'})
      const client = new pg.Client({connectionString: url.href})
      client.on('error', () => {})
      await client.connect()
      return client
    }),
  )
}
const pidOf = async (client: pg.Client | undefined): Promise<number> =>
  (await client?.query('SELECT pg_backend_pid() AS pid'))?.rows[0]?.pid

async function ownDatabase(): Promise<string> {
  const database = freshName()
  made.push(database)
  await query(`CREATE DATABASE "${database}" OWNER "${owner}" TEMPLATE template0`)
  return database
}

test('a drop by force lists exactly those sessions that it may not end, and why; the others were not ended', async () => {
  const database = await ownDatabase()
  const clients = await hold(database, owner, 'postgres', other, owner)
  const pids = await Promise.all(clients.map(pidOf))
  try {
    const error = await force(database).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'DATABASE_IN_USE',
      exit: 1,
      message: `"${owner}" may not end 2 sessions in the database "${database}"; nothing was dropped`,
      details: {
        sqlstate: '42501',
        hint: 'only a superuser ends sessions of superusers (rdsadmin is RDS itself): wait until they are gone, or close them',
      },
    })
    const {data, details} = error as CruddurError
    const sessions = data['sessions'] as Record<string, unknown>[]
    expect(new Map(sessions.map((each) => [each['process_id'], each['unendable']]))).toEqual(
      new Map([
        [pids[1], 'superuser'],
        [pids[2], 'role'],
      ]),
    )
    expect(details.detail?.split('; ').sort()).toEqual(
      [
        `${pids[1]} is a session of "postgres": a superuser`,
        `${pids[2]} is a session of "${other}": "${owner}" has not its privileges`,
      ].sort(),
    )
    expect(await Promise.all(clients.map(pidOf))).toEqual(pids)
    expect(
      await withMaintenanceClient(targetOf(database), (c) => databaseExists(c, database)),
    ).toBe(true)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
})

test.each([
  [
    'pg_signal_backend',
    `GRANT pg_signal_backend TO "${owner}"`,
    `REVOKE pg_signal_backend FROM "${owner}"`,
  ],
  ['that role’s privileges', `GRANT "${other}" TO "${owner}"`, `REVOKE "${other}" FROM "${owner}"`],
])('a drop by force ends sessions of another role with %s only', async (_, grant, revoke) => {
  const database = await ownDatabase()
  const [holder] = await hold(database, other)
  await expect(force(database)).rejects.toMatchObject({
    code: 'DATABASE_IN_USE',
    message: `"${owner}" may not end 1 session in the database "${database}"; nothing was dropped`,
    details: {hint: `have a role that may run: GRANT pg_signal_backend TO "${owner}"`},
  })
  await query(grant)
  try {
    expect(await force(database)).toBe(true)
  } finally {
    await query(revoke)
    await holder?.end().catch(() => {})
  }
})

test('a statement that ends sessions leaves those alone that this role may not end', async () => {
  const database = await ownDatabase()
  const [own, foreign] = await hold(database, owner, 'postgres')
  const statement = endStatement(`'${database}'`)
  const ended = await withMaintenanceClient(ownTarget(database), (c) => c.query(statement))
  expect(ended.rows).toEqual([{pg_terminate_backend: true}])
  await expect(pidOf(own)).rejects.toThrow()
  expect(await pidOf(foreign)).toBeGreaterThan(0)
  await foreign?.end()
})
