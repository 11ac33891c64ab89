import pg from 'pg'
import {describe, expect, test} from 'vitest'
import {fillDatabase} from '../../../src/lib/cli/fill.js'
import {SILENT_BAR} from '../../../src/lib/cli/progress.js'
import {openClient} from '../../../src/lib/postgres/connection/open.js'
import {Secret} from '../../../src/lib/target/secret.js'
import type {Target} from '../../../src/lib/target/target.js'
import {freshName, query, withDatabase} from '../../support/postgres.js'
import {openRelay} from '../../support/relay.js'
import {targetOf} from '../../support/target.js'
import {errorOf, scriptOf} from '../sql/support.js'

const WHO = 'CREATE TABLE who AS SELECT pg_backend_pid() AS schema;'

interface Filled {
  steps: string[]
  notices: string[]
  connections: number
}

/**
 * Fills `target` with two files, by way of what counts the connections.
 *
 * @param begun whether one of them was made beforehand
 */
async function fill(
  target: Target,
  schema: string,
  seed: string,
  {begun = false} = {},
): Promise<Filled> {
  const [{host, port}] = target.hosts
  const relay = await openRelay({host, port})
  const {database} = target
  const [steps, notices]: [string[], string[]] = [[], []]
  const fillings = [
    {step: 'schema', script: await scriptOf({'schema.sql': schema}, {database})},
    {step: 'seed', script: await scriptOf({'seed.sql': seed}, {database})},
  ]
  try {
    const counted: Target = {...target, hosts: [{host: '127.0.0.1', port: relay.port}]}
    await fillDatabase(counted, fillings, {
      connection: {
        signal: new AbortController().signal,
        onEcho: (line) => notices.push(line),
        onNotice: (_, message) => notices.push(message),
      },
      way: {direct: true, opened: begun ? openClient(counted, {}) : undefined},
      step: (name, run) => {
        steps.push(name)
        return run()
      },
      openBar: () => SILENT_BAR,
    })
    return {steps, notices, connections: relay.taken()}
  } finally {
    relay.close()
  }
}

/** Runs `fn` with a role of its own, which has an empty database of its own. */
async function withRole(fn: (target: Target, role: string) => Promise<void>): Promise<void> {
  const role = freshName('_role')
  await query(`CREATE ROLE "${role}" SUPERUSER LOGIN PASSWORD 'x'`)
  try {
    await withDatabase((database) =>
      fn(targetOf(database, {user: role, password: new Secret('x')}), role),
    )
  } finally {
    await query(`DROP ROLE "${role}"`)
  }
}

/** Whether one process served both files: the first holds {@link WHO}, the second `seed`, of its own number. */
async function sameProcess(database: string): Promise<unknown> {
  const rows = await query<{same: boolean}>(
    'SELECT who.schema = seed.pid AS same FROM public.who, public.seed',
    database,
  )
  return rows[0]?.same
}

const SEED = 'CREATE TABLE seed AS SELECT pg_backend_pid() AS pid'

