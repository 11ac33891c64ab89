import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {databaseCheck} from '../../../../src/lib/doctor/inner/database.js'
import {extensionsCheck} from '../../../../src/lib/doctor/inner/extensions.js'
import {schemaCheck} from '../../../../src/lib/doctor/inner/schema.js'
import {freshName, query, urlOf, withDatabase} from '../../../support/postgres.js'
import {looking, seeOnce, withNamed, withRole} from './scene.js'
import {found, IN_ORDER, SQL, see} from './schema-scene.js'

/** All that a column or a table can be called in a file, and what has made others stumble. */
const MANY = `CREATE SCHEMA app; CREATE SCHEMA "Odd ""Schema""";
CREATE TYPE app.mood AS ENUM ('glad', 'sad'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE "Odd ""Schema"""."my (type)" AS (a int);
CREATE TABLE types (a serial, b BIGSERIAL, c smallserial, d int2, e int4, f int8, g real, h float4, i float8,
  j double precision, k float(24), l float(53), m float, n decimal, o numeric(7), p numeric(7, 2), q dec(3,1),
  r char, s char(3), t character(4), u character varying, v varchar(7), w char varying (8), x nchar(2),
  y national character varying(5), z "char", aa bpchar, ab bit, ac bit(3), ad bit varying, ae bit varying(9),
  af varbit(4), ag bool, ah boolean, ai date, aj time, ak time(2), al time with time zone, am timetz(1),
  an timestamp, ao timestamp(0), ap timestamp with time zone, aq TIMESTAMPTZ(3), ar timestamp(3) without time zone,
  at interval, au interval(2), av interval year to month, aw interval day to second(3), ax json, ay jsonb, az bytea,
  ba uuid, bb inet, bc cidr, bd macaddr, be int[], bf text[][], bg varchar(3)[], bh int ARRAY, bi int ARRAY[3],
  bj int[4], bk app.mood, bl "app"."mood"[], bm positive, bn public.positive, bo "Odd ""Schema"""."my (type)",
  bp pg_catalog.int4, bq pg_catalog."varchar"(12), br int4range, bs tsvector, bt xml, bu money, bv oid, bw name,
  bx point, by regclass, bz int GENERATED ALWAYS AS IDENTITY, ca int NOT NULL DEFAULT (1 + 2), cb text COLLATE "C");
CREATE TABLE "Odd ""Schema"""."a.b" ("x y" int);`

describe('a schema that is loaded', () => {
  it('is in order', async () => {
    expect(await found(SQL)).toEqual({status: 'ok', message: IN_ORDER})
  })

  it('is read once for all checks', () =>
    withDatabase(async (database) => {
      await query(SQL, database)
      const files = {'db/schema.sql': SQL}
      await looking(
        urlOf(database),
        async ({facts, see: look}) => {
          await look(databaseCheck)
          expect((await look(extensionsCheck)).status).toBe('ok')
          rmSync(join(facts.cwd, 'db'), {recursive: true})
          expect(await look(schemaCheck)).toEqual({status: 'ok', message: IN_ORDER})
        },
        {files},
      )
    }))

  it('is in order whatever types its columns have', async () => {
    expect(await found(MANY, MANY)).toEqual({status: 'ok', message: IN_ORDER})
  })

  it('is in order whatever its tables went through', async () => {
    const sql = `CREATE TABLE a (n int, m text); ALTER TABLE a ADD o date, DROP m, ALTER n TYPE bigint;
      CREATE TABLE b (LIKE a); CREATE TABLE c () INHERITS (a); CREATE TABLE d AS SELECT 1 AS x;
      CREATE TABLE e (n int) PARTITION BY LIST (n); CREATE TABLE e1 PARTITION OF e FOR VALUES IN (1);
      CREATE TABLE e2 (n int); ALTER TABLE e ATTACH PARTITION e2 FOR VALUES IN (2);
      CREATE TABLE f (n int); DROP TABLE f; CREATE TABLE g (n int); ALTER TABLE g RENAME TO h;
      CREATE TEMP TABLE i (n int); CREATE SCHEMA s; SET search_path TO s; CREATE TABLE j (n int); RESET search_path;
      CREATE TABLE k (n int); DO $$ BEGIN DROP TABLE k; CREATE TABLE l (n int); END $$;
      CREATE VIEW v AS SELECT 1 AS one; CREATE UNLOGGED TABLE m (n int);`
    expect(await found(sql, sql)).toEqual({
      status: 'ok',
      message:
        'the 8 tables of db/schema.sql are there; the columns of 3 cannot be told from the file; not in the file: l',
    })
  })

  it('is in order as pg_dump writes it', async () => {
    const sql = `SET statement_timeout = 0; SELECT pg_catalog.set_config('search_path', '', false);
      CREATE TABLE public.users (id integer NOT NULL, name character varying(20) DEFAULT 'x'::character varying);
      ALTER TABLE public.users OWNER TO CURRENT_USER;
      ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
      COPY public.users (id, name) FROM stdin;\n1\tCREATE TABLE x (n int);\n\\.\n`
    const load = sql.replace(/COPY.*$/s, '')
    expect(await found(load, sql)).toEqual({
      status: 'ok',
      message: 'the table of db/schema.sql is there',
    })
  })

  it('may have more than the file makes', async () => {
    const more = 'ALTER TABLE users ADD "E-Mail" text; CREATE TABLE extra (n int)'
    expect(await found(`${SQL} ${more}`)).toEqual({
      status: 'ok',
      message: `${IN_ORDER}; not in the file: users."E-Mail", extra`,
    })
  })

  it('is that of the package where there is no other', () =>
    withDatabase(async (database) => {
      const found = await seeOnce(urlOf(database), [databaseCheck, schemaCheck])
      expect(found.message).toMatch(
        /^the schema is not loaded: no table of .*db\/schema\.sql is there \(users, activities\)$/,
      )
    }))
})

