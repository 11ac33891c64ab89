import pg from 'pg'
import {describe, expect, inject, onTestFinished, test} from 'vitest'
import {inPipeline} from '../../../src/lib/pipelining.js'
import type {Left} from '../../../src/lib/sql/kept.js'
import {type RunProgress, runScript} from '../../../src/lib/sql/run.js'
import {connect, query, withDatabase} from '../../support/postgres.js'
import {until} from '../../support/wait.js'
import {type Content, errorOf, load, placeOf, scriptOf, tablesOf} from './support.js'

async function run(
  database: string,
  content: Content | Readonly<Record<string, Content>>,
  {transaction = true} = {},
) {
  return await load(await scriptOf(content, {database, transaction}))
}

const NO_TRANSACTION = {transaction: false}

const ENDS_ITSELF =
  'CREATE TABLE a (b int); SELECT pg_terminate_backend(pg_backend_pid()); SELECT 1;'

const NOTES: Record<number, RegExp> = {
  0: /\(no statement before it is kept\)$/,
  3: /\(3 statements before it have run and are kept\)$/,
  1: /\(1 statement before it has run and is kept\)$/,
}

describe('in one transaction', () => {
  test('counts statements, and the rows that INSERT, UPDATE, DELETE, MERGE and COPY wrote', async () => {
    await withDatabase(async (database) => {
      const merge = 'MERGE INTO a USING (VALUES (3)) AS s (b) ON a.b = s.b WHEN MATCHED THEN DELETE'
      const file = `
        CREATE TABLE a (b int);
        INSERT INTO a VALUES (1), (2), (3);
        WITH c AS (SELECT 4) INSERT INTO a SELECT * FROM c;
        UPDATE a SET b = b + 1 WHERE b > 1;
        DELETE FROM a WHERE b = 1;
        ${inject('serverVersion') < 15 ? 'DELETE FROM a WHERE b = 3' : merge};
        CREATE TABLE d AS SELECT * FROM a;
        SELECT * FROM a;
        COPY a TO STDOUT;
        COPY a FROM STDIN;
7
8
\\.
        COPY a FROM PROGRAM 'echo 9';
      `
      const rows = 3 + 1 + 3 + 1 + 1 + 2 + 1
      expect(await run(database, file)).toEqual({statements: 11, rows})
      const left = await query<{b: number}>('SELECT b FROM a ORDER BY 1', database)
      expect(left.map(({b}) => b)).toEqual([4, 5, 7, 8, 9])
    })
  })

  test('tells after each query how far it is: in bytes, statements and rows', async () => {
    await withDatabase(async (database) => {
      const files = {
        '1.sql': 'CREATE TABLE a (b int); INSERT INTO a VALUES (1), (2);',
        '2.sql': 'COPY a FROM stdin;\n3\n\\.\nDELETE FROM a;',
      }
      const script = await scriptOf(files, {database})
      const seen: RunProgress[] = []
      await load(script, {onProgress: (progress) => seen.push(progress)})
      const total = files['1.sql'].length + files['2.sql'].length
      const [first, second] = [
        {path: '1.sql', total},
        {path: '2.sql', total, bytes: total},
      ]
      expect(seen).toEqual([
        {...first, bytes: files['1.sql'].length, statements: 2, rows: 2},
        // The rows are on their way, and then they are in.
        {...second, statements: 2, rows: 2},
        {...second, statements: 3, rows: 3},
        {...second, statements: 4, rows: 6},
      ])
      expect(script.bytes).toBe(total)
    })
  })

  test('tells what the files have psql say, in its place among the statements', async () => {
    await withDatabase(async (database) => {
      const files = {
        'x.sql': "\\echo first\nSELECT 1;\n\\qecho 'it''s'  2\n\\i in.sql\nSELECT 2;\n\\warn last",
        'in.sql': '\\echo -n in',
      }
      const script = await scriptOf(files, {database, names: ['x.sql']})
      const seen: (string | number)[] = []
      await load(script, {
        onEcho: (line) => seen.push(line),
        onProgress: ({statements}) => seen.push(statements),
      })
      expect(seen).toEqual(['first', 1, "it's 2", 'in', 2, 'last'])
    })
  })

  test('a failing last statement of the last file leaves nothing of any file', async () => {
    await withDatabase(async (database) => {
      const files = {
        '1.sql': 'CREATE TABLE a (b int);',
        '2.sql': 'CREATE TABLE c (d int);\nINSERT INTO c VALUES (x);',
      }
      const error = await errorOf(() => run(database, files))
      expect(placeOf(error)).toBe('2.sql:2:23')
      expect(error.message).toBe('column "x" does not exist')
      expect(await tablesOf(database)).toEqual([])
    })
  })

  test('a COPY that begins a file waits for what was sent before it, also where nothing else waits', async () => {
    await withDatabase(async (database) => {
      await query('CREATE TABLE a (b int)', database)
      const script = await scriptOf('COPY a FROM stdin;\n1\n2\n\\.\n', {database})
      const client = await connect(database)
      onTestFinished(() => client.end())
      const result = await inPipeline(client, async () => {
        // The answer comes when the file is long read.
        const before = client.query('SELECT pg_sleep(0.3)')
        const ran = await runScript(client, script, {disposable: {standardStrings: true}})
        await before
        return ran
      })
      expect(result).toEqual({statements: 1, rows: 2})
      expect(await query('SELECT b FROM a ORDER BY 1', database)).toEqual([{b: 1}, {b: 2}])
    })
  })

  test('after a failure the connection is usable and outside of any transaction', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      try {
        const bad = await scriptOf('SELECT 1; SELECT nope;', {database})
        await errorOf(() => runScript(client, bad))
        await runScript(client, await scriptOf('CREATE TABLE a (b int);', {database}))
        expect(await tablesOf(database)).toEqual(['a'])
        expect(client.connection.listenerCount('parameterStatus')).toBe(0)
      } finally {
        await client.end()
      }
    })
  })

  test('one script may run several times on one connection', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      try {
        const sql = 'DROP TABLE IF EXISTS a; CREATE TABLE a (b int);\nCOPY a FROM stdin;\n1\n\\.\n'
        const script = await scriptOf(sql, {database})
        for (let round = 1; round <= 3; round++) {
          expect(await runScript(client, script)).toEqual({statements: 3, rows: 1})
        }
      } finally {
        await client.end()
      }
    })
  })

  test.each(['', '-- nothing', ' ; /* a */ ;; '])(
    'a file without statements (%j) is fine',
    async (file) => {
      await withDatabase(async (database) => {
        expect(await run(database, file)).toEqual({statements: 0, rows: 0})
      })
    },
  )

  test('a file that holds COMMIT is refused before anything is sent', async () => {
    const error = await errorOf(() => scriptOf('CREATE TABLE a (b int);\nCOMMIT;'))
    expect(error.code).toBe('SQL_TRANSACTION')
    expect(placeOf(error)).toBe('x.sql:2:1')
  })

  test('a deferred constraint: the file, and that COMMIT found it; nothing is kept', async () => {
    await withDatabase(async (database) => {
      const file = `
        CREATE TABLE a (b int PRIMARY KEY);
        CREATE TABLE c (b int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO c VALUES (1);
      `
      const error = await errorOf(() => run(database, file))
      expect(error).toMatchObject({
        code: 'SQL_ERROR',
        exit: 1,
        message:
          'insert or update on table "c" violates foreign key constraint "c_b_fkey" (found at COMMIT, where deferred constraints are checked)',
      })
      expect(error.details).toMatchObject({
        sqlstate: '23503',
        detail: 'Key (b)=(1) is not present in table "a".',
        file: 'x.sql',
      })
      expect(error.details.line).toBeUndefined()
      expect(await tablesOf(database)).toEqual([])
    })
  })

  test('COMMIT in the second file, or an included one, is refused before anything is sent', async () => {
    const files = {'1.sql': 'CREATE TABLE a (b int);', '2.sql': 'COMMIT;', '3.sql': '\\i 2.sql'}
    for (const names of [
      ['1.sql', '2.sql'],
      ['1.sql', '3.sql'],
    ]) {
      const error = await errorOf(() => scriptOf(files, {names}))
      expect(placeOf(error)).toBe('2.sql:1:1')
    }
  })

  test('a connection that ends at COMMIT gives its error as it came', async () => {
    await withDatabase(async (database) => {
      const file = `
        CREATE TABLE a (b int);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION f();
        INSERT INTO a VALUES (1);
      `
      const thrown: unknown = await run(database, file).catch((error) => error)
      expect(thrown).toBeInstanceOf(pg.DatabaseError)
      expect(thrown).toMatchObject({code: '57P01'})
      expect(await tablesOf(database)).toEqual([])
    })
  })

  test('an interrupt that cuts the connection at COMMIT: it is not known whether that took place', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      const file = `
        CREATE TABLE a (b int);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION f();
        INSERT INTO a VALUES (1);
      `
      const controller = new AbortController()
      const left: Left[] = []
      const script = await scriptOf(file, {database})
      const running = runScript(client, script, {
        signal: controller.signal,
        onStopped: (told) => left.push(told),
        reconnect: () => Promise.reject(new Error('asked')),
      })
      const committing = `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND query = 'COMMIT' AND wait_event = 'PgSleep'`
      await Promise.all([
        expect(running).rejects.toThrow('Connection terminated unexpectedly'),
        until(
          async () => (await query(committing)).length === 1,
          () => 'the COMMIT',
        ).then(() => {
          controller.abort()
          client.connection.stream.destroy()
        }),
      ])
      const note = ' (whether all of it was kept or nothing is not known)'
      expect(left).toEqual([{note, statements: undefined}])
    })
  })

  test('a COMMIT that rolls back is a failure', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      // The session's transaction is broken behind the runner's back, just before its COMMIT.
      const breaking = async (...args: [string]) => {
        if (args[0] === 'COMMIT') await client.query('SELECT nope').catch(() => {})
        return await client.query(...args)
      }
      const broken = new Proxy(client, {
        get: (_, key) => {
          if (key === 'query') return (...args: [string]) => queryOf(args)
          return Reflect.get(client, key, client)
        },
      })
      const queryOf = (args: [string]) =>
        typeof args[0] === 'string' ? breaking(...args) : client.query(...args)
      try {
        const script = await scriptOf('CREATE TABLE a (b int);', {database})
        const error = await errorOf(() => runScript(broken, script))
        expect(error).toMatchObject({
          code: 'SQL_ERROR',
          message: 'the server answered COMMIT with ROLLBACK',
        })
        expect(await tablesOf(database)).toEqual([])
      } finally {
        await client.end()
      }
    })
  })

  test('every character reaches the server as it stands in the file', async () => {
    await withDatabase(async (database) => {
      const text = "é😀\ufeff\u2028\ufffd\t\r\n日本'\\"
      const quoted = text.replace("'", "''")
      const copied = text
        .replaceAll('\\', '\\\\')
        .replaceAll('\t', '\\t')
        .replaceAll('\r', '\\r')
        .replaceAll('\n', '\\n')
      const file = `\ufeffCREATE TABLE a (b text);\r\nINSERT INTO a VALUES ('${quoted}');
        CREATE TABLE "${text}" ();
        COPY a FROM stdin;\n${copied}\n\\.\n`
      await run(database, file)
      expect(await query('SELECT b FROM a', database)).toEqual([{b: text}, {b: text}])
      expect(await tablesOf(database)).toContain(text)
    })
  })

  test('a session that is ended gives the error of the connection as it came', async () => {
    await withDatabase(async (database) => {
      const thrown: unknown = await run(database, ENDS_ITSELF).catch((error) => error)
      expect(thrown).toBeInstanceOf(pg.DatabaseError)
      expect(thrown).toMatchObject({code: '57P01'})
      expect(await tablesOf(database)).toEqual([])
    })
  })
})

