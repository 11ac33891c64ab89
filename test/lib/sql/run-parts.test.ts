import type {Client} from 'pg'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {type RunProgress, runScript} from '../../../src/lib/sql/run.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {
  type Content,
  errorOf,
  placeOf,
  scriptOf,
  tablesOf,
  testFolder,
  writeFiles,
} from './support.js'

const database = freshName()
let client: Client

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0 ENCODING 'UTF8'`)
  client = await connect(database)
})

afterAll(async () => {
  await client.end()
  await dropDatabases(database)
})

afterEach(async () => {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
})

const run = async (content: Content | Readonly<Record<string, Content>>, transaction = true) =>
  await runScript(client, await scriptOf(content, {database, transaction}))

const rowsOf = async (sql: string) =>
  (await client.query<Record<string, unknown>>({text: sql})).rows.map((row) => Object.values(row))

/** `count` statements of about 100 bytes, one in a line. */
const many = (count: number, statement = 'INSERT INTO t VALUES (1);') =>
  `${statement.padEnd(99)}\n`.repeat(count)

const TABLE = 'CREATE TABLE t (n int CHECK (n < 1000), u int UNIQUE);\n'

describe('a file of more than 256 KB of statements', () => {
  test('runs them all, some at a time', async () => {
    const script = await scriptOf(`${TABLE}${many(20_000)}`, {database})
    const seen: RunProgress[] = []
    const result = await runScript(client, script, {onProgress: (each) => seen.push(each)})
    expect(result).toEqual({statements: 20_001, rows: 20_000})
    expect(await rowsOf('SELECT count(*)::int FROM t')).toEqual([[20_000]])
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.length).toBeLessThan(10)
    expect(seen.at(-1)).toMatchObject({bytes: script.bytes, total: script.bytes, rows: 20_000})
    expect(seen.map(({statements}) => statements)).toEqual(
      seen.map(({statements}) => statements).sort((a, b) => a - b),
    )
  })

  test.each([
    ['a syntax error', 'INSERT INTO t VALUES 1;', 22],
    ['a missing column', 'INSERT INTO t VALUES (nope);', 23],
    ['a missing table', '/* é */ SELECT 1 FROM nope;', 23],
    ['a unique violation', 'INSERT INTO t VALUES (1, 7), (2, 7);', 1],
    ['a check', '  INSERT INTO t VALUES (1000);', 3],
    ['a division by zero', '/* 😀 */ SELECT 1 / n0 FROM (VALUES (0)) AS z (n0);', 9],
    ['RAISE', "DO $$BEGIN RAISE 'no'; END$$;", 4],
    ['RAISE in a function', 'SELECT raise();', 1],
  ])('%s in it is placed', async (_, statement, column) => {
    const raise = `CREATE FUNCTION raise() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE ''x''; END';\n`
    for (const before of [0, 1, 2000, 3100]) {
      const content = `${TABLE}${raise}${many(before)}${statement}\n${many(3000)}`
      const error = await errorOf(() => run(content))
      expect(error.code).toBe('SQL_ERROR')
      expect(placeOf(error)).toBe(`x.sql:${before + 3}:${column}`)
      expect(await tablesOf(database)).toEqual([])
    }
  })
})

test('an error while the next statements are on their way is one error, without a warning', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  try {
    const error = await errorOf(() => run(`${TABLE}SELECT 1/0;\n${many(20_000)}`))
    expect(error.message).toBe('division by zero')
    expect(await rowsOf('SELECT 1')).toEqual([[1]])
    expect(warnings).toEqual([])
  } finally {
    process.off('warning', note)
  }
})

