import {describe, expect, it} from 'vitest'
import {rightsCheck} from '../../../../src/lib/doctor/inner/rights.js'
import {freshName, query, urlOf, withDatabase} from '../../../support/postgres.js'
import {AWKWARD, applySql, id, seeOnce, withNamed, withRole} from './scene.js'

const NO_CREATEDB = 'may not create databases (CREATEDB), as create and setup do'
const NO_SIGNAL = 'may not end sessions of other roles (pg_signal_backend), as --force does'

describe('the rights of the role', () => {
  it('are all there for a superuser', async () => {
    const found = await seeOnce(urlOf('postgres'), [rightsCheck])
    expect(found).toEqual({status: 'ok', message: '"postgres" is a superuser'})
  })

  it('to create databases is missed, and given by the SQL that is named', () =>
    withRole(async ({name, url}) => {
      await query(`GRANT pg_signal_backend TO ${id(name)}`)
      const found = await seeOnce(url(name), [rightsCheck])
      expect(found).toEqual({
        status: 'warn',
        message: `"${name}" ${NO_CREATEDB}`,
        fix: `have a superuser run: ALTER ROLE "${name}" CREATEDB`,
      })
      await applySql(found.fix)
      expect(await seeOnce(url(name), [rightsCheck])).toEqual({
        status: 'ok',
        message: `"${name}" may create databases and end sessions of other roles`,
      })
    }))

  it('to end sessions of others is missed, and given by the SQL that is named', () =>
    withRole(async ({name, url}) => {
      await query(`ALTER ROLE ${id(name)} CREATEDB`)
      const found = await seeOnce(url(name), [rightsCheck])
      expect(found).toMatchObject({status: 'warn', message: `"${name}" ${NO_SIGNAL}`})
      await applySql(found.fix)
      expect(await seeOnce(url(name), [rightsCheck])).toMatchObject({status: 'ok'})
    }))

  it('of an owner are missed where the database is somebody else’s', () =>
    withDatabase((database) =>
      withRole(async ({name, url}) => {
        await query(`ALTER ROLE ${id(name)} CREATEDB; GRANT pg_signal_backend TO ${id(name)}`)
        const found = await seeOnce(url(database), [rightsCheck])
        expect(found).toEqual({
          status: 'warn',
          message: `"${name}" may not replace or drop "${database}", which belongs to "postgres"`,
          fix: `have a superuser run: ALTER DATABASE "${database}" OWNER TO "${name}"`,
        })
        await applySql(found.fix)
        expect(await seeOnce(url(database), [rightsCheck])).toMatchObject({status: 'ok'})
        await query(`ALTER DATABASE ${id(database)} OWNER TO postgres`)
      }),
    ))

  it.each(AWKWARD)('are given to a role and a database whose names end in %j', (suffix) =>
    withRole(async ({url}) => {
      const database = freshName(suffix)
      await withNamed(database, '', async () => {
        const found = await seeOnce(url(database), [rightsCheck])
        expect(found.fix).not.toMatch(/\p{Cc}/u)
        await applySql(found.fix)
        expect(await seeOnce(url(database), [rightsCheck])).toMatchObject({status: 'ok'})
      })
    }, suffix),
  )

  it('are for RDS the master user’s to give', () =>
    withRole(async ({name, url}) => {
      const hosts = [{host: 'x.c9.eu-west-1.rds.amazonaws.com', port: 5432}] as const
      const found = await seeOnce(url(name), [rightsCheck], {
        target: {
          hosts: [{...hosts[0], address: '127.0.0.1', port: Number(new URL(url(name)).port)}],
        },
      })
      expect(found.fix).toMatch(/^have the master user run: /)
    }))
})
