import {createPrivateKey} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import type {Environment} from '../../../src/lib/target/environment.js'
import {makeAuthority} from '../../support/tls.js'
import {contextOf, errorOf, problemsOf, targetOf} from './fixtures.js'

const RDS = 'cruddur.c1.ca-central-1.rds.amazonaws.com'
const authority = await makeAuthority('Authority')
const own = await authority.issue({name: 'andrew'})
const other = await authority.issue({name: 'brown'})
const locked = createPrivateKey(own.key)
  .export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame'})
  .toString()
const files = {
  '/ca.pem': authority.certificate,
  '/two.pem': `of us:\n${authority.certificate}and:\n${other.certificate}`,
  '/c.crt': own.certificate,
  '/c.key': own.key,
  '/other.key': other.key,
  '/locked.key': locked,
  '/empty': '',
  '/garbage': 'no PEM at all',
  '/broken.pem': `${authority.certificate}-----BEGIN CERTIFICATE-----\nMIIB`,
}
const ROOT = '/home/andrew/.postgresql/root.crt'
const withRoot = {...files, [ROOT]: authority.certificate}

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
    ['postgres://x.c1.rds.cn-north-1.amazonaws.com.cn/d', {}, 'verify-full rds'],
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
    const home = {
      '/home/andrew/.postgresql/postgresql.crt': own.certificate,
      '/home/andrew/.postgresql/postgresql.key': own.key,
    }
    expect(targetOf('postgres://h/d', contextOf({}, home)).tls).toMatchObject({
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
    const home = {'/home/andrew/.postgresql/postgresql.crt': own.certificate}
    const {tls} = targetOf('postgres://h/d?sslmode=disable', contextOf({}, home))
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

describe('a file that TLS would use', () => {
  const refusals = (query: string, modes: Record<string, number> = {}): unknown =>
    problemsOf(() => targetOf(`postgres://h/d?${query}`, contextOf({}, files, modes)))
  const PAIR = 'sslcert=/c.crt&sslkey='

  test.each(['sslrootcert=/two.pem', `${PAIR}/c.key`, `${PAIR}/locked.key&sslpassword=sesame`])(
    'is taken when it is right: %s',
    (query) => {
      expect(targetOf(`postgres://h/d?${query}`, contextOf({}, files)).tls.mode).toBe('prefer')
    },
  )

  test.each([
    ['sslrootcert=/empty', 'sslrootcert leads to /empty, which holds no certificate'],
    ['sslrootcert=/garbage', 'sslrootcert leads to /garbage, which holds no certificate'],
    ['sslrootcert=/c.key', 'sslrootcert leads to /c.key, which holds no certificate'],
    [
      'sslrootcert=/broken.pem',
      'sslrootcert leads to /broken.pem, which holds a certificate that cannot be read',
    ],
    ['sslcert=/garbage&sslkey=/c.key', 'sslcert leads to /garbage, which holds no certificate'],
  ])('%s is refused in every sslmode', (query, problem) => {
    for (const mode of ['prefer', 'require', 'verify-full'])
      expect(refusals(`sslmode=${mode}&${query}`)).toEqual([
        `--url: ${problem}: write the path of a PEM file`,
      ])
  })

  test.each([
    ['/garbage', "holds no private key: write the path of the certificate's key"],
    ['/c.crt', "holds no private key: write the path of the certificate's key"],
    [
      '/other.key',
      "does not belong to the certificate in /c.crt: write the path of the certificate's key",
    ],
    ['/locked.key', 'is encrypted: write its password as sslpassword into the URL'],
    ['/locked.key&sslpassword=Sesame', 'sslpassword does not open: correct sslpassword'],
  ])('as a key %s: %s', (key, problem) => {
    const path = key.split('&')[0]
    expect(refusals(PAIR + key)).toEqual([`--url: sslkey leads to ${path}, which ${problem}`])
  })

  test.each([0o640, 0o604, 0o660, 0o644])('as a key with mode %o is refused', (mode) => {
    const shown = mode.toString(8)
    expect(refusals(`${PAIR}/c.key`, {'/c.key': mode})).toEqual([
      `--url: sslkey leads to /c.key, which others may read (mode ${shown}): run chmod 600 /c.key`,
    ])
  })

  test('with libpq’s own name is called by its path', () => {
    const context = contextOf({}, {[ROOT]: ''})
    expect(problemsOf(() => targetOf('postgres://h/d', context))).toEqual([
      `${ROOT}, used where no sslrootcert is named, holds no certificate: put the right file there, or move it away`,
    ])
  })

  test('is told of with all the others at once, and without the password of a key', () => {
    const query = 'sslrootcert=/empty&sslcert=/no.crt&sslkey=/locked.key&sslpassword=not-it-7'
    const error = errorOf(() => targetOf(`postgres://h/d?${query}`, contextOf({}, files)))
    expect(error).toMatchObject({code: 'CONFIGURATION', exit: 2})
    expect(error.message.split('\n')).toEqual([
      '--url: sslcert leads to /no.crt, which cannot be read: write the path of a PEM file',
      '--url: sslrootcert leads to /empty, which holds no certificate: write the path of a PEM file',
      '--url: sslkey leads to /locked.key, which sslpassword does not open: correct sslpassword',
    ])
    expect(JSON.stringify([error, error.message, error.data, error.details])).not.toContain(
      'not-it-7',
    )
  })
})
