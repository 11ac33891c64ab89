import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {findPassword} from '../../../src/lib/target/pgpass.js'
import {contextOf, targetOf} from './fixtures.js'

const login = {host: 'h', port: 5432, database: 'd', user: 'u'}

describe('a line of the password file', () => {
  test.each([
    ['h:5432:d:u:secret', login, 'secret'],
    ['*:*:*:*:secret', login, 'secret'],
    ['other:*:*:*:no\nh:*:*:u:yes\n*:*:*:*:later', login, 'yes'],
    ['# h:5432:d:u:no\n\nnonsense\nh:5432:d:u:yes', login, 'yes'],
    ['h:5432:d:u:with\\:colon\\\\', login, 'with:colon\\'],
    ['h:5432:d:u:ends:here', login, 'ends'],
    ['h:5432:d:u: blanks \r\n', login, ' blanks '],
    ['\\:\\:1:5432:a\\:b:*:yes', {...login, host: '::1', database: 'a:b'}, 'yes'],
    ['localhost:*:*:*:yes', {...login, host: '/var/run/postgresql'}, 'yes'],
    ['localhost:*:*:*:yes', {...login, host: '/run/postgresql'}, 'yes'],
    ['localhost:*:*:*:yes', {...login, host: '/tmp'}, 'yes'],
    ['/srv/pg:*:*:*:yes', {...login, host: '/srv/pg'}, 'yes'],
    ['localhost:*:*:*:no', {...login, host: '/srv/pg'}, undefined],
    ['H:5432:d:u:no', login, undefined],
    ['h:5433:d:u:no', login, undefined],
    ['h:5432:d:u2:no', login, undefined],
    ['h:5432:dd:u:no', login, undefined],
    ['\\*:5432:d:u:no', login, undefined],
    ['h:5432:d:u', login, undefined],
    ['h:5432:d:u:\n*:*:*:*:later', login, undefined],
    ['', login, undefined],
  ])('%j for %j gives %j', (file, wanted, password) => {
    expect(findPassword(file, wanted)).toBe(password)
  })
})

describe('the password of a target', () => {
  const files = {
    '/home/andrew/.pgpass': 'h:*:*:*:from home\nh2:*:*:*:of h2',
    '/etc/pass': 'h:*:*:*:from etc',
    '/etc/pass2': 'h:*:*:*:from etc2',
  }

  test.each([
    ['postgres://u:own@h/d', {PGPASSWORD: 'env'}, 'own'],
    ['postgres://u@h/d?password=own', {PGPASSWORD: 'env'}, 'own'],
    ['postgres://u@h/d', {PGPASSWORD: 'env'}, 'env'],
    ['postgres://u:@h/d', {PGPASSWORD: 'env'}, 'env'],
    ['postgres://u@h/d?passfile=/etc/pass', {PGPASSFILE: '/etc/pass2'}, 'from etc'],
    ['postgres://u@h/d', {PGPASSFILE: '/etc/pass2'}, 'from etc2'],
    ['postgres://u@h/d', {}, 'from home'],
    ['postgres://u@h1,h2,h/d', {}, 'of h2'],
    ['postgres://u@other/d', {}, undefined],
  ])('%s with %j is %j', (url, env, password) => {
    const target = targetOf(url, contextOf(env, files))
    expect(target.password?.reveal()).toBe(password)
    expect(target.warnings).toEqual([])
  })

  test('a file named and not there is a warning', () => {
    const target = targetOf('postgres://u@h/d?passfile=/no/file')
    expect(target.password).toBeUndefined()
    expect(target.warnings).toEqual(['the password file /no/file cannot be read and is not used'])
  })

  test('a file that others can read is not used, and a warning says how to cure it', () => {
    const context = contextOf({}, files, {'/home/andrew/.pgpass': 0o640})
    const target = targetOf('postgres://u@h/d', context)
    expect(target.password).toBeUndefined()
    expect(target.warnings).toEqual([
      '/home/andrew/.pgpass can be read by others and is not used: chmod 600 /home/andrew/.pgpass',
    ])
  })

  test('a real file is read from the home folder, with its real permissions', () => {
    const homeDir = mkdtempSync(join(tmpdir(), 'cruddur-db-home-'))
    try {
      const path = join(homeDir, '.pgpass')
      writeFileSync(path, 'h:*:*:*:real\n', {mode: 0o600})
      const read = () => targetOf('postgres://u@h/d', {env: {}, homeDir, osUser: 'andrew'})
      expect(read().password?.reveal()).toBe('real')
      chmodSync(path, 0o604)
      expect(read()).toMatchObject({
        password: undefined,
        warnings: [expect.stringContaining('chmod 600')],
      })
    } finally {
      rmSync(homeDir, {recursive: true})
    }
  })
})
