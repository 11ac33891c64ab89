import pg from 'pg'
import {describe, expect, test} from 'vitest'
import type {SqlFile} from '../../../src/lib/sql/file.js'
import {type RunOptions, type RunResult, runSqlFiles} from '../../../src/lib/sql/run.js'
import {connect, query, withDatabase} from '../../support/postgres.js'
import {errorOf, fileOf, placeOf} from './support.js'

async function run(
  database: string,
  files: readonly SqlFile[],
  options: RunOptions = {transaction: true},
): Promise<RunResult> {
  const client = await connect(database)
  try {
    return await runSqlFiles(client, files, options)
  } finally {
    await client.end()
  }
}

async function tables(database: string): Promise<string[]> {
  const rows = await query<{name: string}>(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    database,
  )
  return rows.map(({name}) => name)
}

const NO_TRANSACTION = {transaction: false}

const NOTES: Record<number, RegExp> = {
  0: /\(no statement before it is kept\)$/,
  3: /\(3 statements before it have run and are kept\)$/,
  1: /\(1 statement before it has run and is kept\)$/,
}

describe('in one transaction', () => {
  test('counts statements, and the rows that INSERT, UPDATE, DELETE and MERGE wrote', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf(`
        CREATE TABLE a (b int);
        INSERT INTO a VALUES (1), (2), (3);
        WITH c AS (SELECT 4) INSERT INTO a SELECT * FROM c;
        UPDATE a SET b = b + 1 WHERE b > 1;
        DELETE FROM a WHERE b = 1;
        MERGE INTO a USING (VALUES (3)) AS s (b) ON a.b = s.b WHEN MATCHED THEN DELETE;
        CREATE TABLE d AS SELECT * FROM a;
        SELECT * FROM a;
        COPY a TO STDOUT;
      `)
      expect(await run(database, [file])).toEqual({statements: 9, rows: 3 + 1 + 3 + 1 + 1})
      expect(await query('SELECT b FROM a ORDER BY 1', database)).toEqual([{b: 4}, {b: 5}])
    })
  })

  test('tells after each statement how far it is', async () => {
    await withDatabase(async (database) => {
      const first = await fileOf('CREATE TABLE a (b int); INSERT INTO a VALUES (1), (2);', '1.sql')
      const second = await fileOf('DELETE FROM a;', '2.sql')
      const seen: unknown[] = []
      await run(database, [first, second], {
        transaction: true,
        onProgress: ({file, statements, rows}) => seen.push([file.path, statements, rows]),
      })
      expect(seen).toEqual([
        ['1.sql', 1, 0],
        ['1.sql', 2, 2],
        ['2.sql', 3, 4],
      ])
    })
  })

  test('a failing last statement of the last file leaves nothing of any file', async () => {
    await withDatabase(async (database) => {
      const first = await fileOf('CREATE TABLE a (b int);', '1.sql')
      const second = await fileOf('CREATE TABLE c (d int);\nINSERT INTO c VALUES (x);', '2.sql')
      const error = await errorOf(() => run(database, [first, second]))
      expect(placeOf(error)).toBe('2.sql:2:23')
      expect(error.message).toBe('column "x" does not exist')
      expect(await tables(database)).toEqual([])
    })
  })

  test('after a failure the connection is usable and outside of any transaction', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      try {
        const file = await fileOf('SELECT 1; SELECT nope;')
        await errorOf(() => runSqlFiles(client, [file], {transaction: true}))
        const other = await fileOf('CREATE TABLE a (b int);')
        await runSqlFiles(client, [other], {transaction: true})
        expect(await tables(database)).toEqual(['a'])
      } finally {
        await client.end()
      }
    })
  })

  test('files without statements are fine', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf('-- nothing')
      expect(await run(database, [file])).toEqual({statements: 0, rows: 0})
    })
  })

  test('a file that holds COMMIT is refused before anything is sent', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf('CREATE TABLE a (b int);\nCOMMIT;')
      const error = await errorOf(() => run(database, [file]))
      expect(error.code).toBe('SQL_TRANSACTION')
      expect(placeOf(error)).toBe('x.sql:2:1')
      expect(await tables(database)).toEqual([])
    })
  })

  test('a deferred constraint: the file, and that COMMIT found it; nothing is kept', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf(`
        CREATE TABLE a (b int PRIMARY KEY);
        CREATE TABLE c (b int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO c VALUES (1);
      `)
      const error = await errorOf(() => run(database, [file]))
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
      expect(await tables(database)).toEqual([])
    })
  })

  test('COMMIT in the second file is refused before anything is sent', async () => {
    await withDatabase(async (database) => {
      const files = [await fileOf('CREATE TABLE a (b int);'), await fileOf('COMMIT;', '2.sql')]
      const error = await errorOf(() => run(database, files))
      expect(placeOf(error)).toBe('2.sql:1:1')
      expect(await tables(database)).toEqual([])
    })
  })

  test('a connection that ends at COMMIT gives its error as it came', async () => {
    const gone = Object.assign(new Error('terminated'), {code: '57P01', severity: 'FATAL'})
    const query = async (text: string) => {
      if (text === 'COMMIT') throw gone
      return {command: text, rowCount: null}
    }
    const client = {query} as unknown as Pick<pg.Client, 'query'>
    const file = await fileOf('SELECT 1;')
    await expect(runSqlFiles(client, [file], {transaction: true})).rejects.toBe(gone)
  })

  test('COPY counts the rows it reads in, not those it reads out', async () => {
    const query = async (text: string) => ({command: text.split(' ')[0], rowCount: 2})
    const client = {query} as unknown as Pick<pg.Client, 'query'>
    const file = await fileOf("COPY a FROM '/a.csv'; COPY a TO STDOUT;")
    expect(await runSqlFiles(client, [file], {transaction: true})).toEqual({
      statements: 2,
      rows: 2,
    })
  })

  test('rows are counted where the server finds several statements in one of ours', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf(`
        CREATE TABLE a (b text);
        SET standard_conforming_strings = off;
        SELECT set_config('standard_conforming_strings', 'on', false);
        INSERT INTO a VALUES ('\\'); INSERT INTO a VALUES ('b'); -- ')
        ;
      `)
      expect(await run(database, [file])).toEqual({statements: 4, rows: 2})
    })
  })

  test('a COMMIT that rolls back is a failure', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      // The session's transaction is broken behind the runner's back, just before its COMMIT.
      const query = async (text: string) => {
        if (text === 'COMMIT') await client.query('SELECT nope').catch(() => {})
        return await client.query(text)
      }
      try {
        const file = await fileOf('CREATE TABLE a (b int);')
        const broken = {query} as Pick<pg.Client, 'query'>
        const error = await errorOf(() => runSqlFiles(broken, [file], {transaction: true}))
        expect(error).toMatchObject({
          code: 'SQL_ERROR',
          message: 'the server answered COMMIT with ROLLBACK',
        })
        expect(await tables(database)).toEqual([])
      } finally {
        await client.end()
      }
    })
  })

  test('every character reaches the server as it stands in the file', async () => {
    await withDatabase(async (database) => {
      const text = "é😀\ufeff\u2028\ufffd\t\r\n日本'\\"
      const file = await fileOf(
        `\ufeffCREATE TABLE a (b text);\r\nINSERT INTO a VALUES ('${text.replace("'", "''")}');`,
      )
      await run(database, [file])
      expect(await query('SELECT b FROM a', database)).toEqual([{b: text}])
    })
  })

  test.each([true, false])(
    'a session that is ended gives the error of the connection as it came (transaction: %s)',
    async (transaction) => {
      await withDatabase(async (database) => {
        const file = await fileOf(
          'CREATE TABLE a (b int); SELECT pg_terminate_backend(pg_backend_pid()); SELECT 1;',
        )
        const thrown: unknown = await run(database, [file], {transaction}).catch((error) => error)
        expect(thrown).toBeInstanceOf(pg.DatabaseError)
        expect(thrown).toMatchObject({code: '57P01'})
        expect(await tables(database)).toEqual(transaction ? [] : ['a'])
      })
    },
  )
})

