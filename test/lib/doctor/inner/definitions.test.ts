import {describe, expect, it} from 'vitest'
import {readDefinitions} from '../../../../src/lib/doctor/inner/definitions.js'
import {partsOf, partsOfShown, shownType} from '../../../../src/lib/doctor/inner/types.js'

async function* each(statements: readonly string[]): AsyncGenerator<string> {
  yield* statements
}

/** The tables that statements make, each with its columns and their types, or `?` where they are not known. */
async function made(...statements: string[]): Promise<Record<string, unknown>> {
  const {tables} = await readDefinitions(each(statements), 'public')
  const entries = [...tables.values()].map(({columns, name, schema}) => {
    const told = columns?.map((column) => {
      const {base, modifiers} = partsOf(column.type)
      return `${column.name} ${base}${modifiers && `(${modifiers})`}`
    })
    return [`${schema}.${name}`, told ?? '?']
  })
  return Object.fromEntries(entries)
}

async function extensions(...statements: string[]): Promise<string[]> {
  return [...(await readDefinitions(each(statements), 'public')).extensions]
}

describe('CREATE TABLE', () => {
  it('names its columns and their types, whatever else stands there', async () => {
    const sql = `CREATE TABLE IF NOT EXISTS app.Users ( -- a comment, with a comma (
      id BIGSERIAL PRIMARY KEY, /* another, /* nested, */ one */
      "Display ""Name""" character varying (20) COLLATE "C" NOT NULL DEFAULT 'a, b)',
      price numeric(10, 2) CHECK (price > 0 AND price < 10),
      tags text[] DEFAULT '{}'::text[], at timestamp(3) with time zone,
      body text DEFAULT $x$a, ) b$x$, full_name text GENERATED ALWAYS AS (a || ',' || b) STORED,
      CONSTRAINT one CHECK (price <> 1), PRIMARY KEY (id), UNIQUE (a, b),
      FOREIGN KEY (a) REFERENCES b (c), EXCLUDE USING gist (c WITH &&), exclude text)
      WITH (fillfactor = 70)`
    expect(await made(sql)).toEqual({
      'app.users': [
        'id bigint',
        'Display "Name" character varying(20)',
        'price numeric(10,2)',
        'tags text [ ]',
        'at timestamp with time zone(3)',
        'body text',
        'full_name text',
        'exclude text',
      ],
    })
  })

  it('of a kind that is kept is one, a temporary one is none', async () => {
    expect(
      await made(
        'CREATE UNLOGGED TABLE a (n int)',
        'CREATE TEMP TABLE b (n int)',
        'create local temporary table c (n int)',
        'CREATE TABLE pg_temp.d (n int)',
        'CREATE FOREIGN TABLE e (n int) SERVER s',
        'CREATE TABLE p PARTITION OF q FOR VALUES IN (1)',
      ),
    ).toEqual({'public.a': ['n int'], 'public.e': ['n int']})
  })

  it.each([
    'CREATE TABLE t (LIKE other INCLUDING ALL)',
    'CREATE TABLE t (a int, LIKE other)',
    'CREATE TABLE t (a int) INHERITS (other)',
    'CREATE TABLE t AS SELECT 1 AS a',
    'CREATE TABLE t (a, b) AS SELECT 1, 2',
    'CREATE TABLE t OF composite',
    'CREATE TABLE t ("" int)',
    'CREATE TABLE t (U&"d\\0061t" int)',
  ])('%s makes a table whose columns nobody knows', async (sql) => {
    expect(await made(sql)).toEqual({'public.t': '?'})
  })

  it('that cannot be read makes none', async () => {
    expect(await made('CREATE TABLE U&"d\\0061t" (n int)', 'CREATE TABLE', 'CREATE')).toEqual({})
  })

  it('IF NOT EXISTS leaves one that is there', async () => {
    expect(await made('CREATE TABLE t (a int)', 'CREATE TABLE IF NOT EXISTS t (b int)')).toEqual({
      'public.t': ['a int'],
    })
  })

  it('cuts a name as PostgreSQL does', async () => {
    const [long, cut] = ['é'.repeat(40), 'é'.repeat(31)]
    expect(await made(`CREATE TABLE "${long}" (n int)`)).toEqual({[`public.${cut}`]: ['n int']})
  })
})

