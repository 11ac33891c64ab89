import {afterEach, describe, expect, test} from 'vitest'
import {CruddurError} from '../../../src/lib/error.js'
import {withClient, withMaintenanceClient} from '../../../src/lib/postgres/connection/connect.js'
import {createDatabase, databaseExists, dropDatabase} from '../../../src/lib/postgres/databases.js'
import {readWhereabouts, verifier} from '../../../src/lib/postgres/identity.js'
import {listSessions} from '../../../src/lib/postgres/sessions-list.js'
import {Secret} from '../../../src/lib/target/secret.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'
import {until} from '../../support/wait.js'

const made: string[] = []
afterEach(() => dropDatabases(...made.splice(0)))

function name(suffix = ''): string {
  const fresh = freshName(suffix)
  made.push(fresh)
  return fresh
}

const create = (database: string): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => createDatabase(client, database))
const drop = (database: string, force = false): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => dropDatabase(client, database, {force}))
const exists = (database: string): Promise<boolean> =>
  withMaintenanceClient(targetOf(database), (client) => databaseExists(client, database))

describe('createDatabase', () => {
  test.each(['', ' "quoted" ÄÖ/?#%\'', '_MixedCase', '_🦀', '_;drop table x;--', '_$(id)`'])(
    'creates, finds and drops a name that ends in «%s»',
    async (suffix) => {
      const database = name(suffix)
      expect(await create(database)).toBe(true)
      expect(await create(database)).toBe(false)
      expect(await exists(database)).toBe(true)
      expect(await drop(database)).toBe(true)
      expect(await drop(database)).toBe(false)
      expect(await exists(database)).toBe(false)
    },
  )

  test('by several at once: one creates, the others find it', async () => {
    const database = name()
    const created = await Promise.all([1, 2, 3, 4].map(() => create(database)))
    expect(created.filter(Boolean)).toEqual([true])
  })

  test('works from template1 when the target is the database postgres', async () => {
    const database = name()
    const connected: unknown[] = []
    const created = await withMaintenanceClient(targetOf('postgres'), (client) => {
      connected.push(client.database)
      return createDatabase(client, database)
    })
    expect([connected, created]).toEqual([['template1'], true])
  })

  test('without the right to: says so', async () => {
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'pässwörd'`)
    try {
      const target = targetOf(name(), {user: role, password: new Secret('pässwörd')})
      const creating = withMaintenanceClient(target, (c) => createDatabase(c, target.database))
      await expect(creating).rejects.toMatchObject({
        code: 'NO_RIGHTS',
        message: 'permission denied to create database',
        exit: 1,
        details: {
          sqlstate: '42501',
          hint: `have a role that may (on RDS: the master user) run: ALTER ROLE "${role}" CREATEDB`,
        },
      })
    } finally {
      await query(`DROP ROLE "${role}"`)
    }
  })
})

describe('createDatabase with a clause', () => {
  const createWith = (database: string, clause: string): Promise<boolean> =>
    withMaintenanceClient(targetOf(database), (client) => createDatabase(client, database, clause))

  test('uses it', async () => {
    const database = name()
    const clause = " TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' CONNECTION LIMIT 7"
    expect(await createWith(database, clause)).toBe(true)
    const made = `SELECT pg_encoding_to_char(encoding) AS encoding, datconnlimit AS "limit"
      FROM pg_database WHERE datname = '${database}'`
    expect(await query(made)).toEqual([{encoding: 'LATIN1', limit: 7}])
  })

  test('of what this role may not: the server’s words, and no hint about CREATEDB', async () => {
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'x'`)
    try {
      const target = targetOf(name(), {user: role, password: new Secret('x')})
      const creating = withMaintenanceClient(target, (client) =>
        createDatabase(client, target.database, ' TEMPLATE template0 OWNER postgres'),
      )
      await expect(creating).rejects.toMatchObject({
        code: 'NO_RIGHTS',
        details: {hint: `log in as a role that may, or grant ${role} the right`},
      })
    } finally {
      await query(`DROP ROLE "${role}"`)
    }
  })

  test('whose template is in use: who uses it, and nothing is created', async () => {
    const [template, database] = [name('_"t'), name()]
    await create(template)
    const holder = await connect(template)
    const [own] = (await holder.query('SELECT pg_backend_pid() AS process_id')).rows
    try {
      await expect(
        createWith(database, ` TEMPLATE "${template.replace('"', '""')}"`),
      ).rejects.toMatchObject({
        code: 'TEMPLATE_IN_USE',
        exit: 1,
        message: `source database "${template}" is being accessed by other users; nothing was created`,
        details: {
          sqlstate: '55006',
          detail: 'There is 1 other session using the database.',
          hint: `close the sessions in "${template}", which is copied, then try again`,
        },
        data: {sessions: [{...own, db: template}]},
      })
      expect(await exists(database)).toBe(false)
    } finally {
      await holder.end()
    }
  })
})

