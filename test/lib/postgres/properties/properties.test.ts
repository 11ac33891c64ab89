import pg from 'pg'
import {afterEach, describe, expect, test} from 'vitest'
import {readProperties} from '../../../../src/lib/postgres/properties/properties.js'
import {freshName, query} from '../../../support/postgres.js'
import {as, asSuperuser, collection, propertiesOf, run} from './carried.js'

const made = collection()
afterEach(() => made.clear())

const id = pg.escapeIdentifier

describe('readProperties', () => {
  test('tells all that belongs to a database, to every role', async () => {
    const database = made.database(' "q\'\nÄ')
    const [owner, guest] = [await made.role(' "own er'), await made.role('_guest')]
    await run(
      `CREATE DATABASE ${id(database)} OWNER ${id(owner)} CONNECTION LIMIT 0`,
      `ALTER DATABASE ${id(database)} SET app.sum = 'a=b=c'`,
      `ALTER DATABASE ${id(database)} SET search_path = "$user", public`,
      `ALTER ROLE ${id(guest)} IN DATABASE ${id(database)} SET work_mem = '8MB'`,
      `REVOKE TEMPORARY ON DATABASE ${id(database)} FROM PUBLIC`,
      `GRANT CREATE ON DATABASE ${id(database)} TO ${id(guest)} WITH GRANT OPTION`,
      `COMMENT ON DATABASE ${id(database)} IS E'one\\ntwo'`,
      `ALTER DATABASE ${id(database)} ALLOW_CONNECTIONS false`,
    )
    const [row] = await query<{oid: number}>(
      `SELECT oid FROM pg_database WHERE datname = ${pg.escapeLiteral(database)}`,
    )
    const grant = (grantee: string | null, privilege: string, grantable = false) => ({
      grantor: owner,
      grantee,
      privilege,
      grantable,
    })
    const read = await as(guest, (client) => propertiesOf(client, database))
    const template = await asSuperuser((client) => propertiesOf(client, 'template1'))
    expect(read).toEqual({
      ...template,
      name: database,
      fingerprint: expect.stringMatching(/^-?\d+$/),
      oid: row?.oid,
      owner,
      connectionLimit: 0,
      allowConnections: false,
      isTemplate: false,
      invalid: false,
      comment: 'one\ntwo',
      settings: [
        {role: null, name: 'app.sum', value: 'a=b=c'},
        {role: null, name: 'search_path', value: '"$user", public'},
        {role: guest, name: 'work_mem', value: '8MB'},
      ],
      grants: [
        grant(null, 'CONNECT'),
        grant(owner, 'CREATE'),
        grant(owner, 'TEMPORARY'),
        grant(owner, 'CONNECT'),
        grant(guest, 'CREATE', true),
      ],
      labels: [],
    })
  })

  test('writes out what an empty ACL stands for', async () => {
    const [plain, written] = [made.database(), made.database()]
    await run(
      `CREATE DATABASE ${id(plain)}`,
      `CREATE DATABASE ${id(written)}`,
      `REVOKE CONNECT ON DATABASE ${id(written)} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${id(written)} TO PUBLIC`,
    )
    await asSuperuser(async (client) => {
      const {grants} = await propertiesOf(client, plain)
      expect(grants).toHaveLength(5)
      expect((await propertiesOf(client, written)).grants).toEqual(grants)
    })
  })

  test('asks the server once', async () => {
    await asSuperuser(async (client) => {
      const asked: unknown[] = []
      const spied = Object.create(client, {
        query: {
          value: (...args: [string, unknown[]]) => {
            asked.push(args[1])
            return client.query(...args)
          },
        },
      }) as pg.Client
      expect(await propertiesOf(spied, 'template1')).toMatchObject({
        isTemplate: true,
        encoding: 'UTF8',
        tablespace: 'pg_default',
      })
      expect(asked).toEqual([[['template1']]])
    })
  })

  test('of no database is undefined', async () => {
    const read = await asSuperuser((client) => readProperties(client, freshName()))
    expect(read).toBeUndefined()
  })

  test('of a database whose DROP was killed: invalid, and no limit known', async () => {
    const database = made.database()
    await run(
      `CREATE DATABASE ${id(database)} CONNECTION LIMIT 7`,
      `UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${database}'`,
    )
    const read = await asSuperuser((client) => propertiesOf(client, database))
    expect(read).toMatchObject({invalid: true, connectionLimit: -1})
  })
})
