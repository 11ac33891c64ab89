import {describe, expect, it} from 'vitest'
import type {Finding} from '../../../../src/lib/doctor/check.js'
import {databaseCheck} from '../../../../src/lib/doctor/inner/database.js'
import {extensionsCheck} from '../../../../src/lib/doctor/inner/extensions.js'
import {query, urlOf, withDatabase} from '../../../support/postgres.js'
import {applySql, looking, seeOnce} from './scene.js'

const CHECKS = [databaseCheck, extensionsCheck]
const UUID = 'CREATE EXTENSION IF NOT EXISTS "uuid-ossp"; CREATE TABLE t (n int);'

const see = (database: string, sql: string, target = {}): Promise<Finding> =>
  seeOnce(urlOf(database), CHECKS, {files: {'db/schema.sql': sql}, target})

describe('what db/schema.sql asks for', () => {
  it('is there', () =>
    withDatabase(async (database) => {
      await query(UUID, database)
      expect(await see(database, UUID)).toEqual({status: 'ok', message: 'created: "uuid-ossp"'})
    }))

  it('may be nothing', () =>
    withDatabase(async (database) => {
      const sql = 'CREATE TABLE t (n int)'
      expect(await see(database, sql)).toEqual({
        status: 'ok',
        message: 'db/schema.sql asks for none',
      })
    }))

  it('is created with the schema, where that is not loaded: its own finding', () =>
    withDatabase(async (database) => {
      expect(await see(database, UUID)).toEqual({
        status: 'ok',
        message: 'the server has what db/schema.sql creates: "uuid-ossp"',
      })
    }))

  it('is missed though there is no table, where the file makes none', () =>
    withDatabase(async (database) => {
      const sql = 'CREATE EXTENSION hstore'
      const found = await see(database, sql)
      expect(found).toMatchObject({status: 'fail'})
      await applySql(found.fix, database)
      expect(await see(database, sql)).toMatchObject({status: 'ok'})
    }))

  it('is created by the SQL that is named, where there are tables', () =>
    withDatabase(async (database) => {
      await query('CREATE TABLE t (n int)', database)
      const {cure: _, ...found} = await see(database, UUID)
      expect(found).toEqual({
        status: 'fail',
        message: `db/schema.sql asks for what is not created in "${database}": "uuid-ossp"`,
        fix: `connect to "${database}" and run: CREATE EXTENSION IF NOT EXISTS "uuid-ossp"`,
      })
      await applySql(found.fix, database)
      expect(await see(database, UUID)).toMatchObject({status: 'ok'})
    }))

  it('is created by the cure, but not in production', () =>
    withDatabase(async (database) => {
      await query('CREATE TABLE t (n int)', database)
      expect(await see(database, UUID, {production: true})).not.toHaveProperty('cure')
      const files = {'db/schema.sql': UUID}
      await looking(
        urlOf(database),
        async ({see: look}) => {
          await look(databaseCheck)
          await (await look(extensionsCheck)).cure?.()
          expect(await look(extensionsCheck)).toMatchObject({status: 'ok'})
        },
        {files},
      )
    }))

  it('is not to be had on the server', () =>
    withDatabase(async (database) => {
      const sql = 'CREATE EXTENSION "no such; thing"; CREATE EXTENSION hstore;'
      expect(await see(database, sql)).toEqual({
        status: 'fail',
        message: 'the server does not have what db/schema.sql asks for: "no such; thing"',
        fix: 'install the package that brings no such; thing on the server',
      })
      await query('CREATE EXTENSION hstore', database)
      expect(await see(database, 'CREATE EXTENSION hstore')).toMatchObject({status: 'ok'})
    }))

  it('is not known while the file cannot be read', () =>
    withDatabase(async (database) => {
      expect(await see(database, 'CREATE EXTENSION "')).toEqual({
        status: 'skipped',
        message: 'db/schema.sql cannot be read: see schema',
      })
    }))
})