describe('two files', () => {
  test('run in order on one connection and in one process', async () => {
    await withDatabase(async (database) => {
      const {connections, steps} = await fill(
        targetOf(database),
        `${WHO} CREATE TABLE t (n int);`,
        `INSERT INTO t VALUES (1); ${SEED};`,
      )
      expect(steps).toEqual(['schema', 'seed'])
      expect(connections).toBe(1)
      expect(await sameProcess(database)).toBe(true)
      expect(await query('SELECT n FROM t', database)).toEqual([{n: 1}])
    })
  })

  test('run each as on a new connection: nothing of the first one’s session is left', async () => {
    await withDatabase(async (database) => {
      const schema = `${WHO}
        SET search_path = information_schema;
        SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;
        PREPARE p AS SELECT 1;
        DECLARE c CURSOR WITH HOLD FOR SELECT 1;
        LISTEN l;
        SELECT pg_advisory_lock(4711);
        SET standard_conforming_strings = off;
        SET SESSION AUTHORIZATION pg_monitor;
        SET ROLE pg_read_all_stats;`
      const seed = `CREATE TABLE seed AS SELECT pg_backend_pid() AS pid,
        current_setting('search_path') AS path, current_setting('transaction_isolation') AS isolation,
        (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
        (SELECT count(*)::int FROM pg_cursors) AS cursors,
        (SELECT count(*)::int FROM pg_listening_channels()) AS listens,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
        '\\' || current_setting('standard_conforming_strings') AS strings,
        session_user::text AS session, current_user::text AS role;`
      const target = targetOf(database)
      const {connections} = await fill(target, schema, seed)
      expect(connections).toBe(1)
      expect(await sameProcess(database)).toBe(true)
      expect(await query('SELECT * FROM seed', database)).toEqual([
        {
          pid: expect.any(Number),
          path: '"$user", public',
          isolation: 'read committed',
          prepared: 0,
          cursors: 0,
          listens: 0,
          locks: 0,
          strings: '\\on',
          session: target.user,
          role: target.user,
        },
      ])
    })
  })

  test('have no temporary tables in common', async () => {
    await withDatabase(async (database) => {
      const seed = "CREATE TABLE seed AS SELECT to_regclass('t')::text AS found;"
      await fill(targetOf(database), 'CREATE TEMP TABLE t ();', seed)
      expect(await query('SELECT found FROM seed', database)).toEqual([{found: null}])
    })
  })

  test('run on a connection that was made beforehand, where there is one', async () => {
    await withDatabase(async (database) => {
      const {connections} = await fill(targetOf(database), WHO, SEED, {begun: true})
      expect(connections).toBe(1)
      expect(await sameProcess(database)).toBe(true)
    })
  })

  test('each tell what they have to say', async () => {
    await withDatabase(async (database) => {
      const say = (word: string) =>
        `DO $$BEGIN RAISE NOTICE '${word}'; END$$;\n\\echo ${word} too\n`
      const {notices} = await fill(targetOf(database), say('schema'), say('seed'))
      expect(notices.sort()).toEqual(['schema', 'schema too', 'seed', 'seed too'])
    })
  })

  test('may each begin with SET TRANSACTION', async () => {
    await withDatabase(async (database) => {
      const set = 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;'
      const level = "current_setting('transaction_isolation') AS level"
      await fill(
        targetOf(database),
        `${set} CREATE TABLE level AS SELECT ${level};`,
        `${set} INSERT INTO level SELECT ${level};`,
      )
      expect(await query('SELECT level FROM level', database)).toEqual([
        {level: 'serializable'},
        {level: 'serializable'},
      ])
    })
  })
})

const ALTER_DATABASE = `DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app', current_database()); END$$;`

describe('the second file begins with what the first one has set for later logins', () => {
  const path = `CREATE TABLE public.seed AS SELECT pg_backend_pid() AS pid, current_setting('search_path') AS path;`

  test.each<[string, (database: string, role: string) => string]>([
    ['of the database', () => ALTER_DATABASE],
    ['of the role', (_, role) => `ALTER ROLE "${role}" SET search_path = app;`],
    [
      'of the role in the database',
      (database, role) => `ALTER ROLE "${role}" IN DATABASE "${database}" SET search_path = app;`,
    ],
  ])('%s', async (_, alter) => {
    await withRole(async (target, role) => {
      const {connections, steps} = await fill(
        target,
        `CREATE SCHEMA app; ${WHO} ${alter(target.database, role)}`,
        path,
      )
      const {database} = target
      expect(await query('SELECT path FROM public.seed', database)).toEqual([{path: 'app'}])
      expect(await sameProcess(database)).toBe(false)
      expect({connections, steps}).toEqual({connections: 2, steps: ['schema', 'seed']})
    })
  })

  test('also where the connection of the first was made beforehand', async () => {
    await withDatabase(async (database) => {
      const schema = `CREATE SCHEMA app; ${WHO} ${ALTER_DATABASE}`
      const {connections} = await fill(targetOf(database), schema, path, {begun: true})
      expect(await query('SELECT path FROM public.seed', database)).toEqual([{path: 'app'}])
      expect(connections).toBe(2)
    })
  })

  test('also where the first one goes on as somebody else', async () => {
    await withDatabase(async (database) => {
      const schema = `CREATE SCHEMA app; ${ALTER_DATABASE} SET SESSION AUTHORIZATION pg_monitor;`
      await fill(targetOf(database), schema, path)
      expect(await query('SELECT path FROM public.seed', database)).toEqual([{path: 'app'}])
    })
  })

  test('also where the first one has put something in the place of the catalogue', async () => {
    await withDatabase(async (database) => {
      const schema = `CREATE SCHEMA evil;
        CREATE VIEW evil.pg_db_role_setting AS SELECT 0::oid AS setdatabase, 0::oid AS setrole, NULL::text[] AS setconfig WHERE false;
        ${ALTER_DATABASE} SET search_path = evil, pg_catalog;`
      await fill(targetOf(database), schema, path)
      expect(await query('SELECT path FROM public.seed', database)).toEqual([{path: 'app'}])
    })
  })

  test.each([
    "SET my.setting = 'x';",
    "SET LOCAL my.setting TO 'x';",
    "SELECT set_config('my.setting', 'x', false);",
    "DO $$BEGIN PERFORM set_config('my' || '.setting', 'x', false); END$$;",
  ])('without a setting of the first one’s own making: %s', async (statement) => {
    await withDatabase(async (database) => {
      const seed = `CREATE TABLE seed AS SELECT current_setting('my.setting', true) AS found;`
      const {connections} = await fill(targetOf(database), statement, seed)
      expect(await query('SELECT found FROM seed', database)).toEqual([{found: null}])
      expect(connections).toBe(2)
    })
  })

  test('also where that is set back', async () => {
    await withRole(async (target, role) => {
      await query(`ALTER ROLE "${role}" SET search_path = app`)
      await fill(
        target,
        `CREATE TABLE public.who AS SELECT pg_backend_pid() AS schema; ALTER ROLE "${role}" RESET ALL;`,
        path,
      )
      const found = await query('SELECT path FROM public.seed', target.database)
      expect(found).toEqual([{path: '"$user", public'}])
    })
  })

  test('not with what it has set for others, which is no reason to connect anew', async () => {
    await withRole(async (target) => {
      const other = freshName('_role')
      const {connections} = await fill(
        target,
        `${WHO} CREATE ROLE "${other}"; ALTER ROLE "${other}" SET search_path = app;`,
        path,
      )
      await query(`DROP ROLE "${other}"`)
      expect(connections).toBe(1)
      const found = await query('SELECT path FROM public.seed', target.database)
      expect(found).toEqual([{path: '"$user", public'}])
    })
  })
})

