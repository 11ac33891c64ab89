import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {openShellFolder, openShellScreen, type ShellScreen} from './shell-support.js'

const database = freshName()
const folder = openShellFolder()
const url = urlOf(database)
const local = {...folder.env, CONNECTION_URL: url}
const production = {...local, PROD_CONNECTION_URL: url}
const RED = 1

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(
    `CREATE TABLE users (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), display_name text NOT NULL,
       handle text NOT NULL, created_at timestamp DEFAULT current_timestamp NOT NULL);
     CREATE TABLE "Odd Table" (n int)`,
    database,
  )
})
afterAll(async () => {
  folder.close()
  await dropDatabases(database)
})

async function withShell(
  fn: (screen: ShellScreen) => Promise<void>,
  {columns = 80, env = local}: {columns?: number; env?: Record<string, string>} = {},
): Promise<void> {
  const screen = await openShellScreen([], {columns, env})
  try {
    await fn(screen)
    screen.type('\x03\\q\r')
    expect(await screen.ended).toBe(0)
  } finally {
    screen.hangUp()
  }
}

describe('the prompt', () => {
  test('says that psql is missing, names the target, and goes on until a statement ends', () =>
    withShell(async (screen) => {
      expect(screen.lines()[1]).toBe(
        'psql is not installed, so this is the built-in shell: \\? lists its commands, \\q',
      )
      await screen.enter('SELECT 1 AS a,')
      await screen.enter("'x")
      await screen.enter("y' AS t, (2")
      await screen.enter(') AS u')
      await screen.enter(';')
      const name = `local ${database}`
      expect(screen.lines().slice(3)).toEqual([
        `${name}=> SELECT 1 AS a,`,
        `${name}-> 'x`,
        `${name}'> y' AS t, (2`,
        `${name}(> ) AS u`,
        `${name}-> ;`,
        ' a | t | u',
        '---+---+---',
        ' 1 | x+| 2',
        '   | y |',
        '(1 row)',
        '',
        `${name}=>`,
      ])
    }))

  test.each([60, 80, 200])(
    'names production in red at %i columns, and the transaction',
    (columns) =>
      withShell(
        async (screen) => {
          expect(screen.look('PRODUCTION')).toMatchObject({color: RED, bold: true})
          expect(screen.lines().at(-1)).toBe(`PRODUCTION ${database}=>`)
          expect(screen.look(`${database}=>`)).toMatchObject({color: undefined, bold: false})
          await screen.enter('BEGIN;')
          expect(screen.lines().at(-1)).toBe(`PRODUCTION ${database}=*>`)
          await screen.enter('SELECT 1/0;')
          expect(screen.lines().at(-1)).toBe(`PRODUCTION ${database}=!>`)
          await screen.enter('ROLLBACK;')
          expect(screen.lines().at(-1)).toBe(`PRODUCTION ${database}=>`)
        },
        {columns, env: production},
      ),
  )

  test('goes with \\c: production is known by its own name only', () =>
    withShell(
      async (screen) => {
        await screen.enter('\\c postgres')
        expect(screen.lines().at(-1)).toBe('local postgres=>')
        await screen.enter(`\\c ${database}`)
        expect(screen.lines().at(-1)).toBe(`PRODUCTION ${database}=>`)
        await screen.enter('\\c no_such_database')
        expect(screen.lines().at(-1)).toBe(`PRODUCTION ${database}=>`)
        await screen.enter('SELECT current_database();')
        expect(screen.below('SELECT current_database();')[2]?.trim()).toBe(database)
      },
      {env: production},
    ))

  test('is without colour with NO_COLOR', () =>
    withShell(
      async (screen) => {
        expect(screen.look('PRODUCTION').color).toBeUndefined()
      },
      {env: {...production, NO_COLOR: '1'}},
    ))
})

