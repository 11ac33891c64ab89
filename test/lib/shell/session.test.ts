import {describe, expect, test} from 'vitest'
import {inDatabase} from '../../../src/lib/shell/session.js'
import {resolveTarget, type Target} from '../../../src/lib/target/target.js'

function target(url: string, env: Record<string, string> = {}, prod = false): Target {
  const context = {env, homeDir: '/nonexistent', osUser: 'me'}
  const request = prod ? {prod, command: 'connect'} : {prod, url, command: 'connect'}
  const found = resolveTarget(request, context)
  if (!found) throw new Error('a URL names a target')
  return found
}

describe('another database of the server is production', () => {
  const production = {PROD_CONNECTION_URL: 'postgres://u@prod:5432/cruddur'}

  test('when PROD_CONNECTION_URL names it, and no longer when it does not', () => {
    const other = target('postgres://u@prod:5432/test', production)
    expect(other.production).toBe(false)
    const there = inDatabase(other, other, 'cruddur')
    expect([there.production, there.database]).toEqual([true, 'cruddur'])
    expect(inDatabase(there, other, 'test').production).toBe(false)
    const known = target('postgres://u@prod:5432/cruddur', production)
    expect(inDatabase(known, known, 'test').production).toBe(false)
    expect(inDatabase(inDatabase(known, known, 'test'), known, 'cruddur').production).toBe(true)
  })

  test('whatever its name after --prod, and on RDS', () => {
    const prod = target('', production, true)
    expect(inDatabase(prod, prod, 'test').production).toBe(true)
    const rds = target('postgres://u@a.b.us-east-1.rds.amazonaws.com/x')
    expect(inDatabase(rds, rds, 'test').production).toBe(true)
  })

  test('not on another server, nor without PROD_CONNECTION_URL', () => {
    const other = target('postgres://u@elsewhere:5432/test', production)
    expect(inDatabase(other, other, 'cruddur').production).toBe(false)
    const unguarded = target('postgres://u@prod:5432/test')
    expect(inDatabase(unguarded, unguarded, 'cruddur').production).toBe(false)
  })
})
