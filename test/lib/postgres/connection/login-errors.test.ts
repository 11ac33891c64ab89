import pg from 'pg'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {loginError} from '../../../../src/lib/postgres/connection/login-errors.js'
import type {ServerError} from '../../../../src/lib/server-error.js'
import {describeHosts} from '../../../../src/lib/target/hosts.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import {dropDatabases, freshName, query} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'

const database = freshName()
const role = freshName('_role')
const where = describeHosts(targetOf(database).hosts)

beforeAll(async () => {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(`CREATE ROLE "${role}" LOGIN PASSWORD 'x'`)
})
afterAll(async () => {
  await dropDatabases(database)
  await query(`DROP ROLE "${role}"`)
})

/** SQL that undoes what a test has set up. */
let undo = ''
afterEach(async () => {
  await query(undo)
})

async function set(sql: string, back: string): Promise<void> {
  undo = back
  await query(sql)
}

const login = (extra: object = {}): Promise<unknown> =>
  withClient(targetOf(database, {user: role, password: new Secret('x'), ...extra}), async () => {})

describe('a login that the real server refuses', () => {
  test('for want of the right to connect: 3, and who grants it', async () => {
    await set(
      `REVOKE CONNECT ON DATABASE "${database}" FROM public`,
      `GRANT CONNECT ON DATABASE "${database}" TO public`,
    )
    await expect(login()).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      exit: 3,
      message: `${where} refuses the login: permission denied for database "${database}"`,
      details: {
        sqlstate: '42501',
        detail: 'User does not have CONNECT privilege.',
        hint: `have the database's owner run: GRANT CONNECT ON DATABASE "${database}" TO "${role}"`,
      },
    })
  })

  test('for want of the right to a setting in options: the server’s words, and no hint to connect', async () => {
    await expect(login({options: '-c log_statement=all'})).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      exit: 3,
      message: `${where} refuses the login: permission denied to set parameter "log_statement"`,
      details: {hint: undefined},
    })
  })

  test('of a role that may not log in: 3, and how it may', async () => {
    await set(`ALTER ROLE "${role}" NOLOGIN`, `ALTER ROLE "${role}" LOGIN`)
    await expect(login()).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      exit: 3,
      message: `${where} refuses the login: role "${role}" is not permitted to log in`,
      details: {
        sqlstate: '28000',
        hint: `have a role that may run: ALTER ROLE "${role}" LOGIN; or name another user in the URL`,
      },
    })
  })

  test.each([
    ['role', `ALTER ROLE "${role}"`, role],
    ['database', `ALTER DATABASE "${database}"`, database],
  ])(
    'because its %s has no connection left: 3, which limit it is, and how to raise it',
    async (what, alter, named) => {
      await set(`${alter} CONNECTION LIMIT 0`, `${alter} CONNECTION LIMIT -1`)
      await expect(login()).rejects.toMatchObject({
        code: 'TOO_MANY_CONNECTIONS',
        exit: 3,
        message: `the ${what} "${named}" has no connection left at ${where}: too many connections for ${what} "${named}"`,
        details: {
          sqlstate: '53300',
          hint: `end sessions that are not needed or wait for some to end; or raise the ${what}'s limit: ${alter} CONNECTION LIMIT -1`,
        },
      })
    },
  )

  test('to a database that takes nobody in: 1, and how it does', async () => {
    const alter = `ALTER DATABASE "${database}" ALLOW_CONNECTIONS`
    await set(`${alter} false`, `${alter} true`)
    await expect(login()).rejects.toMatchObject({
      code: 'DATABASE_CLOSED',
      exit: 1,
      message: `database "${database}" is not currently accepting connections`,
      details: {sqlstate: '55000', hint: `have its owner run: ${alter} true`},
    })
  })

  test('to template0: it is not to be opened', async () => {
    await expect(withClient(targetOf('template0'), async () => {})).rejects.toMatchObject({
      code: 'DATABASE_CLOSED',
      details: {hint: 'name another database in the URL'},
    })
  })
})

