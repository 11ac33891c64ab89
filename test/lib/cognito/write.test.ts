import {expect, test} from 'vitest'
import {writeIds} from '../../../src/lib/cognito/write.js'
import {connect} from '../../support/postgres.js'
import {onScene, poolUser} from './stage.js'

test('all ids are set, and what is not to be set stays', () =>
  onScene(async ({client, ids, rows, shown}) => {
    await rows(['a', 'MOCK'], ['b', 2], ['c', null], ['nobody', 7], ['mock', 'MOCK'])
    await shown(poolUser(1, 'a'), poolUser(2, 'b'), poolUser(3, 'c'), poolUser(4, 'unknown'))
    expect(await writeIds(client)).toBe(2)
    expect(await ids()).toEqual({a: 1, b: 2, c: 3, nobody: 7, mock: 'MOCK'})
  }))

test('ids that go round among rows meet no unique index', () =>
  onScene(
    async ({client, ids, rows, shown}) => {
      await rows(['a', 2], ['b', 3], ['c', 1], ['d', 5], ['e', 4])
      await shown(...['a', 'b', 'c', 'd', 'e'].map((handle, at) => poolUser(at + 1, handle)))
      expect(await writeIds(client)).toBe(5)
      expect(await ids()).toEqual({a: 1, b: 2, c: 3, d: 4, e: 5})
    },
    {idType: 'varchar(36) NOT NULL UNIQUE'},
  ))

test('nor a constraint that asks for UUIDs', () =>
  onScene(async ({client, ids, rows, shown}) => {
    await client.query(
      "ALTER TABLE users ADD CHECK (cognito_user_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')",
    )
    await rows(['a', 2], ['b', 1])
    await shown(poolUser(1, 'a'), poolUser(2, 'b'))
    expect(await writeIds(client)).toBe(2)
    expect(await ids()).toEqual({a: 1, b: 2})
  }))

const refusals: [what: string, sql: string, message: string, hint: string][] = [
  [
    'a constraint',
    "ALTER TABLE users ADD CONSTRAINT mine CHECK (handle <> 'b' OR cognito_user_id = 'MOCK')",
    'new row for relation "users" violates check constraint "mine"',
    'see that "mine" on public.users lets Cognito\'s ids in',
  ],
  [
    'a constraint at COMMIT',
    `CREATE TABLE known (id text PRIMARY KEY); INSERT INTO known VALUES ('MOCK');
     ALTER TABLE users ADD CONSTRAINT late FOREIGN KEY (cognito_user_id) REFERENCES known DEFERRABLE INITIALLY DEFERRED`,
    'insert or update on table "users" violates foreign key constraint "late"',
    'see that "late" on public.users lets Cognito\'s ids in',
  ],
  [
    'a trigger',
    `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not %', NEW.handle; END$$;
     CREATE TRIGGER no BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.handle = 'b') EXECUTE FUNCTION no()`,
    'not b',
    "see that the columns and triggers of public.users let Cognito's ids in",
  ],
]
test.each(refusals)(
  'an id that %s refuses is said to be, and none is set',
  (_, sql, message, hint) =>
    onScene(async ({client, ids, rows, shown}) => {
      await rows(['a', 'MOCK'], ['b', 'MOCK'])
      await client.query(sql)
      await shown(poolUser(1, 'a'), poolUser(2, 'b'))
      await expect(writeIds(client)).rejects.toMatchObject({
        code: 'USERS_NOT_SET',
        message: `the server refuses an id: ${message}`,
        details: {hint: `nothing was changed; ${hint}`, sqlstate: expect.any(String)},
      })
      expect(await ids()).toEqual({a: 'MOCK', b: 'MOCK'})
    }),
)

test('what has become right since it was shown is left alone', () =>
  onScene(async ({client, database, ids, rows, shown}) => {
    await rows(['a', 'MOCK'], ['b', 'MOCK'])
    const {set} = await shown(poolUser(1, 'a'), poolUser(2, 'b'))
    const other = await connect(database)
    await other.query(`UPDATE users SET cognito_user_id = $1 WHERE handle = 'a'`, [
      poolUser(1, '').sub,
    ])
    await other.end()
    expect([set.count, await writeIds(client)]).toEqual([2, 1])
    expect(await ids()).toEqual({a: 1, b: 2})
  }))

const changes = {
  'a row that was not there': `INSERT INTO users VALUES ('b', 'MOCK')`,
  'another id': `UPDATE users SET cognito_user_id = 'other'`,
}
test.each(Object.entries(changes))(
  'what would be set though it was not shown, %s, is refused',
  (_, change) =>
    onScene(async ({client, database, ids, rows, shown}) => {
      await rows(['a', 'MOCK'])
      await shown(poolUser(1, 'a'), poolUser(2, 'b'))
      const other = await connect(database)
      await other.query(change)
      await other.end()
      const before = await ids()
      await expect(writeIds(client)).rejects.toMatchObject({
        code: 'TARGET_CHANGED',
        exit: 4,
        message: '1 user was changed in the database after the difference was shown',
      })
      expect(await ids()).toEqual(before)
    }),
)