describe('nothing of the second file runs', () => {
  test.each<[string, string, object]>([
    [
      'when the first one fails',
      'CREATE TABLE t (n int);\nINSERT INTO t VALUES (1 / 0);',
      {sqlstate: '22012', file: 'schema.sql', line: 2},
    ],
    [
      'when a constraint of the first one fails at its COMMIT',
      `CREATE TABLE t (n int PRIMARY KEY, m int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
       INSERT INTO t VALUES (1, 2);`,
      {sqlstate: '23503', file: 'schema.sql'},
    ],
    [
      'when the first one changes logins, and fails at its COMMIT',
      `${ALTER_DATABASE} CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);
       INSERT INTO t VALUES (1), (1);`,
      {sqlstate: '23505', file: 'schema.sql'},
    ],
  ])('%s', async (_, schema, details) => {
    await withDatabase(async (database) => {
      // Stays when all else is rolled back.
      await query('CREATE SEQUENCE ran', database)
      const error = await errorOf(() =>
        fill(targetOf(database), schema, "SELECT nextval('public.ran');"),
      )
      expect(error).toMatchObject({code: 'SQL_ERROR', details})
      expect(await query('SELECT is_called FROM ran', database)).toEqual([{is_called: false}])
      expect(await query("SELECT to_regclass('t') AS t", database)).toEqual([{t: null}])
    })
  })

  test('of a second one that fails is kept, and the error tells where', async () => {
    await withDatabase(async (database) => {
      const seed = 'INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1 / 0);'
      const error = await errorOf(() => fill(targetOf(database), 'CREATE TABLE t (n int);', seed))
      expect(error.details).toMatchObject({sqlstate: '22012', file: 'seed.sql', line: 2})
      expect(await query('SELECT FROM t', database)).toEqual([])
    })
  })
})

describe('files are read as the server reads them', () => {
  const text = "it's; fine"
  const insert = "INSERT INTO t VALUES ('it\\'s; fine'); SELECT 'a\\';', 1;"

  test('where the role takes backslashes in strings', async () => {
    await withRole(async (target, role) => {
      await query(`ALTER ROLE "${role}" SET standard_conforming_strings = off`)
      await fill(target, `CREATE TABLE t (t text); ${insert}`, insert)
      expect(await query('SELECT t FROM t', target.database)).toEqual([{t: text}, {t: text}])
    })
  })

  test('where the first one has later sessions take them', async () => {
    await withDatabase(async (database) => {
      const alter = `ALTER DATABASE ${pg.escapeIdentifier(database)} SET standard_conforming_strings = off;`
      await fill(targetOf(database), `CREATE TABLE t (t text); ${alter}`, insert)
      expect(await query('SELECT t FROM t', database)).toEqual([{t: text}])
    })
  })
})
