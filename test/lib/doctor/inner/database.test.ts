import {describe, expect, it} from 'vitest'
import type {Finding} from '../../../../src/lib/doctor/check.js'
import {databaseCheck} from '../../../../src/lib/doctor/inner/database.js'
import {markStatement} from '../../../../src/lib/postgres/rebuild/leftovers.js'
import {temporaryName} from '../../../../src/lib/postgres/rebuild/names.js'
import {
  connect,
  dropDatabases,
  freshName,
  query,
  urlOf,
  withDatabase,
} from '../../../support/postgres.js'
import {AWKWARD, applySql, id, looking, seeOnce, withNamed, withRole} from './scene.js'

const see = (url: string, target = {}): Promise<Finding> => seeOnce(url, [databaseCheck], {target})

const there = (name: string) => ({status: 'ok', message: `"${name}" is there, UTF8`})

const exists = async (name: string): Promise<boolean> =>
  (await query(`SELECT FROM pg_database WHERE datname = '${name.replaceAll("'", "''")}'`))
    .length === 1

describe('a database that is there', () => {
  it('is in order, and entered for the checks behind', () =>
    withDatabase((name) =>
      looking(urlOf(name), async ({facts, see: look}) => {
        expect(await look(databaseCheck)).toEqual(there(name))
        const client = facts.database
        expect((await client?.query('SELECT current_database() AS name'))?.rows).toEqual([{name}])
        expect(await look(databaseCheck)).toEqual(there(name))
        expect(facts.database).toBe(client)
      }),
    ))

  it('is left when doctor ends', () =>
    withDatabase(async (name) => {
      await see(urlOf(name))
      expect(await query(`SELECT pid FROM pg_stat_activity WHERE datname = '${name}'`)).toEqual([])
    }))
})

describe('a database that is not there', () => {
  it('is found, and made by the cure as create does', async () => {
    const name = freshName()
    await looking(urlOf(name), async ({facts, see: look}) => {
      const {cure, ...found} = await look(databaseCheck)
      expect(found).toEqual({
        status: 'fail',
        message: `there is no database "${name}" on the server`,
        fix: 'cruddur-db setup',
      })
      expect(facts.database).toBeUndefined()
      await cure?.()
      expect(await look(databaseCheck)).toEqual(there(name))
    })
    await dropDatabases(name)
  })

  it.each(AWKWARD)('is made though its name ends in %j', async (suffix) => {
    const name = freshName(suffix)
    await looking(urlOf(name), async ({see: look}) => {
      await (await look(databaseCheck)).cure?.()
      expect(await look(databaseCheck)).toEqual(there(name))
    })
    await dropDatabases(name)
  })

  it.each([{production: true}, {productionServer: true}])(
    'is not made unasked where there is %o',
    async (target) => {
      const found = await see(urlOf(freshName()), target)
      expect(found).toMatchObject({status: 'fail'})
      expect(found).not.toHaveProperty('cure')
    },
  )
})

describe('a database that may not be entered', () => {
  it('for want of a right is opened by the SQL that is named', () =>
    withRole(({name: role, url}) =>
      withDatabase(async (name) => {
        await query(`REVOKE CONNECT ON DATABASE ${id(name)} FROM PUBLIC`)
        const found = await see(url(name))
        expect(found).toEqual({
          status: 'fail',
          message: expect.stringContaining(`permission denied for database "${name}"`),
          fix: `have the database's owner run: GRANT CONNECT ON DATABASE "${name}" TO "${role}"`,
        })
        await applySql(found.fix)
        expect(await see(url(name))).toEqual(there(name))
        await query(`REVOKE ALL ON DATABASE ${id(name)} FROM ${id(role)}`)
      }),
    ))

  it('since it is closed is opened by the SQL that is named', () =>
    withDatabase(async (name) => {
      await query(`ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS false`)
      const found = await see(urlOf(name))
      expect(found).toEqual({
        status: 'fail',
        message: `database "${name}" is not currently accepting connections`,
        fix: `have its owner run: ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`,
      })
      await applySql(found.fix)
      expect(await see(urlOf(name))).toEqual(there(name))
    }))

  it('since its limit is reached is opened by the SQL that is named', () =>
    withRole(({url}) =>
      withDatabase(async (name) => {
        await query(`ALTER DATABASE ${id(name)} CONNECTION LIMIT 0`)
        const found = await see(url(name))
        expect(found).toMatchObject({status: 'fail'})
        expect(found.message).toContain(`the database "${name}" has no connection left`)
        const [, sql] = /: (ALTER DATABASE .*)$/.exec(found.fix ?? '') ?? []
        await query(sql ?? '')
        expect(await see(url(name))).toEqual(there(name))
      }),
    ))

  it('but by a superuser is told', () =>
    withDatabase(async (name) => {
      await query(`ALTER DATABASE ${id(name)} CONNECTION LIMIT 1`)
      const found = await see(urlOf(name))
      expect(found).toEqual({
        status: 'warn',
        message: `the connection limit of "${name}" is reached: 1 of 1 are in use, and only superusers get in`,
        fix: `have its owner run: ALTER DATABASE "${name}" CONNECTION LIMIT -1`,
      })
      await applySql(found.fix)
      expect(await see(urlOf(name))).toEqual(there(name))
    }))

  it('since a DROP was interrupted is to be dropped', () =>
    withDatabase(async (name) => {
      await query(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${name}'`)
      expect(await see(urlOf(name))).toEqual({
        status: 'fail',
        message: `the database "${name}" is half dropped: a DROP DATABASE was interrupted`,
        fix: 'nothing in it can be had back; remove the rest of it: cruddur-db drop',
      })
    }))
})

describe('a database that is not UTF-8', () => {
  it('is told, and cured by making it anew as it says', async () => {
    const name = freshName(' "latin"')
    await withNamed(name, "ENCODING 'LATIN1' LOCALE 'C'", async () => {
      const found = await see(urlOf(name))
      expect(found).toMatchObject({
        status: 'warn',
        message: `"${name}" stores text as LATIN1: not every character can be kept in it`,
      })
      await dropDatabases(name)
      await applySql(found.fix)
      expect(await see(urlOf(name))).toEqual(there(name))
    })
  })
})

describe('what an unfinished setup left', () => {
  it.each(['', ...AWKWARD])(
    'is found and removed by the SQL that is named, also behind %j',
    (suffix) => {
      const name = freshName(suffix)
      return withNamed(name, '', async () => {
        const left = temporaryName(name, 'new')
        await withNamed(left, '', async () => {
          await query(markStatement(left, 'being built'))
          const found = await see(urlOf(name))
          expect(found).toMatchObject({
            status: 'warn',
            message: `an unfinished setup left a database: "${left}"`,
          })
          expect(found.fix).not.toMatch(/\p{Cc}/u)
          await applySql(found.fix)
          expect(await exists(left)).toBe(false)
          expect(await see(urlOf(name))).toEqual(there(name))
        })
      })
    },
  )

  it('is nothing while a setup is at work in it, or without its mark', () =>
    withDatabase(async (name) => {
      const left = temporaryName(name, 'new')
      await withNamed(left, '', async () => {
        expect(await see(urlOf(name))).toEqual(there(name))
        await query(markStatement(left, 'being built'))
        const worker = await connect(left)
        expect(await see(urlOf(name))).toEqual(there(name))
        await worker.end()
      })
    }))
})
