import {describe, expect, it} from 'vitest'
import {query, withDatabase} from '../../../support/postgres.js'
import {AWKWARD, id} from './scene.js'
import {found, IN_ORDER, SQL, see} from './schema-scene.js'

describe('a schema that differs', () => {
  const anew = {fix: 'cruddur-db setup --keep-previous'}

  it.each([
    [
      'a table',
      'DROP TABLE notes',
      {status: 'fail', message: 'tables of db/schema.sql are missing: notes'},
    ],
    [
      'a column',
      'ALTER TABLE users DROP name',
      {status: 'fail', message: 'columns of db/schema.sql are missing: users.name'},
    ],
    [
      'a column by another name',
      'ALTER TABLE users RENAME name TO "Name"',
      {status: 'fail', message: 'columns of db/schema.sql are missing: users.name'},
    ],
    [
      'another type',
      'ALTER TABLE users ALTER id TYPE bigint',
      {
        status: 'warn',
        message: 'types are not those of db/schema.sql: users.id is bigint instead of integer',
      },
    ],
    [
      'another length',
      'ALTER TABLE users ALTER name TYPE varchar(3)',
      {
        status: 'warn',
        message:
          'types are not those of db/schema.sql: users.name is character varying(3) instead of text',
      },
    ],
    [
      'more than one thing',
      'ALTER TABLE users DROP name, ALTER id TYPE text; DROP TABLE notes',
      {
        status: 'fail',
        message:
          'tables of db/schema.sql are missing: notes; columns of db/schema.sql are missing: users.name; ' +
          'types are not those of db/schema.sql: users.id is text instead of integer',
      },
    ],
  ])('by %s is found', async (_, change, expected) => {
    expect(await found(`${SQL} ${change}`)).toEqual({...expected, ...anew})
  })

  it('in production is not replaced by an empty one', () =>
    withDatabase(async (database) => {
      await query('CREATE TABLE users (id int)', database)
      expect((await see(database, SQL, {production: true})).fix).toBe(
        'change the tables by hand: cruddur-db connect',
      )
    }))

  it('by a length, a precision or an array is found', async () => {
    const sql = 'CREATE TABLE t (a varchar(5), b numeric(4,1), c text[], d timestamp(3), e char)'
    const there =
      'CREATE TABLE t (a varchar(6), b numeric(4,2), c text, d timestamptz(3), e char(2))'
    expect((await found(there, sql)).message).toBe(
      'types are not those of db/schema.sql: t.a is character varying(6) instead of character varying(5), ' +
        't.b is numeric(4,2) instead of numeric(4,1), t.c is text instead of text[], ' +
        't.d is timestamp(3) with time zone instead of timestamp(3) without time zone, ' +
        't.e is character(2) instead of character(1)',
    )
  })

  it('is not found by a table that only the code of a DO block knows', async () => {
    const sql = `${SQL} CREATE TABLE odd (n int); DO $$ BEGIN ALTER TABLE odd ADD m int; END $$;`
    expect(await found(sql, sql)).toEqual({status: 'ok', message: IN_ORDER})
  })

  it('is found beside what is no type at all', async () => {
    const sql = 'CREATE TABLE t (a no type, b text)'
    expect(await found('CREATE TABLE t (a int, b int)', sql)).toMatchObject({
      message: 'types are not those of db/schema.sql: t.b is integer instead of text',
    })
  })

  it('is not found by a type that the server does not know', async () => {
    const sql = 'CREATE TABLE t (a no_such_type, b no_such_schema.type, c text)'
    expect(await found('CREATE TABLE t (a int, b int, c int)', sql)).toMatchObject({
      message: 'types are not those of db/schema.sql: t.c is integer instead of text',
    })
  })

  it('names a few of many', async () => {
    const tables = Array.from({length: 9}, (_, n) => `CREATE TABLE t${n} (n int);`)
    expect(await found(tables[0] ?? '', tables.join(' '))).toMatchObject({
      message: 'tables of db/schema.sql are missing: t1, t2, t3, t4, t5 and 3 more',
    })
  })

  it.each(AWKWARD)('names what is called %j so that SQL and a terminal take it', async (name) => {
    const sql = `CREATE TABLE ${id(name)} (${id(name)} int); CREATE TABLE there (n int);`
    expect(await found(sql, sql)).toMatchObject({status: 'ok', message: IN_ORDER})
    const {message} = await found('CREATE TABLE there (n int)', sql)
    expect(message).not.toMatch(/\p{Cc}/u)
    const [, named = ''] = /missing: (.*)$/.exec(message) ?? []
    expect(await query(`SELECT 1 AS ${named}`)).toEqual([{[name]: 1}])
  })
})