describe('what a server says that is full, or whose messages are in another language', () => {
  const refused = (code: string, message: string, more: Partial<ServerError> = {}) => {
    const error = Object.assign(new Error(message), {code, severity: 'FATAL', ...more})
    return loginError(error, targetOf('d', {user: 'u'}), 'h:5432')
  }
  const end = 'end sessions that are not needed or wait for some to end'

  test.each([
    [
      'sorry, too many clients already',
      'h:5432 has no connection left',
      `${end}; or raise max_connections`,
    ],
    [
      'remaining connection slots are reserved for roles with the SUPERUSER attribute',
      'h:5432 has no connection left for "u"',
      `${end}; the last ones are kept for other roles, which can run: cruddur-db sessions`,
    ],
    [
      'remaining connection slots are reserved for non-replication superuser connections',
      'h:5432 has no connection left for "u"',
      `${end}; the last ones are kept for other roles, which can run: cruddur-db sessions`,
    ],
    [
      'tut mir leid, schon zu viele Verbindungen',
      'h:5432 has no connection left',
      `${end}; or raise max_connections`,
    ],
  ])('%s', (words, message, hint) => {
    expect(refused('53300', words)).toMatchObject({
      code: 'TOO_MANY_CONNECTIONS',
      exit: 3,
      message: `${message}: ${words}`,
      details: {hint, sqlstate: '53300'},
    })
  })

  test('a server that is not ready yet', () => {
    expect(refused('57P03', 'the database system is in recovery mode')).toMatchObject({
      code: 'SERVER_STARTING',
      exit: 3,
      message: 'h:5432 is not ready: the database system is in recovery mode',
    })
  })

  test.each([
    [
      '28000',
      'Rolle »u« existiert nicht',
      'check the user name in the URL, and that pg_hba.conf admits this machine',
    ],
    [
      '28000',
      'role "u" does not exist',
      'check the user name in the URL; to create it: CREATE ROLE "u" LOGIN',
    ],
    [
      '53100',
      'could not write file: No space left on device',
      'free disk space on the server, or enlarge its storage, then try again',
    ],
    [
      '53200',
      'out of memory',
      'free memory on the server, or have it use less (work_mem), then try again',
    ],
    ['XX000', 'odd', undefined],
  ])('%s %s: the server’s words, and a cure', (code, message, hint) => {
    expect(refused(code, message)).toMatchObject({
      code: code.startsWith('53') ? 'SERVER_FULL' : 'LOGIN_FAILED',
      exit: 3,
      message: `h:5432 refuses the login: ${message}`,
      details: {sqlstate: code, hint},
    })
  })

  test.each([
    ['kann nicht mit ungültiger Datenbank »d« verbinden', {hint: 'Verwenden Sie DROP DATABASE'}],
    ['cannot connect to invalid database "d"', {}],
  ])('%s', (message, more) => {
    expect(refused('55000', message, more)).toMatchObject({
      code: 'DATABASE_INVALID',
      exit: 1,
      message: 'the database "d" is half dropped: a DROP DATABASE was interrupted',
      details: {detail: message},
    })
  })

  test('Recht zum Verbinden fehlt', () => {
    const error = refused('42501', 'keine Berechtigung für Datenbank »d«', {
      detail: 'Benutzer hat …',
    })
    expect(error.details.hint).toBe(
      `have the database's owner run: GRANT CONNECT ON DATABASE "d" TO "u"`,
    )
  })
})

test('a role of that name with quotes in it is quoted in the cure', async () => {
  const odd = `${freshName()}"; DROP`
  await query(`CREATE ROLE ${pg.escapeIdentifier(odd)} NOLOGIN PASSWORD 'x'`)
  undo = `DROP ROLE ${pg.escapeIdentifier(odd)}`
  await expect(login({user: odd})).rejects.toMatchObject({
    details: {hint: expect.stringContaining(`ALTER ROLE ${pg.escapeIdentifier(odd)} LOGIN`)},
  })
})