describe('without a transaction', () => {
  test('what stood before the first error is kept, and the error says how much that is', async () => {
    await withDatabase(async (database) => {
      const first = await fileOf('CREATE TABLE a (b int);', '1.sql')
      const second = await fileOf(
        'CREATE TABLE c (d int);\nSELECT nope;\nCREATE TABLE e (f int);',
        '2.sql',
      )
      const error = await errorOf(() => run(database, [first, second], NO_TRANSACTION))
      expect(error.message).toBe(
        'column "nope" does not exist (2 statements before it have run and are kept)',
      )
      expect(error.data['statements']).toBe(2)
      expect(placeOf(error)).toBe('2.sql:2:8')
      expect(await tables(database)).toEqual(['a', 'c'])
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
      const error = await errorOf(async () => run(database, [await fileOf(sql)], NO_TRANSACTION))
      expect(error.data['statements']).toBe(kept)
      expect(error.message).toMatch(NOTES[kept] ?? '')
      expect(await tables(database)).toEqual(left)
    })
  })

  test('statements that PostgreSQL runs outside of a transaction only do run', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf(
        'CREATE TABLE a (b int); CREATE INDEX CONCURRENTLY c ON a (b); VACUUM a; REINDEX TABLE CONCURRENTLY a;',
      )
      expect(await run(database, [file], NO_TRANSACTION)).toEqual({statements: 4, rows: 0})
    })
  })

  test('after a failure in a transaction of the file the connection is usable', async () => {
    await withDatabase(async (database) => {
      const client = await connect(database)
      try {
        const file = await fileOf('BEGIN; SELECT nope; COMMIT;')
        await errorOf(() => runSqlFiles(client, [file], NO_TRANSACTION))
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{one: 1}])
      } finally {
        await client.end()
      }
    })
  })

  test('a transaction of the second file that it never ends is refused before anything is sent', async () => {
    await withDatabase(async (database) => {
      const files = [await fileOf('CREATE TABLE a (b int);'), await fileOf('BEGIN;', '2.sql')]
      const error = await errorOf(() => run(database, files, NO_TRANSACTION))
      expect(placeOf(error)).toBe('2.sql:1:1')
      expect(await tables(database)).toEqual([])
    })
  })

  test('a transaction of the file that it never ends is refused before anything is sent', async () => {
    await withDatabase(async (database) => {
      const file = await fileOf('CREATE TABLE a (b int);\nBEGIN;\nCREATE TABLE c (d int);')
      const error = await errorOf(() => run(database, [file], NO_TRANSACTION))
      expect(error.code).toBe('SQL_TRANSACTION')
      expect(await tables(database)).toEqual([])
    })
  })
})

test('what PostgreSQL alone knows cannot run in a transaction ends with the same cure', async () => {
  await withDatabase(async (database) => {
    const file = await fileOf(`
      CREATE TABLE a (b int) PARTITION BY RANGE (b);
      CREATE INDEX c ON a (b);
      REINDEX TABLE a;
    `)
    const error = await errorOf(() => run(database, [file]))
    expect(error.details).toMatchObject({
      sqlstate: '25001',
      line: 4,
      hint: 'run the file with --no-transaction',
    })
  })
})