describe('a statement that fails without a position is the one named', () => {
  test.each([
    ['rows that a SELECT returns', 'SELECT generate_series(1, 1000); TABLE t; VALUES (1), (2);'],
    ['statements that are empty', ';; ; /* a */ ;\n-- b\n;'],
    ['comments', '/* a; */ SELECT 1 /* b; */ ; -- c;\n/* d /* e; */ ; */'],
    ['a rule that does nothing instead', 'INSERT INTO ruled VALUES (-1);'],
    ['a rule that does something else instead', 'UPDATE ruled SET n = 2;'],
    ['a rule that does more', 'INSERT INTO ruled VALUES (1); DELETE FROM ruled;'],
    ['a trigger that does more', 'INSERT INTO triggered VALUES (1), (2);'],
    ['a trigger that lets no row in', 'INSERT INTO triggered VALUES (-1);'],
    ['rows that COPY gives out', 'COPY t TO stdout; COPY (SELECT 1) TO STDOUT WITH (FORMAT csv);'],
    ['statements of many kinds', "SET a.b = 'c'; SHOW a.b; DISCARD PLANS; LOCK TABLE t; NOTIFY n;"],
    ['a cursor', 'DECLARE c CURSOR FOR SELECT 1; FETCH c; MOVE c; CLOSE c;'],
    ['a prepared statement', 'PREPARE p AS SELECT 1; EXECUTE p; EXPLAIN EXECUTE p; DEALLOCATE p;'],
    ['a procedure', 'CALL procedure_of_t();'],
    ['a savepoint that is rolled back', 'SAVEPOINT s; TABLE t; ROLLBACK TO s; RELEASE s;'],
    ['a DO', 'DO $$ BEGIN INSERT INTO t VALUES (1); PERFORM 1; END $$;'],
    ['a table made from a query', 'CREATE TABLE made AS TABLE t; SELECT 1 AS a INTO made2;'],
    [
      'notices',
      "DO $$ BEGIN RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$; DROP TABLE IF EXISTS no;",
    ],
  ])('behind %s', async (_, statements) => {
    const content = `${TABLE}
      CREATE TABLE ruled (n int);
      CREATE RULE a AS ON INSERT TO ruled WHERE NEW.n < 0 DO INSTEAD NOTHING;
      CREATE RULE b AS ON UPDATE TO ruled DO INSTEAD (INSERT INTO t VALUES (1); SELECT 2; DELETE FROM t);
      CREATE RULE c AS ON INSERT TO ruled DO ALSO (INSERT INTO t VALUES (NEW.n); SELECT 3);
      CREATE TABLE triggered (n int);
      CREATE FUNCTION trigger_of_t() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO t VALUES (3); RETURN CASE WHEN NEW.n > 0 THEN NEW END; END $$;
      CREATE TRIGGER d BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION trigger_of_t();
      CREATE PROCEDURE procedure_of_t() LANGUAGE sql AS 'SELECT 1; INSERT INTO t VALUES (1); SELECT 2';
      ${statements}
      /* é */ SELECT /* é */ 1 / (SELECT count(*) FROM ruled WHERE n > 100);
      SELECT 1;
      SELECT 2;`
    const error = await errorOf(() => run(content))
    const line = content.slice(0, content.indexOf('/* é */ SELECT')).split('\n').length
    expect(error.details.sqlstate).toBe('22012')
    expect(placeOf(error)).toBe(`x.sql:${line}:15`)
  })

  test('when it is what a rule makes of it, or a trigger, that fails', async () => {
    const content = `${TABLE}CREATE TABLE r (n int);
CREATE RULE a AS ON INSERT TO r DO INSTEAD INSERT INTO t VALUES (NEW.n);
INSERT INTO r VALUES (1); INSERT INTO r VALUES (1000); INSERT INTO r VALUES (2);`
    expect(placeOf(await errorOf(() => run(content)))).toBe('x.sql:4:27')
    const raising = `${TABLE}CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.n = 2 THEN RAISE 'two'; END IF; RETURN NEW; END $$;
CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
INSERT INTO t VALUES (1); INSERT INTO t VALUES (1), (2); INSERT INTO t VALUES (3);`
    const error = await errorOf(() => run(raising))
    expect(error.message).toBe('two')
    expect(placeOf(error)).toBe('x.sql:5:27')
  })
})

test('rows are counted as the server counts them, with rules and triggers', async () => {
  const content = `${TABLE}
    CREATE TABLE r (n int);
    CREATE RULE a AS ON INSERT TO r WHERE NEW.n < 0 DO INSTEAD NOTHING;
    INSERT INTO r VALUES (-1), (1), (2);
    INSERT INTO r SELECT generate_series(1, 10);
    SELECT * FROM r;`
  expect(await run(content)).toEqual({statements: 6, rows: 12})
})

test('two functions with the same body are both made', async () => {
  const routine = (name: string) =>
    `CREATE FUNCTION ${name}() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;`
  expect(await run(`${routine('f')}${routine('g')} SELECT f() + g();`)).toEqual({
    statements: 3,
    rows: 0,
  })
})

test('statements may depend on those before them in the same query', async () => {
  const content = `CREATE SCHEMA s; SET search_path = s; CREATE TYPE e AS ENUM ('a');
    CREATE TABLE t (e e DEFAULT 'a'); INSERT INTO t DEFAULT VALUES; ALTER TABLE t ADD n int;
    UPDATE t SET n = 1; DROP SCHEMA s CASCADE; RESET search_path;`
  expect(await run(content)).toEqual({statements: 9, rows: 2})
})

test('a COPY that the splitter did not see fails, and holds nothing up', async () => {
  const content = `CREATE TABLE "from" (a int);\nCOPY "from" FROM stdin;\n1\n\\.\nSELECT 1;`
  expect(await run(content)).toEqual({statements: 3, rows: 1})
})

