import {describe, expect, test} from 'vitest'
import type {Environment} from '../../../src/lib/target/environment.js'
import {contextOf, problemsOf, targetOf} from './fixtures.js'

const RDS = 'cruddur.c1.ca-central-1.rds.amazonaws.com'
const files = {
  '/ca.pem': 'authorities',
  '/c.crt': 'certificate',
  '/c.key': 'key',
}
const ROOT = '/home/andrew/.postgresql/root.crt'
const withRoot = {...files, [ROOT]: 'authorities'}

function modeOf(url: string, env: Environment = {}, on: Record<string, string> = files): string {
  const {mode, authorities} = targetOf(url, contextOf(env, on)).tls
  return `${mode} ${authorities.kind === 'file' ? authorities.path : authorities.kind}`
}

describe("sslmode has libpq's meaning", () => {
  test.each([
    ['', {}, 'prefer system'],
    ['?sslmode=disable', {}, 'disable system'],
    ['?sslmode=allow', {}, 'allow system'],
    ['?sslmode=require', {}, 'require system'],
    ['?sslmode=require&uselibpqcompat=true', {}, 'require system'],
    ['?ssl=true', {}, 'require system'],
    ['?ssl=true', {PGSSLMODE: 'disable'}, 'require system'],
    ['?ssl=true&sslmode=verify-full', {}, 'verify-full system'],
    ['?sslmode=verify-ca', {}, 'verify-ca system'],
    ['?sslmode=verify-full', {}, 'verify-full system'],
    ['?sslmode=verify-full&sslrootcert=/ca.pem', {}, 'verify-full /ca.pem'],
    ['?sslmode=require&sslrootcert=/ca.pem', {}, 'verify-ca /ca.pem'],
    ['?sslrootcert=/ca.pem', {}, 'prefer /ca.pem'],
    ['?sslrootcert=system', {}, 'verify-full system'],
    ['', {PGSSLMODE: 'require'}, 'require system'],
    ['?sslmode=verify-full', {PGSSLMODE: 'disable'}, 'verify-full system'],
    ['?sslmode=verify-full', {PGSSLROOTCERT: '/ca.pem'}, 'verify-full /ca.pem'],
    ['', {PGSSLMODE: ''}, 'prefer system'],
  ])('%s with %j: %s', (query, env, expected) => {
    expect(modeOf(`postgres://h/d${query}`, env)).toBe(expected)
  })

  test.each([
    ['?sslmode=require', `verify-ca ${ROOT}`],
    ['?sslmode=verify-full', `verify-full ${ROOT}`],
    ['?sslmode=verify-full&sslrootcert=/ca.pem', 'verify-full /ca.pem'],
    ['?sslmode=verify-full&sslrootcert=system', 'verify-full system'],
    ['?sslmode=disable', 'disable system'],
  ])('%s with a root.crt in the home folder: %s', (query, expected) => {
    expect(modeOf(`postgres://h/d${query}`, {}, withRoot)).toBe(expected)
  })

  test('a unix socket has no TLS', () => {
    expect(modeOf('postgres://%2Ftmp/d?sslmode=require')).toBe('disable system')
    expect(modeOf('postgres:///d?host=/tmp,h&sslmode=require')).toBe('require system')
  })
})

describe('RDS', () => {
  test.each([
    [`postgres://${RDS}/d`, {}, 'verify-full rds'],
    [`postgres://${RDS.toUpperCase()}./d`, {}, 'verify-full rds'],
    [`postgres://${RDS}.cn/d`, {}, 'verify-full rds'],
    [`postgres://localhost,${RDS}/d`, {}, 'verify-full rds'],
    [`postgres://${RDS}/d?hostaddr=127.0.0.1`, {}, 'verify-full rds'],
    ['postgres:///d', {PGHOST: RDS}, 'verify-full rds'],
    [`postgres://${RDS}/d`, {PGSSLMODE: 'disable', PGSSLROOTCERT: '/ca.pem'}, 'verify-full rds'],
    [`postgres://${RDS}/d`, {PGSSLMODE: 'nonsense'}, 'verify-full rds'],
    [`postgres://localhost,${RDS}/d`, {PGSSLMODE: 'disable'}, 'verify-full rds'],
    [`postgres://${RDS}/d?sslmode=disable`, {}, 'disable rds'],
    [`postgres://${RDS}/d?sslmode=require`, {}, 'require rds'],
    [`postgres://${RDS}/d?sslmode=verify-ca`, {}, 'verify-ca rds'],
    [`postgres://${RDS}/d?sslrootcert=/ca.pem`, {PGSSLMODE: 'disable'}, 'verify-full /ca.pem'],
    [`postgres://${RDS}/d?sslmode=require&sslrootcert=/ca.pem`, {}, 'verify-ca /ca.pem'],
    [`postgres://${RDS}.example.com/d`, {}, 'prefer system'],
    ['postgres://rds.amazonaws.com/d', {}, 'prefer system'],
  ])('%s with %j: %s', (url, env, expected) => {
    expect(modeOf(url, env)).toBe(expected)
  })

  test('a lower protocol of the environment does not reach it', () => {
    const context = contextOf({PGSSLMINPROTOCOLVERSION: 'TLSv1'})
    expect(targetOf(`postgres://${RDS}/d`, context).tls.minVersion).toBeUndefined()
    expect(targetOf('postgres://h/d', context).tls.minVersion).toBe('TLSv1')
  })
})

