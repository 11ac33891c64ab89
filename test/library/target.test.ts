import {expect, test} from 'vitest'
import {databaseOf} from '../../src/library/target.js'

test('TLS to RDS is verified with its authorities, unless the URL says otherwise', () => {
  const url = 'postgres://u:p@a.b.eu-central-1.rds.amazonaws.com/cruddur'
  expect(databaseOf(url).tls).toMatchObject({mode: 'verify-full', authorities: {kind: 'rds'}})
  expect(databaseOf(`${url}?sslmode=require`).tls.mode).toBe('require')
})

test('all that is wrong with a URL is said at once, and nothing of a password', () => {
  const url = 'postgres://u:sec%ret@localhost/x?sslmode=no&connect_timeout=soon'
  expect(() => databaseOf(url)).toThrow(
    expect.objectContaining({code: 'CONFIGURATION', message: expect.not.stringContaining('sec')}),
  )
})