describe('\\connect to the same database', () => {
  test('clears the session and keeps the transaction', async () => {
    const content = `CREATE TABLE a ();
      SET search_path = nowhere; SET ROLE pg_monitor; SET standard_conforming_strings = off;
      CREATE TEMPORARY TABLE b (); PREPARE p AS SELECT 1; DECLARE c CURSOR FOR SELECT 1;
      LISTEN l; SELECT pg_advisory_lock(1);
      \\connect ${database}
      CREATE TABLE public.c AS SELECT current_user = session_user AS same, '\\' AS backslash,
        current_setting('search_path') AS path, to_regclass('b') AS b,
        (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
        (SELECT count(*)::int FROM pg_cursors) AS cursors,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks;`
    expect(await run(content)).toEqual({statements: 10, rows: 0})
    expect(await rowsOf('TABLE c')).toEqual([[true, '\\', '"$user", public', null, 0, 0, 0]])
    expect(await tablesOf(database)).toEqual(['a', 'c'])
  })

  test('a failure behind it leaves nothing of what stood before', async () => {
    const error = await errorOf(() =>
      run('CREATE TABLE a ();\n\\c\nCREATE TABLE b ();\n SELECT nope;'),
    )
    expect(placeOf(error)).toBe('x.sql:4:9')
    expect(await tablesOf(database)).toEqual([])
  })

  test('without a transaction too', async () => {
    const content = 'SET search_path = nowhere;\n\\c - - - -\nCREATE TABLE a ();'
    expect(await run(content, false)).toEqual({statements: 2, rows: 0})
    expect(await tablesOf(database)).toEqual(['a'])
  })
})

describe('\\encoding', () => {
  test('of UTF8 changes nothing', async () => {
    const content = "CREATE TABLE a (b text);\n\\encoding UTF8\nINSERT INTO a VALUES ('é');"
    expect(await run(content)).toEqual({statements: 2, rows: 1})
    expect(await rowsOf('TABLE a')).toEqual([['é']])
  })

  test('that PostgreSQL does not know is told in its place', async () => {
    const error = await errorOf(() => run("CREATE TABLE a ();\n  \\encoding 'no''pe'"))
    expect(error).toMatchObject({
      code: 'SQL_ERROR',
      message: `invalid value for parameter "client_encoding": "no'pe"`,
    })
    expect(placeOf(error)).toBe('x.sql:2:3')
    expect(await tablesOf(database)).toEqual([])
  })
})

test('SET TRANSACTION ISOLATION LEVEL, which no query may stand before, is taken first in a file', async () => {
  const isolation = 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;'
  await run(`${isolation}\nCREATE TABLE a AS SELECT current_setting('transaction_isolation');`)
  expect(await rowsOf('TABLE a')).toEqual([['serializable']])
})

describe('a client that is killed', () => {
  const asked = "CREATE TABLE a AS SELECT current_setting('client_connection_check_interval') AS b;"

  test.for(['', '\\connect -\n'])(
    'is noticed by the server, also behind %j',
    async (before, context) => {
      const [known] = await rowsOf(
        "SELECT FROM pg_settings WHERE name = 'client_connection_check_interval' AND version() LIKE '%linux%'",
      )
      context.skip(!known, 'PostgreSQL 14 has that setting first, and only where it runs on Linux')
      await run(before + asked)
      expect(await rowsOf('TABLE a')).toEqual([['1s']])
    },
  )
})

test('a failure at COMMIT brings no warning that there is no transaction', async () => {
  const notices: (string | undefined)[] = []
  const note = ({message}: {message?: string | undefined}) => notices.push(message)
  client.on('notice', note)
  const unique = 'CREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED);'
  const error = await errorOf(() =>
    run(`${unique} INSERT INTO a VALUES (1); INSERT INTO a VALUES (1);`),
  )
  client.off('notice', note)
  expect(error.message).toMatch(/found at COMMIT/)
  expect(notices).toEqual([])
  expect(await tablesOf(database)).toEqual([])
})

test('a file of the home folder is included by ~', async () => {
  const {HOME} = process.env
  process.env['HOME'] = await testFolder()
  try {
    await writeFiles(process.env['HOME'], {'in.sql': 'CREATE TABLE of_home ();'})
    await run('\\i ~/in.sql')
    expect(await tablesOf(database)).toEqual(['of_home'])
  } finally {
    process.env['HOME'] = HOME
  }
})

test('thousands of short files are included without much memory for each', async () => {
  const files = {
    'one.sql': 'INSERT INTO a VALUES (1);',
    'main.sql': `CREATE TABLE a (b int);\n${'\\ir one.sql\n'.repeat(1000)}`,
  }
  const {arrayBuffers} = process.memoryUsage()
  const script = await scriptOf(files, {database, names: ['main.sql']})
  await runScript(client, script)
  // With room for a megabyte each it would be 2 000 MB, or as much of it as is not collected yet.
  expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(20_000_000)
  expect(await rowsOf('SELECT count(*) FROM a')).toEqual([['1000']])
})

test('what fails on the server is told while the file gives nothing to read', async () => {
  const script = await scriptOf('SELECT 1', {database})
  const never = new Promise<never>(() => {})
  const stalled = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(`${many(6000, 'SELECT 1;')}DO $$BEGIN RAISE 'so'; END$$;\n`)
    await never
  }
  const files = script.files.map((file) => ({...file, size: undefined, read: stalled}))
  const error = await errorOf(() => runScript(client, {...script, files}))
  expect([placeOf(error), error.message]).toEqual(['x.sql:6001:4', 'so'])
})
