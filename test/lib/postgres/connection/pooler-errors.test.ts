import {DatabaseError} from 'pg'
import {describe, expect, test} from 'vitest'
import {
  isUnreached,
  poolerRefusal,
  stateOf,
} from '../../../../src/lib/postgres/connection/pooler-errors.js'
import type {ServerError} from '../../../../src/lib/server-error.js'
import {targetOf} from '../../target/fixtures.js'

const target = targetOf('postgres://me:p@h:6432/d')

function errorOf(message: string, code = '08P01'): ServerError {
  return Object.assign(new DatabaseError(message, 0, 'error'), {code, severity: 'FATAL'})
}

const cached = (words: string): string =>
  `server login has been failing, cached error: ${words} (server_login_retry)`

const refusalOf = (message: string, code?: string) =>
  poolerRefusal(errorOf(message, code), target, 'h:6432')

describe('what PostgreSQL said before a pooler passed it on', () => {
  test.each([
    ['database "a "b" c" does not exist', '3D000'],
    [cached('database "d" does not exist'), '3D000'],
    ['the database system is starting up', '57P03'],
    [cached('the database system is shutting down'), '57P03'],
    ['sorry, too many clients already', '53300'],
    [cached('too many connections for role "me"'), '53300'],
    ['remaining connection slots are reserved for roles with the SUPERUSER attribute', '53300'],
    ['no such database: d', '08P01'],
    [cached('connect failed'), '08P01'],
  ])('%s: %s', (message, state) => {
    expect(stateOf(errorOf(message))).toBe(state)
  })

  test('its own SQLSTATE stays', () => {
    expect(stateOf(errorOf('database "d" does not exist', '28000'))).toBe('28000')
  })
})

describe('a server that the pooler does not reach may come back', () => {
  test.each([
    [cached('connect failed')],
    [cached('connect timeout')],
    [cached('server conn crashed?')],
    ['pgbouncer cannot connect to server'],
    ['server DNS lookup failed'],
    ['query_wait_timeout'],
    ['client_login_timeout (server down)'],
  ])('%s', (message) => {
    const error = errorOf(message)
    const words = message.replace(/^.*cached error: (.*) \(.*/, '$1')
    expect(isUnreached(error)).toBe(true)
    expect(refusalOf(message)).toEqual({
      code: 'SERVER_REFUSED',
      message: `the connection pooler at h:6432 does not reach its PostgreSQL: ${words}`,
      hint: 'see whether that runs, and whether the pooler looks for it in the right place',
    })
  })

  test.each(['password authentication failed', cached('database "d" does not exist')])(
    'not so: %s',
    (message) => {
      expect(isUnreached(errorOf(message))).toBe(false)
    },
  )

  test('nor what PostgreSQL itself says', () => {
    expect(isUnreached(errorOf('connect failed', '57P03'))).toBe(false)
  })
})

describe("the pooler's own refusals", () => {
  test.each([
    ['no such database: d', '08P01', 'POOLER_REFUSED'],
    ['no such database: d', '3D000', 'POOLER_REFUSED'],
    ['password authentication failed', '08P01', 'LOGIN_FAILED'],
    ['SASL authentication failed', '08P01', 'LOGIN_FAILED'],
    ['auth failed', '08P01', 'LOGIN_FAILED'],
    ['no such user: me', '08P01', 'LOGIN_FAILED'],
    [cached('password authentication failed for user "me"'), '08P01', 'LOGIN_FAILED'],
    ['role "me" does not exist', '08P01', 'LOGIN_FAILED'],
    ['no more connections allowed (max_client_conn)', '08P01', 'TOO_MANY_CONNECTIONS'],
    ['unsupported startup parameter: options', '08P01', 'LOGIN_FAILED'],
  ])('%s (%s): %s', (message, state, code) => {
    expect(refusalOf(message, state)).toMatchObject({code, hint: expect.stringMatching(/./)})
  })

  test.each([
    ['a login that PostgreSQL refuses', 'password authentication failed for user "me"', '28P01'],
    ['a database that PostgreSQL has not', 'database "d" does not exist', '3D000'],
    ['what the pooler passes on', 'database "d" does not exist', '08P01'],
    ['what is not known', 'invalid length of startup packet', '08P01'],
  ])('is none: %s', (_, message, state) => {
    expect(refusalOf(message, state)).toBeUndefined()
  })
})
