import {describe, expect, it} from 'vitest'
import type {Finding} from '../../../../src/lib/doctor/check.js'
import {databaseCheck} from '../../../../src/lib/doctor/inner/database.js'
import {seedCheck} from '../../../../src/lib/doctor/inner/seed.js'
import {filledBy} from '../../../../src/lib/doctor/inner/seed-tables.js'
import {connect, freshName, query, urlOf, withDatabase} from '../../../support/postgres.js'
import {AWKWARD, applySql, id, looking, seeOnce, withNamed, withRole} from './scene.js'

const CHECKS = [databaseCheck, seedCheck]
const TABLES = 'CREATE TABLE users (n int); CREATE TABLE notes (n int);'
const SEED = 'INSERT INTO public.users VALUES (1); COPY notes FROM stdin;\n1\n\\.\n'
const IN_ORDER = {status: 'ok', message: 'the 2 tables that db/seed.sql fills have rows'}

const see = (database: string, seed = SEED, target = {}): Promise<Finding> =>
  seeOnce(urlOf(database), CHECKS, {files: {'db/seed.sql': seed}, target})

describe('a table that is filled', () => {
  it.each([
    ['INSERT INTO users VALUES (1)', {schema: null, name: 'users'}],
    ['insert into /* a */ "App"."Users" (a) VALUES (1)', {schema: 'App', name: 'Users'}],
    ['COPY public.users (a, b) FROM stdin', {schema: 'public', name: 'users'}],
    ['COPY (SELECT 1) TO stdout', undefined],
    ['UPDATE users SET a = 1', undefined],
  ])('is read from %j', (sql, table) => {
    expect(filledBy(sql)).toEqual(table)
  })
})

describe('seed data', () => {
  it('that is there is in order', () =>
    withDatabase(async (database) => {
      await query(`${TABLES} INSERT INTO users VALUES (1); INSERT INTO notes VALUES (1)`, database)
      expect(await see(database)).toEqual(IN_ORDER)
    }))

  it('that is not there is found, and loaded by the cure', () =>
    withDatabase(async (database) => {
      await query(TABLES, database)
      await looking(
        urlOf(database),
        async ({see: look}) => {
          await look(databaseCheck)
          const {cure, ...found} = await look(seedCheck)
          expect(found).toEqual({
            status: 'warn',
            message: 'there is no seed data: users, notes are empty',
            fix: 'cruddur-db seed',
          })
          await cure?.()
          expect(await look(seedCheck)).toEqual(IN_ORDER)
        },
        {files: {'db/seed.sql': SEED}},
      )
    }))

  it.each([
    'TRUNCATE',
    'DELETE FROM',
    'WITH d AS (DELETE FROM kept) SELECT',
    'SELECT purge() FROM',
  ])('is not loaded unasked by a file with %s, which could lose what it does not fill', (words) =>
    withDatabase(async (database) => {
      await query(`${TABLES} CREATE TABLE kept (n int)`, database)
      const sql = words.startsWith('WITH') ? `${words} 1;` : `${words} kept;`
      const {cure, fix} = await see(database, `${sql}\n${SEED}`)
      expect(cure).toBeUndefined()
      expect(fix).toMatch(
        /^see what db\/seed\.sql, which .* would take away; then: cruddur-db seed$/,
      )
    }),
  )

  it('is loaded by a file that sets sequences as pg_dump does', () =>
    withDatabase(async (database) => {
      await query(`${TABLES} CREATE SEQUENCE numbers`, database)
      const sql = `SET client_encoding = 'UTF8'; SELECT pg_catalog.setval('numbers', 5); ${SEED}`
      expect(await see(database, sql)).toHaveProperty('cure')
    }))

  it('of which a part is not there is told', () =>
    withDatabase(async (database) => {
      await query(`${TABLES} INSERT INTO users VALUES (1)`, database)
      expect(await see(database)).toEqual({
        status: 'warn',
        message: 'notes is empty, which db/seed.sql fills',
        fix: 'cruddur-db setup --keep-previous',
      })
    }))

  it('is not missed in production', () =>
    withDatabase(async (database) => {
      await query(TABLES, database)
      expect(await see(database, SEED, {production: true})).toEqual({
        status: 'ok',
        message: 'production needs no seed data',
      })
    }))

  it('for a table that is not there is a fault of the file', () =>
    withDatabase(async (database) => {
      await query(`${TABLES} INSERT INTO users VALUES (1)`, database)
      expect(
        await see(database, 'INSERT INTO users VALUES (1); INSERT INTO gone.t VALUES (1)'),
      ).toEqual({
        status: 'fail',
        message: 'db/seed.sql fills what is not there: gone.t',
        fix: 'make it in db/schema.sql, or take it out of db/seed.sql',
      })
    }))

  it('may be nothing', () =>
    withDatabase(async (database) => {
      expect(await see(database, 'SELECT 1')).toEqual({
        status: 'ok',
        message: 'db/seed.sql fills no table',
      })
    }))

  it('in a file that cannot be run is the finding', () =>
    withDatabase(async (database) => {
      expect(await see(database, "INSERT INTO users VALUES ('")).toEqual({
        status: 'fail',
        message: expect.stringMatching(/^db\/seed\.sql:1:27: /),
        fix: expect.stringMatching(/./),
      })
    }))

  it.each(AWKWARD)('is found for a table called %j', (name) =>
    withDatabase(async (database) => {
      await query(`CREATE TABLE ${id(name)} (n int)`, database)
      const seed = `INSERT INTO ${id(name)} VALUES (1);`
      const found = await see(database, seed)
      expect(found).toMatchObject({status: 'warn', fix: 'cruddur-db seed'})
      expect(found.message).not.toMatch(/\p{Cc}/u)
      await query(seed, database)
      expect(await see(database, seed)).toMatchObject({status: 'ok'})
    }),
  )

  it('that this role may not read is told, and shown by the SQL that is named', () =>
    withRole(async ({url}) => {
      const database = freshName()
      await withNamed(database, '', async () => {
        await query('CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."c d" (n int)', database)
        await query('INSERT INTO "a.b"."c d" VALUES (1)', database)
        const files = {'db/seed.sql': 'INSERT INTO "a.b"."c d" VALUES (1)'}
        const found = await seeOnce(url(database), CHECKS, {files})
        expect(found).toMatchObject({
          status: 'warn',
          message: 'whether there are rows cannot be seen: this role may not read "a.b"."c d"',
        })
        await applySql(found.fix, database)
        expect(await seeOnce(url(database), CHECKS, {files})).toEqual({
          status: 'ok',
          message: 'the table that db/seed.sql fills has rows',
        })
      })
    }))

  it('that somebody holds is not waited for', () =>
    withDatabase(async (database) => {
      await query(`${TABLES} INSERT INTO users VALUES (1); INSERT INTO notes VALUES (1)`, database)
      const holder = await connect(database)
      await holder.query('BEGIN; LOCK users')
      expect(await see(database)).toEqual({
        status: 'warn',
        message: 'somebody holds users: it cannot be read',
        fix: 'see who: cruddur-db sessions --long',
      })
      await holder.end()
      expect(await see(database)).toEqual(IN_ORDER)
    }))
})
