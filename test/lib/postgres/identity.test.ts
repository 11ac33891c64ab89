import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../../src/lib/embedded/server.js'
import {withClient} from '../../../src/lib/postgres/connection/connect.js'
import {
  checkSame,
  type Identity,
  readWhereabouts,
  verifier,
} from '../../../src/lib/postgres/identity.js'
import {Secret} from '../../../src/lib/target/secret.js'
import {resolveTarget, type Target} from '../../../src/lib/target/target.js'
import {dropDatabases, freshName, query, withDatabase} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'

const maintenance = targetOf('postgres')
const look = (database: string, target: Target = maintenance) =>
  withClient(target, (client) => readWhereabouts(client, database))

describe('whereabouts', () => {
  test('are the same from every database of the server', async () => {
    await withDatabase(async (name) => {
      const {backendPid: _, ...inside} = await look(name, targetOf(name))
      const {backendPid, ...outside} = await look(name)
      expect(inside).toEqual(outside)
      const [row] = await query(
        `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system, oid FROM pg_database WHERE datname = '${name}'`,
      )
      expect(inside).toEqual({...row, rds: false, started: expect.stringMatching(/^\d+/)})
      expect(backendPid).toBeGreaterThan(0)
    })
  })

  test('of a database that is not there have no oid', async () => {
    expect((await look(freshName())).oid).toBeNull()
  })

  test('are told to a role that may not ask for the system identifier, without it', async () => {
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'x'`)
    try {
      await withDatabase(async (name) => {
        // Rights on a function are each database's own.
        await query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC', name)
        const found = await look(name, targetOf(name, {user: role, password: new Secret('x')}))
        expect(found).toMatchObject({system: null, rds: false, oid: expect.any(Number)})
      })
    } finally {
      await query(`DROP ROLE "${role}"`)
    }
  })
})

const shown: Identity = {system: '7', oid: 1}

describe('what was shown', () => {
  test.each<[Identity, Identity, string]>([
    [shown, {system: '8', oid: 1}, 'the server is another one than the one that was shown'],
    [shown, {system: null, oid: 1}, 'the server is another one than the one that was shown'],
    [shown, {system: '7', oid: 2}, 'the database "d" is another one than the one that was shown'],
    [shown, {system: '7', oid: null}, 'the database "d" that was shown is not there any more'],
    [
      {system: '7', oid: null},
      shown,
      'a database "d" was created after it was shown that there is none',
    ],
  ])('is not what was agreed to: %j, then %j', (before, now, message) => {
    const check = (): void => checkSame('d', before, now)
    expect(check).toThrow(message)
    expect(check).toThrow(expect.objectContaining({code: 'TARGET_CHANGED', exit: 4}))
  })

  test('is still there', () => {
    expect(() => checkSame('d', shown, {...shown})).not.toThrow()
  })

  test('is known by when the server was started where one is not told its number', () => {
    const started = {system: null, oid: 1, started: '17'}
    expect(() => checkSame('d', started, {...started})).not.toThrow()
    expect(() => checkSame('d', started, {...started, system: '7'})).not.toThrow()
    for (const other of [
      {...started, started: '18'},
      {system: null, oid: 1},
    ])
      expect(() => checkSame('d', started, other)).toThrow('the server is another one')
    const neither = {system: null, oid: 1}
    expect(() => checkSame('d', neither, neither)).toThrow('the server is another one')
  })

  test('is compared on the connection that acts', async () => {
    await withDatabase(async (name) => {
      const target = targetOf(name)
      const verify = verifier(target, await look(name))
      await withClient(maintenance, verify)
      await dropDatabases(name)
      await query(`CREATE DATABASE "${name}" TEMPLATE template0`)
      await expect(withClient(maintenance, verify)).rejects.toMatchObject({code: 'TARGET_CHANGED'})
    })
  })
})

describe('the database that one is connected to', () => {
  test('is refused when it is another one than was asked for, as behind a pooler that renames', async () => {
    await withDatabase(async (name) => {
      const renamed = withClient(targetOf(name), (client) => {
        client.database = 'cruddur'
        return readWhereabouts(client, 'cruddur')
      })
      await expect(renamed).rejects.toMatchObject({
        code: 'DATABASE_RENAMED',
        message: `what is called "cruddur" at this address is the database "${name}" of the server`,
      })
    })
  })

  test('cannot hide what server it is on with a search_path', async () => {
    await withDatabase(async (name) => {
      await query(
        "CREATE VIEW pg_database AS SELECT 0::oid AS oid, 'x'::name AS datname, 0::oid AS datdba",
        name,
      )
      await query(`ALTER DATABASE "${name}" SET search_path = public, pg_catalog`)
      const honest = await look(name)
      expect((await look(name, targetOf(name))).oid).toBe(honest.oid)
    })
  })
})

describe('a server of RDS behind another name', () => {
  test('counts as production: nothing is done there that nobody agreed to', async () => {
    const home = mkdtempSync(join(tmpdir(), 'cruddur-db-rds-'))
    try {
      const server = await startServer(home)
      const url = embeddedUrl(server, 'postgres')
      const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
      const target = resolveTarget({prod: false, url, command: 'test'}, context)
      if (!target) throw new Error('a URL names a target')
      const verify = (seen: Identity | undefined) =>
        withClient(target, (client) => verifier(target, seen)(client))
      await withClient(target, async (client) => {
        await client.query('CREATE DATABASE rdsadmin')
        expect(await readWhereabouts(client, 'postgres')).toMatchObject({rds: false})
        await client.query('CREATE ROLE rdsadmin SUPERUSER')
        await client.query('ALTER DATABASE rdsadmin OWNER TO rdsadmin')
      })
      const found = await look('postgres', target)
      expect(found.rds).toBe(true)
      await expect(verify(undefined)).rejects.toMatchObject({
        code: 'NOT_CONFIRMED',
        exit: 4,
        message:
          'this server is one of RDS, whatever its host is called: it counts as production, and nobody confirmed this',
        details: {
          hint: 'nothing was touched; look at it with --dry-run, and if you mean it, add: --confirm postgres',
        },
      })
      expect(await verify(found)).toMatchObject({rds: true})
    } finally {
      await stopServer(home)
      rmSync(home, {recursive: true, force: true})
    }
  })
})