describe('the rest of TLS', () => {
  test('certificate, key, its password, versions and negotiation are carried over', () => {
    const query =
      'sslmode=require&sslcert=/c.crt&sslkey=/c.key&sslpassword=pw&sslnegotiation=direct' +
      '&ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.3'
    const {tls} = targetOf(`postgres://h/d?${query}`, contextOf({}, files))
    expect(tls).toMatchObject({
      mode: 'require',
      certificateFile: '/c.crt',
      keyFile: '/c.key',
      direct: true,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
    })
    expect(tls.keyPassword?.reveal()).toBe('pw')
  })

  test("libpq's own certificate in the home folder is used where it exists", () => {
    const own = {
      '/home/andrew/.postgresql/postgresql.crt': 'certificate',
      '/home/andrew/.postgresql/postgresql.key': 'key',
    }
    expect(targetOf('postgres://h/d', contextOf({}, own)).tls).toMatchObject({
      certificateFile: '/home/andrew/.postgresql/postgresql.crt',
      keyFile: '/home/andrew/.postgresql/postgresql.key',
    })
    expect(targetOf('postgres://h/d').tls).not.toHaveProperty('certificateFile')
  })

  test('one version can be both the lowest and the highest', () => {
    const query = 'ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3'
    expect(targetOf(`postgres://h/d?${query}`).tls).toMatchObject({
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    })
  })

  test('without TLS a certificate in the home folder, and its missing key, do not matter', () => {
    const own = {'/home/andrew/.postgresql/postgresql.crt': 'certificate'}
    const {tls} = targetOf('postgres://h/d?sslmode=disable', contextOf({}, own))
    expect(tls).not.toHaveProperty('certificateFile')
  })
})

describe('TLS that cannot be', () => {
  const words =
    'must be one of disable, allow, prefer, require, verify-ca, verify-full: ' +
    'for TLS without a verified certificate write sslmode=require'

  test.each([
    ['?sslmode=no-verify', {}, `--url: sslmode ${words}`],
    ['?sslmode=Require', {}, `--url: sslmode ${words}`],
    ['', {PGSSLMODE: 'on'}, `PGSSLMODE ${words}`],
    ['?ssl=1', {}, '--url: ssl must be true: for no TLS write sslmode=disable'],
    ['?ssl=true&sslmode=prefer', {}, '--url: ssl is true and sslmode is not: keep sslmode alone'],
    [
      '?sslrootcert=/no.pem',
      {},
      '--url: sslrootcert leads to /no.pem, which cannot be read: write the path of a PEM file',
    ],
    [
      '',
      {PGSSLROOTCERT: '/no.pem'},
      'PGSSLROOTCERT leads to /no.pem, which cannot be read: write the path of a PEM file',
    ],
    [
      '?sslrootcert=/no%0A.pem',
      {},
      '--url: sslrootcert leads to /no\\x0a.pem, which cannot be read: write the path of a PEM file',
    ],
    [
      '?sslcert=/c.crt',
      {},
      "--url: sslkey leads to /home/andrew/.postgresql/postgresql.key, which cannot be read: write the path of the certificate's key",
    ],
    [
      '?sslrootcert=system&sslmode=require',
      {},
      '--url: sslrootcert is system: write sslmode=verify-full with it',
    ],
    [
      '?sslnegotiation=direct',
      {},
      '--url: sslnegotiation is direct: write sslmode=require or more with it',
    ],
    [
      '?ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2',
      {},
      '--url: ssl_min_protocol_version is above ssl_max_protocol_version: swap them',
    ],
    ['?sslcrl=/crl', {}, '--url: sslcrl is not supported: take it away'],
    ['', {PGSSLCRL: '/crl'}, 'PGSSLCRL is not supported: take it away'],
    ['', {PGSSLCRLDIR: '/crl'}, 'PGSSLCRLDIR is not supported: take it away'],
  ])('%s with %j is refused', (query, env, problem) => {
    expect(problemsOf(() => targetOf(`postgres://h/d${query}`, contextOf(env, files)))).toEqual([
      problem,
    ])
  })
})