describe('a database that a killed DROP has left', () => {
  test('is said to be one, and is dropped', async () => {
    const database = name()
    await create(database)
    await query(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${database}'`)
    const refusal = {
      code: 'DATABASE_INVALID',
      exit: 1,
      message: `the database "${database}" is half dropped: a DROP DATABASE was interrupted`,
      details: {
        sqlstate: '55000',
        hint: 'nothing in it can be had back; remove the rest of it: cruddur-db drop',
      },
    }
    await expect(create(database)).rejects.toMatchObject(refusal)
    await expect(withClient(targetOf(database), async () => {})).rejects.toMatchObject(refusal)
    expect(await drop(database)).toBe(true)
  })
})

describe('dropDatabase', () => {
  test('of a database of another role’s: whose it is, before anything else is looked at', async () => {
    const database = name()
    const role = freshName('_role')
    await create(database)
    await query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'x'`)
    const holder = await connect(database)
    const target = targetOf(database, {user: role, password: new Secret('x')})
    try {
      for (const force of [false, true]) {
        const dropping = withMaintenanceClient(target, (client) =>
          dropDatabase(client, database, {force}),
        )
        await expect(dropping).rejects.toMatchObject({
          code: 'NO_RIGHTS',
          exit: 1,
          message: `the database "${database}" belongs to "postgres"; nothing was dropped`,
          details: {
            sqlstate: '42501',
            hint: 'log in as "postgres", or as a role that has its privileges',
          },
        })
      }
      expect(await holder.query('SELECT 1')).toMatchObject({rowCount: 1})
    } finally {
      await holder.end()
      await query(`DROP ROLE "${role}"`)
    }
  })

  test('verifies right before the DROP, and drops nothing when that fails', async () => {
    const database = name()
    await create(database)
    for (const force of [false, true]) {
      const dropping = withMaintenanceClient(targetOf(database), (client) =>
        dropDatabase(client, database, {
          force,
          verify: () => Promise.reject(new CruddurError('TARGET_CHANGED', 'it is another')),
        }),
      )
      await expect(dropping).rejects.toMatchObject({code: 'TARGET_CHANGED'})
    }
    expect(await exists(database)).toBe(true)
  })

  test('never drops what gets the name while somebody renames: it verifies again after any lock', async () => {
    const [agreed, theirs] = [name(), name()]
    await create(agreed)
    await create(theirs)
    made.push(`${agreed}_old`)
    const shown = await withMaintenanceClient(targetOf(agreed), (client) =>
      readWhereabouts(client, agreed),
    )
    const renamer = await connect('postgres')
    await renamer.query(`BEGIN; ALTER DATABASE "${agreed}" RENAME TO "${agreed}_old"`)
    await renamer.query(`ALTER DATABASE "${theirs}" RENAME TO "${agreed}"`)
    let looks = 0
    let verified = false
    const dropping = withMaintenanceClient(targetOf(agreed), (client) =>
      dropDatabase(client, agreed, {
        force: false,
        verify: async () => {
          looks++
          await verifier(targetOf(agreed), shown)(client)
          verified = true
        },
      }),
    )
    const outcome = expect(dropping).rejects.toMatchObject({code: 'TARGET_CHANGED'})
    // Not when it is sent: a COMMIT that overtakes the first look leaves no second one to be seen.
    await until(
      () => verified,
      () => 'the database that was agreed to, verified behind the lock',
    )
    await renamer.query('COMMIT')
    await renamer.end()
    await outcome
    expect([await exists(agreed), await exists(`${agreed}_old`)]).toEqual([true, true])
    expect(looks).toBeGreaterThan(1)
  })

  test('behind a lock that stays: says that somebody is at work on it, and drops nothing', async () => {
    const database = name()
    await create(database)
    const renamer = await connect('postgres')
    await renamer.query(`BEGIN; ALTER DATABASE "${database}" RENAME TO "${database}_x"`)
    await expect(drop(database)).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      message: `somebody is renaming or dropping the database "${database}"; nothing was dropped`,
    })
    await renamer.query('ROLLBACK')
    await renamer.end()
    expect(await exists(database)).toBe(true)
  })

  test('of a database that is not there is verified too: another server may have none of that name', async () => {
    const verify = () => Promise.reject(new CruddurError('TARGET_CHANGED', 'it is another'))
    const database = freshName()
    const dropping = withMaintenanceClient(targetOf(database), (client) =>
      dropDatabase(client, database, {force: false, verify}),
    )
    await expect(dropping).rejects.toMatchObject({code: 'TARGET_CHANGED'})
  })

  test('in use: drops nothing and names the session, at once', async () => {
    const database = name()
    await create(database)
    const holder = await connect(database)
    const started = Date.now()
    const [own] = (await holder.query('SELECT pg_backend_pid() AS process_id')).rows
    try {
      await expect(drop(database)).rejects.toMatchObject({
        code: 'DATABASE_IN_USE',
        message: `1 session uses the database "${database}"; nothing was dropped`,
        data: {sessions: [{...own, db: database, state: 'idle'}]},
      })
      // The server alone would look for five seconds.
      expect(Date.now() - started).toBeLessThan(4000)
      expect(await exists(database)).toBe(true)
    } finally {
      await holder.end()
    }
  })

  test('in use by a role whose sessions ours may not look into: names it all the same', async () => {
    const database = name()
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'x'`)
    await query(`CREATE DATABASE "${database}" OWNER "${role}" TEMPLATE template0`)
    const holder = await connect(database)
    const [own] = (await holder.query('SELECT pg_backend_pid() AS process_id')).rows
    const target = targetOf(database, {user: role, password: new Secret('x')})
    try {
      const dropping = withMaintenanceClient(target, (client) =>
        dropDatabase(client, database, {force: false}),
      )
      await expect(dropping).rejects.toMatchObject({
        code: 'DATABASE_IN_USE',
        data: {sessions: [{...own, db: database}]},
      })
      const seen = await withMaintenanceClient(target, (c) =>
        listSessions(c, {all: false, statements: false}),
      )
      expect(seen.sessions.map(({process_id}) => process_id)).toContain(own?.process_id)
    } finally {
      await holder.end()
      await dropDatabases(database)
      await query(`DROP ROLE "${role}"`)
    }
  })

  test('of a template for new databases is refused before anything is ended', async () => {
    for (const force of [false, true])
      await expect(drop('template1', force)).rejects.toMatchObject({code: 'TEMPLATE_DATABASE'})
  })

  test('with force wins against twenty clients that connect again without pause', async () => {
    const database = name()
    await create(database)
    let [stop, connections] = [false, 0]
    const reconnecting = async (): Promise<void> => {
      while (!stop) {
        const client = await connect(database).catch(() => undefined)
        if (client) connections++
        await client?.query('SELECT pg_sleep(0.01)').catch(() => {})
        await client?.end()
      }
    }
    const pool = Array.from({length: 20}, reconnecting)
    await until(
      () => connections > 40,
      () => 'the pool to be connected',
    )
    expect(await drop(database, true)).toBe(true)
    stop = true
    await Promise.all(pool)
    expect(await exists(database)).toBe(false)
  })
})