describe('a schema that is not loaded', () => {
  it('is found, and loaded by the cure', () =>
    withDatabase((database) =>
      looking(
        urlOf(database),
        async ({see}) => {
          await see(databaseCheck)
          const {cure, ...found} = await see(schemaCheck)
          expect(found).toEqual({
            status: 'fail',
            message: 'the schema is not loaded: no table of db/schema.sql is there (users, notes)',
            fix: 'cruddur-db schema-load',
          })
          await cure?.()
          expect(await see(schemaCheck)).toEqual({status: 'ok', message: IN_ORDER})
        },
        {files: {'db/schema.sql': SQL}},
      ),
    ))

  it('is not cured unasked where there is something already', async () => {
    expect(await found('CREATE TABLE other (n int)')).not.toHaveProperty('cure')
    expect(await found('CREATE VIEW other AS SELECT 1')).not.toHaveProperty('cure')
    expect(await found('CREATE SEQUENCE other')).not.toHaveProperty('cure')
    expect(await found("CREATE TYPE other AS ENUM ('a')")).not.toHaveProperty('cure')
    const code = "CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    expect(await found(code)).not.toHaveProperty('cure')
    expect(await found('CREATE EXTENSION citext')).toHaveProperty('cure')
  })

  it.each([{production: true}, {productionServer: true}])(
    'is not cured where there is %o',
    (target) =>
      withDatabase(async (database) => {
        const finding = await see(database, SQL, target)
        expect(finding).toMatchObject({status: 'fail'})
        expect(finding).not.toHaveProperty('cure')
      }),
  )
})

describe('a file that cannot be run', () => {
  it.each([
    ['CREATE TABLE t (n int', 'db/schema.sql:1:16: this parenthesis is never closed'],
    ["SELECT 'a", 'db/schema.sql:1:8: this quote is never closed'],
    [
      'BEGIN; SELECT 1; COMMIT;',
      'db/schema.sql:1:1: the file is run in one transaction, which this BEGIN would break up',
    ],
    ['\\! rm -rf /', 'db/schema.sql:1:1: \\! is a command of psql, not SQL'],
    ['\\i other.sql', 'db/schema.sql:1:1: there is no file other.sql'],
  ])('such as %j is the finding', async (sql, message) => {
    const finding = await found('SELECT 1', sql)
    expect(finding).toMatchObject({status: 'fail', fix: expect.stringMatching(/./)})
    expect(finding.message).toContain(message.split(': ')[0])
  })

  it('since it is a folder is the finding', () =>
    withDatabase(async (database) => {
      const files = {'db/schema.sql/x': ''}
      expect(await seeOnce(urlOf(database), [databaseCheck, schemaCheck], {files})).toEqual({
        status: 'fail',
        message: 'db/schema.sql is a folder',
        fix: 'name the SQL file in it',
      })
    }))

  it('without a table has nothing to compare', async () => {
    for (const sql of ['', '-- nothing', 'CREATE VIEW v AS SELECT 1'])
      expect(await found('SELECT 1', sql)).toEqual({
        status: 'ok',
        message: 'db/schema.sql makes no table that could be compared',
      })
  })
})

it('a role without rights sees the same', () =>
  withRole(async ({url}) => {
    const database = freshName()
    await withNamed(database, '', async () => {
      await query(`${SQL} CREATE SCHEMA hidden; CREATE TABLE hidden.t (n int)`, database)
      const files = {'db/schema.sql': `${SQL} CREATE TABLE hidden.t (n int)`}
      const finding = await seeOnce(url(database), [databaseCheck, schemaCheck], {files})
      expect(finding).toEqual({status: 'ok', message: 'the 3 tables of db/schema.sql are there'})
    })
  }))