describe('without a transaction', () => {
  test('what stood before the first error is kept, and the error says how much that is', async () => {
    await withDatabase(async (database) => {
      const files = {
        '1.sql': 'CREATE TABLE a (b int);',
        '2.sql': 'CREATE TABLE c (d int);\nSELECT nope;\nCREATE TABLE e (f int);',
      }
      const error = await errorOf(() => run(database, files, NO_TRANSACTION))
      expect(error.message).toBe(
        'column "nope" does not exist (2 statements before it have run and are kept)',
      )
      expect(error.data['statements']).toBe(2)
      expect(placeOf(error)).toBe('2.sql:2:8')
      expect(await tablesOf(database)).toEqual(['a', 'c'])
    })
  })

  test('a session that is ended gives the error as it came, and is told what stays', async () => {
    await withDatabase(async (database) => {
      const script = await scriptOf(ENDS_ITSELF, {database, ...NO_TRANSACTION})
      const left: Left[] = []
      const thrown: unknown = await load(script, {onStopped: (told) => left.push(told)}).catch(
        (error) => error,
      )
      expect(thrown).toBeInstanceOf(pg.DatabaseError)
      expect(thrown).toMatchObject({code: '57P01'})
      expect(left).toEqual([{note: ' (1 statement has run and is kept)', statements: 1}])
      expect(await tablesOf(database)).toEqual(['a'])
    })
  })

  test('a connection that is cut is told what stays, and that the statement under way may have run', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      const waiting = 'CREATE TABLE a (b int); CREATE TABLE c (); SELECT pg_sleep(60);'
      const script = await scriptOf(waiting, {database, ...NO_TRANSACTION})
      const left: Left[] = []
      const running = runScript(client, script, {
        onProgress: ({statements}) => {
          if (statements === 2) client.connection.stream.destroy()
        },
        onStopped: (told) => left.push(told),
      })
      await expect(running).rejects.toThrow('Connection terminated unexpectedly')
      const note = ' (2 statements have run and are kept; whether the next one has is not known)'
      expect(left).toEqual([{note, statements: 2}])
    })
  })

  test('an error in the file says itself what stays', async () => {
    await withDatabase(async (database) => {
      const script = await scriptOf('SELECT 1; SELECT nope;', {database, ...NO_TRANSACTION})
      const left: Left[] = []
      await errorOf(() => load(script, {onStopped: (told) => left.push(told)}))
      expect(left).toEqual([])
    })
  })

  test('an interrupt is told what stays', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      const script = await scriptOf('CREATE TABLE a (); SELECT pg_sleep(60);', {
        database,
        ...NO_TRANSACTION,
      })
      const controller = new AbortController()
      const left: Left[] = []
      const running = runScript(client, script, {
        signal: controller.signal,
        onStopped: (told) => left.push(told),
      })
      const sleeping = `FROM pg_stat_activity WHERE datname = '${database}' AND wait_event = 'PgSleep'`
      const asleep = async () => (await query(`SELECT ${sleeping}`)).length === 1
      await Promise.all([
        expect(running).rejects.toMatchObject({code: 'SQL_ERROR', details: {sqlstate: '57014'}}),
        until(asleep, () => 'the nap').then(async () => {
          controller.abort()
          await query(`SELECT pg_cancel_backend(pid) ${sleeping}`)
        }),
      ])
      await client.end()
      expect(left).toEqual([{note: ' (1 statement has run and is kept)', statements: 1}])
    })
  })

  test('each statement is sent by itself', async () => {
    await withDatabase(async (database) => {
      const script = await scriptOf('SELECT 1; INSERT INTO a VALUES (1);', {
        database,
        ...NO_TRANSACTION,
      })
      const seen: number[] = []
      await query('CREATE TABLE a (b int)', database)
      await load(script, {onProgress: ({statements}) => seen.push(statements)})
      expect(seen).toEqual([1, 2])
    })
  })

  test.each([
    ['SELECT nope;', 0, []],
    ['CREATE TABLE a (); SELECT nope;', 1, ['a']],
    ['CREATE TABLE a (); BEGIN; CREATE TABLE b (); SELECT nope; COMMIT;', 1, ['a']],
    ['BEGIN; CREATE TABLE a (); COMMIT; SELECT nope;', 3, ['a']],
    ['BEGIN; CREATE TABLE a (); ROLLBACK; SELECT nope;', 0, []],
    ['BEGIN; CREATE TABLE a (); COMMIT AND CHAIN; SELECT nope; COMMIT;', 3, ['a']],
    [
      'BEGIN; CREATE TABLE a (); COMMIT AND CHAIN; CREATE TABLE b (); SELECT nope; COMMIT;',
      3,
      ['a'],
    ],
  ])('%s: %d statements are kept', async (sql, kept, left) => {
    await withDatabase(async (database) => {
      const error = await errorOf(() => run(database, sql, NO_TRANSACTION))
      expect(error.data['statements']).toBe(kept)
      expect(error.message).toMatch(NOTES[kept] ?? '')
      expect(await tablesOf(database)).toEqual(left)
    })
  })

  test('a COPY counts as one statement; one that fails keeps none of its rows', async () => {
    await withDatabase(async (database) => {
      const copy = (...rows: string[]) => `COPY a FROM stdin;\n${rows.join('\n')}\n\\.\n`
      const file = `CREATE TABLE a (b int);\n${copy('1')}${copy('2', 'x')}`
      const error = await errorOf(() => run(database, file, NO_TRANSACTION))
      expect(error.data['statements']).toBe(2)
      expect(placeOf(error)).toBe('x.sql:7:1')
      expect(await query('SELECT b FROM a', database)).toEqual([{b: 1}])
    })
  })

  test('statements that PostgreSQL runs outside of a transaction only do run', async () => {
    await withDatabase(async (database) => {
      const file =
        'CREATE TABLE a (b int); CREATE INDEX CONCURRENTLY c ON a (b); VACUUM a; REINDEX TABLE CONCURRENTLY a;'
      expect(await run(database, file, NO_TRANSACTION)).toEqual({statements: 4, rows: 0})
    })
  })

  test('after a failure in a transaction of the file the connection is usable', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      try {
        const script = await scriptOf('BEGIN; SELECT nope; COMMIT;', {database, ...NO_TRANSACTION})
        await errorOf(() => runScript(client, script))
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{one: 1}])
      } finally {
        await client.end()
      }
    })
  })

  test.each([
    [{'1.sql': 'CREATE TABLE a ();', '2.sql': 'BEGIN;'}, '2.sql:1:1'],
    [{'1.sql': 'CREATE TABLE a ();\nBEGIN;\nCREATE TABLE b ();'}, '1.sql:2:1'],
    [{'1.sql': 'BEGIN;', '2.sql': 'COMMIT;'}, '1.sql:1:1'],
  ])('a transaction that its file never ends is refused (%j)', async (files, place) => {
    const error = await errorOf(() => scriptOf(files as Record<string, string>, NO_TRANSACTION))
    expect(error.code).toBe('SQL_TRANSACTION')
    expect(placeOf(error)).toBe(place)
  })

  test('a transaction may begin in an included file and end behind it', async () => {
    await withDatabase(async (database) => {
      const files = {'x.sql': '\\i in.sql\nCOMMIT;', 'in.sql': 'BEGIN; CREATE TABLE a ();'}
      const script = await scriptOf(files, {names: ['x.sql'], database, ...NO_TRANSACTION})
      expect(await load(script)).toEqual({statements: 3, rows: 0})
      expect(await tablesOf(database)).toEqual(['a'])
    })
  })
})

test('what PostgreSQL alone knows cannot run in a transaction ends with the same cure', async (context) => {
  context.skip(inject('serverVersion') < 14, 'PostgreSQL 14 has such a statement first')
  await withDatabase(async (database) => {
    const file = `
      CREATE TABLE a (b int) PARTITION BY RANGE (b);
      CREATE INDEX c ON a (b);
      REINDEX TABLE a;
    `
    const error = await errorOf(() => run(database, file))
    expect(error.details).toMatchObject({
      sqlstate: '25001',
      line: 4,
      hint: 'run the file with --no-transaction',
    })
  })
})
