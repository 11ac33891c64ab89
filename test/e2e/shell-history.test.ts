import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {until} from '../support/wait.js'
import {
  openShellFolder,
  openShellScreen,
  type ShellFolder,
  type ShellScreen,
} from './shell-support.js'

const database = freshName()
const UP = '\x1b[A'
let folder: ShellFolder

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE users (uuid uuid, handle text); CREATE TABLE "Odd" (n int)', database)
})
afterAll(() => dropDatabases(database))
beforeEach(() => {
  folder = openShellFolder()
})
afterEach(() => folder.close())

const open = (env: Record<string, string> = {}) =>
  openShellScreen([], {env: {...folder.env, CONNECTION_URL: urlOf(database), ...env}})

function kept(): string {
  const path = join(folder.path, 'state', 'cruddur-db', 'history')
  return readdirSync(path)
    .map((name) => readFileSync(join(path, name), 'utf8'))
    .join('')
}

describe('what was typed', () => {
  test('is there in the next shell, a statement of several lines as one, and can be run again', async () => {
    const first = await open()
    await first.enter('SELECT 1')
    await first.enter('  AS one;')
    await first.enter('SELECT 2 AS two;')
    first.type('\\q\r')
    await first.ended
    const second = await open()
    second.type(UP)
    await second.shows(/=> \\q$/)
    second.type(`${UP}${UP}`)
    // From Node 24 on readline shows that a line goes on.
    await second.shows(/^(?:\| )? {2}AS one;$/)
    await second.enter('')
    expect(second.lines().slice(-6)).toEqual([
      ' one',
      '-----',
      '   1',
      '(1 row)',
      '',
      `local ${database}=>`,
    ])
    second.type('\x04')
    expect(await second.ended).toBe(0)
    const [file = ''] = readdirSync(join(folder.path, 'state', 'cruddur-db', 'history'))
    const path = join(folder.path, 'state', 'cruddur-db', 'history', file)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is found with Ctrl-R, from the latest to older ones', async () => {
    const screen = await open()
    await screen.enter('SELECT 1 AS alpha;')
    await screen.enter('SELECT 2 AS beta;')
    await screen.enter('SELECT 3 AS alpha;')
    screen.type('\x12alph')
    await screen.shows(/^\(search: alph\) SELECT 3 AS alpha;$/)
    screen.type('\x12')
    await screen.shows(/^\(search: alph\) SELECT 1 AS alpha;$/)
    screen.type('x')
    await screen.shows(/^\(not found: alphx\) /)
    screen.type('\x7f')
    await screen.shows(/^\(search: alph\) /)
    await screen.enter('')
    expect(screen.below('AS alpha;').slice(0, 3)).toEqual([' alpha', '-------', '     3'])
    screen.type('half\x12be')
    await screen.shows(/^\(search: be\) SELECT 2 AS beta;$/)
    screen.type('\x07')
    await screen.shows(/=> half$/)
    screen.hangUp()
  })

  test('is not kept where it holds a password, and no password is on disk anywhere', async () => {
    const screen = await open()
    await screen.enter("ALTER ROLE no_such_role PASSWORD 'kept secret';")
    await screen.enter('CREATE ROLE')
    await screen.enter("  no_such_role2 SUPERUSERX PASSWORD 'kept secret too';")
    await screen.enter('SELECT 1;')
    screen.type(`${UP}${UP}`)
    await screen.shows(/kept secret too/)
    screen.type('\x03\\q\r')
    await screen.ended
    expect(kept()).toBe('"SELECT 1;"\n"\\\\q"\n')
  })

  test('is there also when the shell was killed', async () => {
    const screen = await open()
    screen.type("SELECT 'before the end', pg_sleep(60);\r")
    await expect
      .poll(() => existsSync(join(folder.path, 'state')) && kept())
      .toContain('before the end')
    process.kill(screen.pid, 'SIGKILL')
    await screen.ended
  })

  test('is not kept where it cannot be, and the shell says so', async () => {
    const screen = await open({XDG_STATE_HOME: '/dev/null/x'})
    await screen.shows(/^what is typed is not kept: /)
    await screen.enter('SELECT 1;')
    screen.type(UP)
    await screen.shows(/=> SELECT 1;$/)
    screen.hangUp()
  })
})

/** Presses Tab until it has the wanted effect: names are read in the background. */
async function completes(screen: ShellScreen, text: string, wanted: RegExp): Promise<void> {
  screen.type(text)
  await until(
    () => {
      if (screen.lines().some((line) => wanted.test(line))) return true
      screen.type('\t')
      return false
    },
    () => `${wanted} in:\n${screen.lines().join('\n')}`,
  )
}

describe('Tab', () => {
  test('completes words, tables and the columns of the tables that are named', async () => {
    const screen = await open()
    await completes(screen, 'sel', /=> select$/)
    await completes(screen, ' * from us', /from users$/)
    await completes(screen, ' where hand', /where handle$/)
    // The table stands behind the cursor.
    await screen.waits(() => screen.type('\x03'))
    screen.type(`select uu from users${'\x1b[D'.repeat(' from users'.length)}`)
    await completes(screen, '', /=> select uuid from users$/)
    screen.hangUp()
  })

  test('lists what is possible at the second time, and knows what was created meanwhile', async () => {
    const screen = await open()
    await screen.enter('CREATE TABLE freshly_made (n int);')
    await completes(screen, '\\d fresh', /=> \\d freshly_made$/)
    await screen.waits(() => screen.type('\x03'))
    await completes(screen, '\\d "O', /=> \\d "Odd"$/)
    await screen.waits(() => screen.type('\x03'))
    screen.type('\\con\t\t')
    await screen.shows(/^\\connect +\\conninfo$/)
    screen.hangUp()
  })

  test('in a pasted text is a tab', async () => {
    const screen = await open()
    await screen.waits(() => {
      screen.type('\x1b[200~SELECT\t1 AS a,\r\n\t2 AS b;\rSELECT 3 AS c;\x1b[201~\r')
    })
    await screen.shows(/^ c *$/)
    expect(screen.lines().join('\n')).toMatch(/^ a \| b\n---\+---\n 1 \| 2$/m)
    screen.hangUp()
  })
})

describe('awkward keys', () => {
  test('a pasted text cannot steer the terminal, and a NUL is not sent', async () => {
    const screen = await open()
    await screen.waits(() => screen.type("\x1b[200~SELECT 'a\x00b\x07';\x1b[201~\r"))
    expect(screen.lines().join('\n')).toContain("'a\ufffdb\ufffd'")
    await screen.enter('SELECT 7 AS seven;')
    expect(screen.lines().join('\n')).toContain('seven')
    screen.hangUp()
  })

  test('a very long line is taken', async () => {
    const screen = await open()
    const text = 'x'.repeat(20_000)
    await screen.waits(() => {
      screen.type(`\x1b[200~SELECT length('${text}') AS long_line;\x1b[201~\r`)
    })
    expect(screen.lines().slice(-4, -2)).toEqual(['     20000', '(1 row)'])
    screen.hangUp()
  })

  test('what is typed while a statement runs comes behind it', async () => {
    const screen = await open()
    screen.type('SELECT pg_sleep(0.5);\r')
    screen.type('SELECT 8 AS eight;\r')
    await screen.shows(/^ {5}8$/)
    screen.hangUp()
  })
})
