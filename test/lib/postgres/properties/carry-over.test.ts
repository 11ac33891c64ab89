import pg from 'pg'
import {afterEach, describe, expect, test} from 'vitest'
import {
  carryOver,
  changesBetween,
  finishStatements,
} from '../../../../src/lib/postgres/properties/carry-over.js'
import {query} from '../../../support/postgres.js'
import {as, asSuperuser, catalogues, collection, propertiesOf, run, succeed} from './carried.js'

const made = collection()
afterEach(() => made.clear())

const id = pg.escapeIdentifier

/** A database with all that a database itself can have. */
async function richDatabase(name: string): Promise<void> {
  const owner = await made.role(' own"er')
  const [keeper, reader] = [await made.role("_keep'er"), await made.role('_readér')]
  const database = id(name)
  await run(
    `CREATE DATABASE ${database} TEMPLATE template0`,
    `ALTER DATABASE ${database} SET work_mem = '8MB'`,
    `ALTER DATABASE ${database} SET search_path = "$user", public, "My Schema", "a,b", "q""q"`,
    `ALTER DATABASE ${database} SET app.motto = E'it\\'s \\\\ a "motto",\\nin two lines'`,
    `ALTER ROLE ${id(reader)} IN DATABASE ${database} SET statement_timeout = '5s'`,
    `ALTER ROLE ${id(keeper)} IN DATABASE ${database} SET search_path = ''`,
    `ALTER DATABASE ${database} OWNER TO ${id(owner)}`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO ${id(keeper)} WITH GRANT OPTION`,
    `GRANT CREATE ON DATABASE ${database} TO ${id(keeper)}`,
    `SET ROLE ${id(keeper)}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${id(reader)}`,
    'RESET ROLE',
    `COMMENT ON DATABASE ${database} IS E'Cruddur''s own, C:\\\\new\\näöü 🦀'`,
    `ALTER DATABASE ${database} CONNECTION LIMIT 7`,
    `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`,
  )
}

describe('a new database', () => {
  test.each([
    [' "quoted"\nÄ\'%$(id)', 'on'],
    [' back\\slash', 'off'],
  ])(
    'with the suffix «%s», standard_conforming_strings %s, is in the catalogues what the old one is',
    async (suffix, conforming) => {
      const [old, built] = [made.database(suffix), made.database(suffix)]
      await richDatabase(old)
      await asSuperuser(async (client) => {
        await client.query(`SET standard_conforming_strings = ${conforming}`)
        await succeed(client, old, built)
      })
      expect(await catalogues(built)).toEqual(await catalogues(old))
      expect((await catalogues(built))['comments']).toEqual(["Cruddur's own, C:\\new\näöü 🦀"])
    },
  )

  test('like one that has nothing special needs no statement', async () => {
    const [old, built] = [made.database(), made.database()]
    await run(`CREATE DATABASE ${id(old)}`)
    await asSuperuser(async (client) => {
      expect(await succeed(client, old, built)).toEqual({clause: '', finish: []})
      const [before, fresh] = [await propertiesOf(client, old), await propertiesOf(client, built)]
      expect(changesBetween(fresh, before, built)).toEqual([])
    })
    expect(await catalogues(built)).toEqual(await catalogues(old))
  })

  test('has settings, owner and grants while it is filled, and no comment or limit yet', async () => {
    const [old, built] = [made.database(), made.database()]
    await richDatabase(old)
    await asSuperuser((client) =>
      succeed(client, old, built, async () => {
        const [was, is] = [await catalogues(old), await catalogues(built)]
        expect(is).toEqual({
          ...was,
          comments: null,
          row: {...(was['row'] as object), datallowconn: true, datconnlimit: -1},
        })
      }),
    )
  })

  test('gets what is changed on the old one while it is filled', async () => {
    const [old, built] = [made.database(), made.database()]
    await richDatabase(old)
    const [owner, reader] = [await made.role('_next'), await made.role('_new_reader')]
    await asSuperuser((client) =>
      succeed(client, old, built, () =>
        run(
          `ALTER DATABASE ${id(old)} RESET app.motto`,
          `ALTER DATABASE ${id(old)} SET work_mem = '9MB'`,
          `ALTER DATABASE ${id(old)} SET lock_timeout = '1s'`,
          `ALTER DATABASE ${id(old)} OWNER TO ${id(owner)}`,
          `GRANT TEMPORARY ON DATABASE ${id(old)} TO PUBLIC`,
          `REVOKE CREATE ON DATABASE ${id(old)} FROM ${id(owner)}`,
          `GRANT CONNECT ON DATABASE ${id(old)} TO ${id(reader)} WITH GRANT OPTION`,
          `COMMENT ON DATABASE ${id(old)} IS NULL`,
          `ALTER DATABASE ${id(old)} CONNECTION LIMIT 8`,
        ),
      ),
    )
    expect(await catalogues(built)).toEqual(await catalogues(old))
  })

  test('keeps what fills it changes on the database itself, where the old one stays as it was', async () => {
    const [old, built] = [made.database(), made.database()]
    await run(`CREATE DATABASE ${id(old)}`, `ALTER DATABASE ${id(old)} SET work_mem = '8MB'`)
    const {finish} = await asSuperuser((client) =>
      succeed(client, old, built, () =>
        run(
          `ALTER DATABASE ${id(built)} SET work_mem = '16MB'`,
          `REVOKE ALL ON DATABASE ${id(built)} FROM PUBLIC`,
        ),
      ),
    )
    expect(finish).toEqual([])
    expect(await catalogues(built)).toMatchObject({
      settings: [{setconfig: ['work_mem=16MB']}],
      acl: [expect.stringContaining('=CTc/')],
    })
  })

  test('gets grants of a chain of grantors, whatever order the catalogue has them in', async () => {
    const [old, built] = [made.database(), made.database()]
    const [a, b, c] = [await made.role('_a'), await made.role('_b'), await made.role('_c')]
    const grant = (to: string): string =>
      `GRANT CONNECT ON DATABASE ${id(old)} TO ${id(to)} WITH GRANT OPTION`
    await run(
      `CREATE DATABASE ${id(old)}`,
      grant(a),
      `SET ROLE ${id(a)}`,
      grant(b),
      `SET ROLE ${id(b)}`,
      grant(c),
      'RESET ROLE',
      `UPDATE pg_database SET datacl = (SELECT array_agg(item ORDER BY n DESC)
         FROM unnest(datacl) WITH ORDINALITY AS items (item, n)) WHERE datname = '${old}'`,
    )
    await asSuperuser((client) => succeed(client, old, built))
    expect(await catalogues(built)).toEqual(await catalogues(old))
  })

  test('loses a chain of grants that is revoked on the old one while it is filled', async () => {
    const [old, built] = [made.database(), made.database()]
    const [a, b] = [await made.role('_a'), await made.role('_b')]
    await run(
      `CREATE DATABASE ${id(old)}`,
      `REVOKE ALL ON DATABASE ${id(old)} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${id(old)} TO ${id(a)} WITH GRANT OPTION`,
      `SET ROLE ${id(a)}`,
      `GRANT CONNECT ON DATABASE ${id(old)} TO ${id(b)}`,
    )
    await asSuperuser((client) =>
      succeed(client, old, built, () =>
        run(`REVOKE CONNECT ON DATABASE ${id(old)} FROM ${id(a)} CASCADE`),
      ),
    )
    expect(await catalogues(built)).toEqual(await catalogues(old))
  })

  test('whose every privilege was revoked has none', async () => {
    const [old, built] = [made.database(), made.database()]
    const owner = await made.role('_owner')
    await run(
      `CREATE DATABASE ${id(old)} OWNER ${id(owner)}`,
      `REVOKE ALL ON DATABASE ${id(old)} FROM PUBLIC, ${id(owner)}`,
    )
    await asSuperuser((client) => succeed(client, old, built))
    expect(await query(`SELECT datacl::text FROM pg_database WHERE datname = '${built}'`)).toEqual([
      {datacl: '{}'},
    ])
  })

  test('of one half dropped can be opened', async () => {
    const [old, built] = [made.database(), made.database()]
    await richDatabase(old)
    await run(
      `ALTER DATABASE ${id(old)} ALLOW_CONNECTIONS true`,
      `UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${old}'`,
    )
    await asSuperuser((client) => succeed(client, old, built))
    expect(await query('SELECT 1 AS open', built)).toEqual([{open: 1}])
  })
})