describe('what follows', () => {
  const table = 'CREATE TABLE t (a int, b text)'

  it.each([
    [
      'ALTER TABLE t ADD c date, ADD COLUMN IF NOT EXISTS d int',
      ['a int', 'b text', 'c date', 'd int'],
    ],
    ['ALTER TABLE ONLY public.t ADD COLUMN IF NOT EXISTS a text', ['a int', 'b text']],
    ['ALTER TABLE IF EXISTS t DROP COLUMN IF EXISTS a CASCADE', ['b text']],
    ['ALTER TABLE t DROP b', ['a int']],
    ['ALTER TABLE t ALTER a TYPE bigint USING a::bigint', ['a bigint', 'b text']],
    ['ALTER TABLE t ALTER COLUMN b SET DATA TYPE varchar(3)', ['a int', 'b varchar(3)']],
    ['ALTER TABLE t ALTER b SET NOT NULL, ALTER a SET DEFAULT 3', ['a int', 'b text']],
    ['ALTER TABLE t RENAME COLUMN a TO "A"', ['A int', 'b text']],
    ['ALTER TABLE t RENAME b TO c', ['a int', 'c text']],
    ['ALTER TABLE t RENAME CONSTRAINT x TO y', ['a int', 'b text']],
    ['ALTER TABLE t ADD CONSTRAINT x UNIQUE (a, b)', ['a int', 'b text']],
    ['ALTER TABLE t ADD PRIMARY KEY (a), ADD CHECK (a > 0)', ['a int', 'b text']],
    ['ALTER TABLE t DROP CONSTRAINT x', ['a int', 'b text']],
    ['ALTER TABLE t OWNER TO somebody', ['a int', 'b text']],
    ['ALTER TABLE t ENABLE ROW LEVEL SECURITY', ['a int', 'b text']],
    ['ALTER TABLE t ADD U&"d\\0061t" int', '?'],
    ['ALTER TABLE other ADD c int', ['a int', 'b text']],
    ['ALTER INDEX t RENAME TO u', ['a int', 'b text']],
  ])('%s is heeded', async (sql, columns) => {
    expect(await made(table, sql)).toEqual({'public.t': columns})
  })

  it('renames and moves tables', async () => {
    expect(await made(table, 'ALTER TABLE t RENAME TO u')).toEqual({
      'public.u': ['a int', 'b text'],
    })
    expect(await made(table, 'ALTER TABLE t SET SCHEMA s')).toEqual({'s.t': ['a int', 'b text']})
  })

  it('drops tables', async () => {
    expect(await made(table, 'DROP TABLE IF EXISTS x, public.t CASCADE')).toEqual({})
    expect(await made(table, 'DROP SCHEMA public CASCADE')).toEqual({})
    expect(await made(table, 'DROP VIEW t')).toHaveProperty(['public.t'])
    expect(await made(table, 'DROP TABLE other.t')).toHaveProperty(['public.t'])
  })

  it('makes a table a part of another one', async () => {
    expect(await made(table, 'ALTER TABLE big ATTACH PARTITION t FOR VALUES IN (1)')).toEqual({})
  })

  it('is not known of what a DO block names', async () => {
    const other = 'CREATE TABLE other (n int)'
    expect(
      await made(table, other, `DO $$ BEGIN EXECUTE 'ALTER TABLE OTHER ADD x int'; END $$`),
    ).toEqual({
      'public.t': ['a int', 'b text'],
    })
  })
})

describe('a table without a schema', () => {
  const table = 'CREATE TABLE t (a int)'

  it.each([
    ['SET search_path TO app, public', ['app.t']],
    ['SET search_path = "App"', ['App.t']],
    ["SET LOCAL search_path TO 'x', y", ['x.t']],
    ['SET SESSION search_path TO DEFAULT', ['public.t']],
    ['SET search_path TO "$user", public', ['public.t']],
    ["SELECT pg_catalog.set_config('search_path', 'app', false)", ['app.t']],
    ["SELECT pg_catalog.set_config('search_path', '', false)", []],
    ["SELECT set_config('statement_timeout', '0', false)", ['public.t']],
    ['SET statement_timeout = 0', ['public.t']],
  ])('behind %s is where that leads', async (sql, names) => {
    expect(Object.keys(await made(sql, table))).toEqual(names)
  })

  it('is where it was again behind RESET', async () => {
    for (const reset of ['RESET search_path', 'RESET ALL', 'DISCARD ALL'])
      expect(await made('SET search_path TO app', reset, table)).toHaveProperty(['public.t'])
  })
})

describe('extensions', () => {
  it('are those that are created and not dropped', async () => {
    expect(
      await extensions(
        'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public',
        'CREATE EXTENSION PgCrypto',
        'CREATE EXTENSION hstore',
        'DROP EXTENSION IF EXISTS hstore, citext CASCADE',
        "COMMENT ON EXTENSION citext IS ''",
      ),
    ).toEqual(['uuid-ossp', 'pgcrypto'])
  })
})

describe('a type as the server writes it', () => {
  it.each([
    ['character varying(20)[]', {base: 'character varying[]', modifiers: '20'}],
    ['timestamp(3) without time zone', {base: 'timestamp without time zone', modifiers: '3'}],
    ['numeric(10,2)', {base: 'numeric', modifiers: '10,2'}],
    ['app."odd (type)"', {base: 'app."odd (type)"', modifiers: ''}],
    ['text', {base: 'text', modifiers: ''}],
    ['time(2) with time zone[]', {base: 'time with time zone[]', modifiers: '2'}],
  ])('%s is taken apart, and put together', (shown, parts) => {
    expect(partsOfShown(shown)).toEqual(parts)
    expect(shownType(parts)).toBe(shown)
  })
})