describe('an error', () => {
  test.each([60, 80, 200])('shows the line and the place at %i columns', (columns) =>
    withShell(
      async (screen) => {
        await screen.enter('SELECT handle,')
        await screen.enter('  no_such_column FROM users;')
        const lines = screen.below(columns === 60 ? 's;' : 'FROM users;')
        expect(lines).toEqual([
          'Error: column "no_such_column" does not exist',
          '   2 |   no_such_column FROM users',
          '     |   ^',
          '  → \\d TABLE lists the columns of a table',
          '  SQLSTATE 42703',
        ])
        expect(screen.look('Error:').color).toBe(RED)
      },
      {columns},
    ),
  )

  test('of one statement does not keep the next ones of the line from running', () =>
    withShell(async (screen) => {
      await screen.enter('SELECT 1/0; SELECT 5 AS five;')
      expect(screen.below('SELECT 5 AS five;').join('\n')).toMatch(
        /division by zero(?:.|\n)* five\n/,
      )
    }))
})

describe('Ctrl-C', () => {
  test('cancels a statement on the server, and the shell goes on in the same session', () =>
    withShell(async (screen) => {
      await screen.enter('CREATE TEMP TABLE kept AS SELECT 1 AS n;')
      screen.type("SELECT pg_sleep(60), 'slow'; SELECT 'not run' AS never;\r")
      const slow = `datname = '${database}' AND query LIKE 'SELECT pg_sleep%' AND state = 'active'`
      const running = async (): Promise<number> =>
        (await query(`SELECT 1 FROM pg_stat_activity WHERE ${slow}`)).length
      await expect.poll(running, {timeout: 10_000}).toBe(1)
      await screen.waits(() => screen.type('\x03'))
      expect(await running()).toBe(0)
      expect(screen.lines().join('\n')).toContain('canceling statement due to user request')
      // As long as the connection of another command would be cut after.
      await screen.enter("SELECT pg_sleep(1.2), 'slept' AS t;")
      expect(screen.below("'slept' AS t;")[2]?.trim()).toBe('| slept')
      await screen.enter('SELECT * FROM kept;')
      expect(screen.below('SELECT * FROM kept;')).toEqual([' n', '---', ' 1', '(1 row)', ''])
      expect(screen.lines().join('\n')).not.toMatch(/^ never$/m)
    }))

  test('at the prompt forgets what is typed, all its lines', () =>
    withShell(async (screen) => {
      await screen.enter("SELECT 'open")
      screen.type('half a line')
      await screen.shows(/half a line$/)
      await screen.waits(() => screen.type('\x03'))
      expect(screen.lines().at(-2)).toMatch(/'> half a line\^C$/)
      expect(screen.lines().at(-1)).toBe(`local ${database}=>`)
    }))
})

describe('leaving', () => {
  test('with Ctrl-D says that the open transaction is undone', async () => {
    const screen = await openShellScreen([], {env: local})
    await screen.enter('BEGIN;')
    await screen.enter('DELETE FROM users;')
    screen.type('\x04')
    expect(await screen.ended).toBe(0)
    expect(screen.lines().join('\n')).toContain('the open transaction was rolled back')
  })
})

describe('\\x auto', () => {
  const wide = "SELECT 'a' AS one, repeat('x', 50) AS two, repeat('y', 20) AS three;"

  test('prints what is wider than 60 columns line by line, and the rule no wider than that', () =>
    withShell(
      async (screen) => {
        await screen.enter(wide)
        expect(screen.below('three;')).toEqual([
          `-[ RECORD 1 ]${'-'.repeat(45)}`,
          'one   | a',
          `two   | ${'x'.repeat(50)}`,
          `three | ${'y'.repeat(20)}`,
          '',
        ])
        await screen.enter('\\x off')
        expect(screen.below('\\x off')).toEqual(['Expanded display is off.'])
        await screen.enter('SELECT 1 AS a;')
        await screen.enter('\\x')
        expect(screen.below('\\x')).toEqual(['Expanded display is on.'])
        await screen.enter('SELECT 1 AS a;')
        expect(screen.below('SELECT 1 AS a;')).toEqual(['-[ RECORD 1 ]', 'a | 1', ''])
      },
      {columns: 60},
    ))

  test('prints the same as a table at 200', () =>
    withShell(
      async (screen) => {
        await screen.enter(wide)
        expect(screen.below('three;')[0]?.trim()).toMatch(/^one \| +two +\| +three$/)
      },
      {columns: 200},
    ))
})

describe('\\d', () => {
  test.each([60, 80, 200])('of a table fits into %i columns', (columns) =>
    withShell(
      async (screen) => {
        await screen.enter('\\d users')
        const lines = screen.below('\\d users')
        expect(lines[0]?.trim()).toBe('Table "public.users"')
        expect(lines.join('\n')).toMatch(/"users_pkey" PRIMARY KEY, btree \(uuid\)/)
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
        expect(lines.filter((line) => /^ \w/.test(line))).toHaveLength(4)
      },
      {columns},
    ),
  )

  test('lists, says what is not there, and is told of an error as any statement', () =>
    withShell(async (screen) => {
      await screen.enter('\\dt')
      expect(screen.below('\\dt').map((line) => line.trim())).toContain(
        'List of relations'.replace('relations', 'tables'),
      )
      await screen.enter('\\d nothing_of_that_name')
      expect(screen.below('\\d nothing_of_that_name')).toEqual([
        'Error: did not find any relation named "nothing_of_that_name"',
        '  → \\d lists tables, views and sequences',
      ])
      await screen.enter('\\d "Odd Table";')
      expect(screen.below('\\d "Odd Table";')[0]?.trim()).toBe('Table "public.Odd Table"')
      await screen.enter('BEGIN; SELECT 1/0;')
      await screen.enter('\\dt')
      expect(screen.below('\\dt')).toEqual([
        'Error: current transaction is aborted, commands ignored until end of transaction',
        ' block',
        '  → ROLLBACK ends the failed transaction',
        '  SQLSTATE 25P02',
      ])
    }))
})

describe('commands', () => {
  test('that are not known, or of psql only, are named with what to do instead', () =>
    withShell(async (screen) => {
      await screen.enter('\\foo')
      expect(screen.below('\\foo')).toEqual([
        'Error: \\foo is not a command of this shell',
        '  → \\? lists those that are',
      ])
      await screen.enter('\\! ls')
      expect(screen.below('\\! ls')[0]).toBe(
        'Error: \\! is a command of psql that this shell does not have',
      )
      await screen.enter('\\?')
      expect(screen.lines().join('\n')).toContain('\\conninfo')
      await screen.enter('\\h commit prepared')
      expect(screen.below('\\h commit prepared')[0]).toBe('Command:     COMMIT PREPARED')
    }))

  test('show, forget and run what is typed', () =>
    withShell(async (screen) => {
      await screen.enter('SELECT 4 AS four')
      await screen.enter('\\p')
      expect(screen.below('\\p')).toEqual(['SELECT 4 AS four'])
      await screen.enter('\\g')
      expect(screen.below('\\g')).toEqual([' four', '------', '    4', '(1 row)', ''])
      await screen.enter('\\gx')
      expect(screen.below('\\gx')).toEqual(['-[ RECORD 1 ]', 'four | 4', ''])
      await screen.enter('SELECT 5')
      await screen.enter('\\r')
      expect(screen.lines().at(-1)).toBe(`local ${database}=>`)
    }))
})

test('rows of a COPY are typed and pasted, and what is refused is told at their end', () =>
  withShell(async (screen) => {
    await screen.enter('COPY "Odd Table" FROM STDIN;')
    expect(screen.lines().at(-1)).toBe('>>')
    await screen.enter('1')
    await screen.enter('2')
    await screen.enter('\\.')
    expect(screen.lines().at(-2)).toBe('COPY 2')
    await screen.enter('COPY "Odd Table" FROM STDIN;')
    await screen.enter('not a number')
    await screen.enter('DROP TABLE users;')
    await screen.enter('\\.')
    expect(screen.lines().join('\n')).toContain('invalid input syntax for type integer')
    await screen.enter('COPY "Odd Table" FROM STDIN;')
    await screen.enter('3')
    await screen.waits(() => screen.type('\x03'))
    await screen.enter('COPY "Odd Table" TO STDOUT;')
    expect(screen.below('TO STDOUT;')).toEqual(['1', '2'])
    expect(await query('SELECT 1 FROM users', database)).toEqual([])
  }))

test('in a row of a COPY the Tab key is a tab', () =>
  withShell(async (screen) => {
    await screen.enter('CREATE TEMP TABLE pairs (a int, b text);')
    await screen.enter('COPY pairs FROM STDIN;')
    await screen.enter('1\tone\t')
    screen.type('\x7f')
    await screen.enter('\\.')
    expect(screen.lines().join('\n')).toContain('extra data after last expected column')
    await screen.enter('COPY pairs FROM STDIN;')
    await screen.enter('2\ttwo')
    await screen.enter('\\.')
    await screen.enter('TABLE pairs;')
    expect(screen.below('pairs;')).toContain(' 2 | two')
  }))

test('\\c to a database that is not there stays, and says where to look', () =>
  withShell(async (screen) => {
    await screen.enter('\\c nothing_of_that_name')
    expect(screen.below('of_that_name').join(' ')).toMatch(
      /^Error: there is no database "nothing_of_that_name" at \S+ +→ \\l lists the databases +SQLSTATE 3D000$/,
    )
    expect(screen.lines().at(-1)).toBe(`local ${database}=>`)
  }))

test('rows that follow one that was refused are rows, not statements', () =>
  withShell(async (screen) => {
    const rows = Array.from({length: 1500}, () => `not a number ${'-'.repeat(50)}`)
    await screen.enter('COPY "Odd Table" FROM STDIN;')
    screen.type(`\x1b[200~${rows.join('\r')}\r\x1b[201~`)
    const over = `datname = '${database}' AND query LIKE 'COPY%' AND state = 'idle'`
    const isOver = async (): Promise<number> =>
      (await query(`SELECT 1 FROM pg_stat_activity WHERE ${over}`)).length
    await expect.poll(isOver, {timeout: 10_000}).toBe(1)
    // For the statement, for each row, and for the next one.
    const asked = (): number => screen.output().split('\x1b[?2004h').length - 1
    await expect.poll(asked, {timeout: 10_000}).toBe(rows.length + 2)
    await screen.enter('DROP TABLE users;')
    expect(screen.lines().at(-1)).toBe('>>')
    await screen.enter('\\.')
    expect(screen.lines().filter((line) => line.startsWith('Error:'))).toHaveLength(1)
    expect(await query('SELECT 1 FROM users', database)).toEqual([])
  }))

test('a notice, a notification and the time are told', () =>
  withShell(async (screen) => {
    await screen.enter('DROP TABLE IF EXISTS nothing;')
    expect(screen.below('nothing;')).toEqual([
      'NOTICE: table "nothing" does not exist, skipping',
      'DROP TABLE',
    ])
    await screen.enter(
      `DO $$ BEGIN RAISE NOTICE E'one\\nError: two' USING HINT = E'a\\nb'; END $$;`,
    )
    expect(screen.below('END $$;')).toEqual(['NOTICE: one', '  Error: two', 'HINT: a', '  b', 'DO'])
    await screen.enter('LISTEN news;')
    await screen.enter("NOTIFY news, 'today';")
    expect(screen.lines().join(' ')).toMatch(/notification "news" with payload "today" received/)
    await screen.enter('\\timing on')
    await screen.enter('SELECT 1;')
    expect(screen.below('SELECT 1;').at(-1)).toMatch(/^Time: \d+\.\d{3} ms$/)
  }))

test('nothing that the server sends steers the terminal', () =>
  withShell(async (screen) => {
    await screen.enter(`SELECT E'\\x1b[2Jgone\\u202e' AS "${'\u2067'}t";`)
    expect(screen.lines().join('\n')).toContain(' \\x1B[2Jgone\\u202E')
    await screen.enter(`DO $$ BEGIN RAISE NOTICE E'\\x1b[2Jgone'; RAISE E'\\x1b[2Jgone'; END $$;`)
    expect(screen.lines().join('\n')).toContain('NOTICE: \\x1b[2Jgone')
    await screen.enter(`COPY (SELECT E'\\x1b[2Jgone', 'next') TO STDOUT;`)
    expect(screen.lines().at(-2)).toMatch(/^\\x1b\[2Jgone +next$/)
    expect(screen.output()).not.toContain('\x1b[2Jgone')
  }))