describe('an owner who is no superuser', () => {
  test('carries over what is theirs, and can still fill, rename and drop what is their team’s', async () => {
    const [old, built] = [made.database(), made.database()]
    const [owner, team] = [await made.role('_owner', 'CREATEDB'), await made.role('_team')]
    await run(
      `GRANT ${id(team)} TO ${id(owner)}`,
      `CREATE DATABASE ${id(old)} OWNER ${id(team)}`,
      `ALTER DATABASE ${id(old)} SET work_mem = '8MB'`,
      `ALTER ROLE ${id(owner)} IN DATABASE ${id(old)} SET search_path = app, public`,
      `REVOKE CONNECT ON DATABASE ${id(old)} FROM PUBLIC`,
      `GRANT CREATE ON DATABASE ${id(old)} TO ${id(owner)} WITH GRANT OPTION`,
      `COMMENT ON DATABASE ${id(old)} IS 'ours'`,
      `ALTER DATABASE ${id(old)} CONNECTION LIMIT 7`,
    )
    const fill = async (): Promise<void> => {
      await as(owner, (client) => client.query('CREATE TABLE filled ()'), built)
    }
    await as(owner, (client) => succeed(client, old, built, fill))
    expect(await catalogues(built)).toEqual(await catalogues(old))
    await as(owner, async (client) => {
      await client.query(`ALTER DATABASE ${id(built)} RENAME TO ${id(made.database())}`)
      await client.query(`DROP DATABASE ${id(old)}`)
    })
  })
})

describe('finishStatements', () => {
  test('are words for one message: comment, limit and door in quotes that hold', async () => {
    const old = made.database()
    await run(`CREATE DATABASE ${id(old)}`)
    const before = await asSuperuser((client) => propertiesOf(client, old))
    const now = {
      ...before,
      comment: `a'b\\`,
      connectionLimit: 0,
      allowConnections: false,
      labels: [{provider: 'p"', label: "l'"}],
    }
    expect(finishStatements(before, now, 'n"')).toEqual([
      `SECURITY LABEL FOR "p""" ON DATABASE "n""" IS 'l'''`,
      `COMMENT ON DATABASE "n""" IS E'a''b\\\\'`,
      'ALTER DATABASE "n""" CONNECTION LIMIT 0',
      'ALTER DATABASE "n""" ALLOW_CONNECTIONS false',
    ])
  })
})

describe('carryOver', () => {
  test('to a database that somebody removed says so', async () => {
    const old = made.database()
    await run(`CREATE DATABASE ${id(old)}`)
    const carrying = asSuperuser(async (client) =>
      carryOver(client, await propertiesOf(client, old), undefined, made.database()),
    )
    await expect(carrying).rejects.toMatchObject({code: 'DATABASE_NOT_FOUND'})
  })
})