test('a row that a trigger keeps as it is has all others stay too', () =>
  onScene(async ({client, ids, rows, shown}) => {
    await rows(['a', 'MOCK'], ['b', 'MOCK'])
    await client.query(`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER keep BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.handle = 'a') EXECUTE FUNCTION keep()`)
    await shown(poolUser(1, 'a'), poolUser(2, 'b'))
    await expect(writeIds(client)).rejects.toMatchObject({
      code: 'USERS_NOT_SET',
      message: 'the server set 1 of 2 ids: a trigger or row security keeps the others as they are',
    })
    expect(await ids()).toEqual({a: 'MOCK', b: 'MOCK'})
  }))

test('so does one in which a trigger writes another id', () =>
  onScene(async ({client, ids, rows, shown}) => {
    await rows(['a', 'MOCK'], ['b', 'MOCK'])
    await client.query(`CREATE FUNCTION mock() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN NEW.cognito_user_id = ''MOCK''; RETURN NEW; END';
      CREATE TRIGGER mock BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.handle = 'a') EXECUTE FUNCTION mock()`)
    await shown(poolUser(1, 'a'), poolUser(2, 'b'))
    await expect(writeIds(client)).rejects.toMatchObject({code: 'USERS_NOT_SET'})
    expect(await ids()).toEqual({a: 'MOCK', b: 'MOCK'})
  }))

test('users of a partitioned table, and behind a view, have theirs set', () =>
  onScene(async ({client, ids, rows, shown}) => {
    await client.query(`DROP TABLE users;
      CREATE TABLE people (handle text, cognito_user_id text) PARTITION BY HASH (handle);
      CREATE TABLE even PARTITION OF people FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE odd PARTITION OF people FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE VIEW users AS SELECT * FROM people`)
    await rows(['a', 'MOCK'], ['b', 3], ['c', 2])
    await shown(poolUser(1, 'a'), poolUser(2, 'b'), poolUser(3, 'c'))
    expect(await writeIds(client)).toBe(3)
    expect(await ids()).toEqual({a: 1, b: 2, c: 3})
  }))

test('a handle that is longer than an index takes keeps nobody else from an id', () =>
  onScene(async ({client, ids, rows, shown}) => {
    // As long as Cognito lets one be, of characters that do not shrink.
    const long = Array.from({length: 2048}, (_, at) =>
      String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)),
    )
    await rows(['a', 'MOCK'], [long.join(''), 'MOCK'])
    await shown(poolUser(1, 'a'), poolUser(2, long.join('')), poolUser(3, long.reverse().join('')))
    expect(await writeIds(client)).toBe(2)
    expect(await ids()).toMatchObject({a: 1})
  }))

test('a table that another session has changed is waited for no longer than a sign-up may last', () =>
  onScene(async ({client, database, ids, rows, shown}) => {
    await rows(['a', 'MOCK'])
    await shown(poolUser(1, 'a'))
    const other = await connect(database)
    await other.query(`BEGIN; INSERT INTO users VALUES ('b', 'MOCK')`)
    await expect(writeIds(client, ' --prod')).rejects.toMatchObject({
      code: 'USERS_LOCKED',
      exit: 1,
      details: {hint: expect.stringContaining('(cruddur-db sessions --long --prod)')},
    })
    await other.query('ROLLBACK')
    expect(await writeIds(client)).toBe(1)
    await other.end()
    expect(await ids()).toEqual({a: 1})
  }))

test('while the ids are set others read the table', () =>
  onScene(async ({client, database, rows, shown}) => {
    await rows(['a', 'MOCK'])
    await shown(poolUser(1, 'a'))
    const reader = await connect(database)
    await reader.query('BEGIN; SELECT * FROM users')
    expect(await writeIds(client)).toBe(1)
    await reader.end()
  }))

test('a connection that is lost at COMMIT leaves open whether it was kept', () =>
  onScene(async ({client, database, rows, shown}) => {
    await rows(['a', 'MOCK'])
    await client.query(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die()`)
    await shown(poolUser(1, 'a'))
    await expect(writeIds(client)).rejects.toMatchObject({code: 'COMMIT_UNKNOWN', exit: 3})
    const other = await connect(database)
    const {rows: found} = await other.query('SELECT cognito_user_id AS id FROM users')
    await other.end()
    expect(found).toEqual([{id: 'MOCK'}])
  }))
