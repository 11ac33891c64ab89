import {type AddressInfo, createServer, type Server} from 'node:net'
import type {DetailedPeerCertificate} from 'node:tls'
import {afterEach, describe, expect, test} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {tlsError} from '../../../../src/lib/postgres/tls/tls-errors.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {authorityFile, fatal, welcome, wireServer} from '../../../support/wire.js'

const closing: {close: () => void}[] = []
afterEach(() => {
  for (const server of closing.splice(0)) server.close()
})

function targetOf(url: string): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return target
}

const login = (url: string): Promise<string> => withClient(targetOf(url), async () => 'in')

/** A server that does nothing but count who comes, and hangs up at the first bytes. */
async function deafServer(): Promise<{port: number; met: () => number}> {
  let met = 0
  const server: Server = createServer((socket) => {
    met++
    socket.on('error', () => {})
    socket.once('data', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(server)
  return {port: (server.address() as AddressInfo).port, met: () => met}
}

async function wire(...args: Parameters<typeof wireServer>): Promise<number> {
  const server = await wireServer(...args)
  closing.push(server)
  return server.port
}

const RDS = 'db.c1ab.eu-central-1.rds.amazonaws.com'

describe('an RDS host', () => {
  test('that somebody else answers for is refused with whose authorities were asked', async () => {
    const port = await wire({tls: true, answer: () => welcome})
    await expect(login(`postgres://u:p@${RDS}:${port}/d?hostaddr=127.0.0.1`)).rejects.toMatchObject(
      {
        code: 'TLS_FAILED',
        exit: 3,
        message: `none of Amazon's authorities for RDS in eu-central-1 has signed the certificate of ${RDS}:${port}: it is signed by Wire authority`,
        details: {
          hint: 'check that this host is RDS and no tunnel to another server; else name the authority that signed the server certificate: ?sslrootcert=FILE in the URL',
        },
        data: {reason: 'unknown-authority'},
      },
    )
  })

  test('in a region without authorities is not even dialled', async () => {
    const {port, met} = await deafServer()
    const far = RDS.replace('eu-central-1', 'il-central-1')
    for (const hosts of [`${far}:${port}`, `${RDS}:${port},${far}:${port}`]) {
      const addresses = hosts.includes(',') ? '127.0.0.1,127.0.0.1' : '127.0.0.1'
      const url = `postgres://u:p@${hosts}/d?hostaddr=${addresses}`
      await expect(login(url)).rejects.toMatchObject({code: 'TLS_AUTHORITY_MISSING', exit: 2})
    }
    expect(met()).toBe(0)
  })

  test('in such a region is taken with the file of its authorities', async () => {
    const far = RDS.replace('eu-central-1', 'il-central-1')
    const port = await wire({tls: true, answer: () => welcome})
    const url = `postgres://u:p@${far}:${port}/d?hostaddr=127.0.0.1&sslrootcert=${authorityFile}`
    expect(await login(`${url}&sslmode=verify-ca`)).toBe('in')
    await expect(login(url)).rejects.toMatchObject({data: {reason: 'wrong-name'}})
  })
})

test('a server that is dialled by its address is asked for by its name', async () => {
  const names: unknown[] = []
  const port = await wire({
    tls: true,
    answer: () => welcome,
    onServerName: (name) => names.push(name),
  })
  await login(`postgres://u:p@localhost:${port}/d?hostaddr=127.0.0.1&sslmode=require`)
  await login(`postgres://u:p@127.0.0.1:${port}/d?sslmode=require`)
  expect(names).toEqual(['localhost', false])
})

test('a tunnel gets the address to write beside the certificate’s name', async () => {
  const port = await wire({tls: true, answer: () => welcome})
  const url = `postgres://u:p@127.0.0.1:${port}/d?sslmode=verify-full&sslrootcert=${authorityFile}`
  await expect(login(url)).rejects.toMatchObject({
    message: `the certificate of 127.0.0.1:${port} is for localhost, not for 127.0.0.1`,
    details: {
      hint: 'write a host of the certificate into the URL, with ?hostaddr=127.0.0.1 where that name leads elsewhere; or sslmode=verify-ca, which ignores names',
    },
  })
  const cured = url.replace('@127.0.0.1', '@localhost')
  expect(await login(`${cured}&hostaddr=127.0.0.1`)).toBe('in')
})

test('a server before PostgreSQL 17 does not understand TLS from the first byte on', async () => {
  const {port} = await deafServer()
  const url = `postgres://u:p@127.0.0.1:${port}/d?sslmode=require&sslnegotiation=direct`
  await expect(login(url)).rejects.toMatchObject({
    code: 'TLS_FAILED',
    message: `127.0.0.1:${port} ends a connection that begins with TLS`,
    details: {hint: expect.stringContaining('remove sslnegotiation=direct')},
  })
})

test('of two refusals in allow the one of TLS is told', async () => {
  const refusals = {
    plain: fatal('28000', 'no pg_hba.conf entry for host "x", no encryption'),
    tls: fatal('28P01', 'password authentication failed'),
  }
  const port = await wire({tls: true, answer: (_, encryption) => refusals[encryption]})
  await expect(login(`postgres://u:p@127.0.0.1:${port}/d?sslmode=allow`)).rejects.toMatchObject({
    message: `wrong password for u at 127.0.0.1:${port}`,
  })
})

test('in prefer, a wrong password without TLS is told, not that TLS was refused before', async () => {
  const refusals = {
    plain: fatal('28P01', 'password authentication failed'),
    tls: fatal('28000', 'kein pg_hba.conf-Eintrag für Host »x«, SSL-Verschlüsselung'),
  }
  const port = await wire({tls: true, answer: (_, encryption) => refusals[encryption]})
  await expect(login(`postgres://u:p@127.0.0.1:${port}/d`)).rejects.toMatchObject({
    message: `wrong password for u at 127.0.0.1:${port}`,
  })
})

describe('what a server cannot be made to do here', () => {
  const host = {host: 'h', port: 5432}
  const failure = (code: string, message = 'x', query = '') =>
    tlsError(Object.assign(new Error(message), {code}), {
      target: targetOf(`postgres://u:p@h/d?sslmode=require${query}`),
      host,
      encryption: 'tls',
    })

  test.each([
    ['CERT_REVOKED', 'revoked', 'the certificate of h:5432 has been revoked by its authority'],
    ['CERT_HAS_EXPIRED', 'expired', 'the certificate of h:5432 has expired'],
    ['INVALID_PURPOSE', 'handshake', 'TLS with h:5432 failed: x'],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'wrong-name',
      'the certificate of h:5432 is for no host, not for h',
    ],
  ])('%s is told as %s', (code, reason, message) => {
    expect(failure(code)).toMatchObject({code: 'TLS_FAILED', exit: 3, message, data: {reason}})
  })

  test.each([
    ['HOSTNAME_MISMATCH', 'wrong-name'],
    ['ERR_TLS_CERT_ALTNAME_FORMAT', 'wrong-name'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'unknown-authority'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown-authority'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown-authority'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unknown-authority'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown-authority'],
    ['CERT_SIGNATURE_FAILURE', 'unknown-authority'],
    ['CERT_UNTRUSTED', 'unknown-authority'],
    ['CERT_NOT_YET_VALID', 'not-yet-valid'],
    ['CERT_CHAIN_TOO_LONG', 'handshake'],
    ['CRL_HAS_EXPIRED', 'handshake'],
    ['UNABLE_TO_GET_CRL', 'handshake'],
    ['INVALID_CA', 'handshake'],
    ['PATH_LENGTH_EXCEEDED', 'handshake'],
    ['ERR_TLS_INVALID_PROTOCOL_VERSION', 'handshake'],
    ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'handshake'],
    ['EPROTO', 'handshake'],
  ])('%s is told as %s', (code, reason) => {
    expect(failure(code)).toMatchObject({code: 'TLS_FAILED', data: {reason}})
  })

  // As OpenSSL 3.0 and 3.5 put it: the words differ, the number does not.
  const alert = (number: string, words: string): string =>
    `808C2B8BE77F0000:error:0A000${number}:SSL routines:ssl3_read_bytes:${words}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 0\n`
  const refused = 'h:5432 does not accept the client certificate in sslcert:'

  test.each([
    ['45C', 'tlsv13 alert certificate required', 'h:5432 demands a client certificate'],
    ['414', 'sslv3 alert certificate revoked', `${refused} it has been revoked`],
    ['414', 'ssl/tls alert certificate revoked', `${refused} it has been revoked`],
    ['412', 'ssl/tls alert bad certificate', `${refused} it is broken`],
    [
      '413',
      'sslv3 alert unsupported certificate',
      `${refused} it is of a kind the server does not take`,
    ],
    ['415', 'sslv3 alert certificate expired', `${refused} it has expired`],
    ['416', 'sslv3 alert certificate unknown', `${refused} the server does not say why`],
    [
      '418',
      'tlsv1 alert unknown ca',
      `${refused} the server does not trust the authority that signed it`,
    ],
    ['419', 'tlsv1 alert access denied', `${refused} the server grants it no access`],
    ['41B', 'tlsv1 alert decrypt error', `${refused} the server could not check its signature`],
    ...['0A6', '0BF', '102', '18C'].map((number) => [
      number,
      'a reason of OpenSSL itself',
      'h:5432 and this target have no version of TLS in common',
    ]),
    [
      '410',
      'sslv3 alert handshake failure',
      'TLS with h:5432 failed: sslv3 alert handshake failure',
    ],
    [
      '42E',
      'tlsv1 alert protocol version',
      'h:5432 and this target have no version of TLS in common',
    ],
  ])('an alert of number %s (%s) is told, during a write too', (number, words, message) => {
    const text = alert(number, words)
    expect(failure('EPROTO', `write EPROTO ${text}`)).toMatchObject({code: 'TLS_FAILED', message})
    expect(failure('ERR_SSL_X', text)).toMatchObject({code: 'TLS_FAILED', message})
  })

  test('the authority whose certificate is out of date is named, and the server is not blamed', () => {
    const issuer = {CN: 'The authority'}
    const root = {subject: issuer, issuer, valid_from: 'Jan  1 2020', valid_to: 'Jan  1 2021'}
    const valid = {valid_from: 'Jan  1 2020', valid_to: 'Jan  1 2999'}
    const certificate = {subject: {CN: 'h'}, issuer, ...valid, issuerCertificate: root}
    const told = (code: string, chain: object) =>
      tlsError(Object.assign(new Error('x'), {code}), {
        target: targetOf('postgres://u:p@h/d?sslmode=require'),
        host,
        encryption: 'tls',
        certificate: chain as DetailedPeerCertificate,
      })?.message
    expect(told('CERT_HAS_EXPIRED', certificate)).toMatch(
      /^the authority The authority behind the certificate of h:5432 has expired: it is for the time from \d/,
    )
    expect(told('CERT_HAS_EXPIRED', root)).toMatch(/^the certificate of h:5432 has expired: it is/)
    expect(told('CERT_NOT_YET_VALID', root)).toMatch(/^the certificate of h:5432 is not valid yet/)
  })

  test('of many names of a certificate the first five are told', () => {
    const told = (count: number) => {
      const names = Array.from({length: count}, (_, index) => `DNS:h${index + 1}`).join(', ')
      return tlsError(Object.assign(new Error('x'), {code: 'ERR_TLS_CERT_ALTNAME_INVALID'}), {
        target: targetOf('postgres://u:p@h/d?sslmode=require'),
        host,
        encryption: 'tls',
        certificate: {subjectaltname: names} as DetailedPeerCertificate,
      })
    }
    expect(told(5)?.message).toBe('the certificate of h:5432 is for h1, h2, h3, h4, h5, not for h')
    expect(told(7)?.message).toBe(
      'the certificate of h:5432 is for h1, h2, h3, h4, h5 and 2 more, not for h',
    )
    expect(told(7)?.details.hint).toContain('with ?hostaddr=ADDRESS where')
  })

  test.each([
    ['', 'update the server, or raise its ssl_max_protocol_version: TLSv1.2 is the least'],
    [
      '&ssl_min_protocol_version=TLSv1.3',
      'lower ssl_min_protocol_version, which asks for TLSv1.3, or update the server',
    ],
    ['&ssl_max_protocol_version=TLSv1.2', 'raise ssl_max_protocol_version, which ends at TLSv1.2'],
  ])('no version in common: the cure is at the side that is bound (%s)', (query, hint) => {
    expect(
      failure('ERR_SSL_UNSUPPORTED_PROTOCOL', alert('102', 'unsupported protocol'), query)?.details
        .hint,
    ).toBe(hint)
  })

  test('the error behind it is kept, and its words end where they end', () => {
    const error = failure('INVALID_PURPOSE', 'unsuitable certificate purpose\n')
    expect(error?.message).toBe('TLS with h:5432 failed: unsuitable certificate purpose')
    expect(error?.cause).toMatchObject({code: 'INVALID_PURPOSE'})
  })

  test.each([
    ['h', '&sslrootcert=system', 'the certificate of @ is of an unknown authority'],
    [
      'h',
      `&sslrootcert=${authorityFile}`,
      `no authority in ${authorityFile} has signed the certificate of @`,
    ],
    [
      'db.abc.eu-west-1.rds.amazonaws.com',
      '',
      "none of Amazon's authorities for RDS in eu-west-1 has signed the certificate of @",
    ],
    [
      'db.rds.amazonaws.com',
      '',
      "none of Amazon's authorities for RDS has signed the certificate of @",
    ],
    [
      'p.proxy-abc.eu-west-1.rds.amazonaws.com',
      '',
      "none of Amazon's authorities for RDS Proxy has signed the certificate of @",
    ],
  ])('a server of %s (%s) that sends nothing to tell its authority by', (name, query, words) => {
    const url = `postgres://u:p@${name}/d?sslmode=verify-full${query}`
    const cause = Object.assign(new Error('x'), {code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'})
    const attempt = {host: {host: name, port: 5432}, encryption: 'tls'} as const
    expect(tlsError(cause, {target: targetOf(url), ...attempt})?.message).toBe(
      words.replace('@', `${name}:5432`),
    )
  })

  test('TLS from the first byte on is blamed only for a connection that was cut before it', () => {
    const direct = '&sslnegotiation=direct'
    expect(failure('ECONNRESET', 'x', direct)?.data['reason']).toBe('direct-refused')
    expect(failure('ECONNREFUSED', 'x', direct)).toBeUndefined()
    const later = tlsError(Object.assign(new Error('x'), {code: 'ECONNRESET'}), {
      target: targetOf(`postgres://u:p@h/d?sslmode=require${direct}`),
      host,
      encryption: 'tls',
      certificate: {} as DetailedPeerCertificate,
    })
    expect(later).toBeUndefined()
  })

  test.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE'])('%s is not about TLS', (code) => {
    expect(failure(code)).toBeUndefined()
  })
})

describe('a server that refuses the login for its encryption or its certificate', () => {
  const NO_ENTRY = 'no pg_hba.conf entry for host "x"'
  const NO_CERTIFICATE = 'connection requires a valid client certificate'

  function refusal(
    query: string,
    encryption: 'tls' | 'plain',
    changes: object,
    tls: Partial<Target['tls']> = {},
  ) {
    const error = {code: '28000', severity: 'FATAL', routine: 'ClientAuthentication', ...changes}
    const target = targetOf(`postgres://u:p@h/d?${query}`)
    return tlsError(Object.assign(new Error(NO_ENTRY), error), {
      target: {...target, tls: {...target.tls, ...tls}},
      host: {host: 'h', port: 5432},
      encryption,
    })
  }

  test.each([
    ['sslmode=disable', 'plain', 'plain-refused'],
    ['sslmode=require', 'tls', 'tls-refused'],
    // Where the other encryption may be tried too, its refusal is not the whole story.
    ['sslmode=prefer', 'plain', undefined],
    ['sslmode=prefer', 'tls', undefined],
    ['sslmode=allow', 'plain', undefined],
    ['sslmode=allow', 'tls', undefined],
  ] as const)('%s, %s: %s', (query, encryption, reason) => {
    expect(refusal(query, encryption, {})?.data['reason']).toBe(reason)
  })

  test('is told with what it says, as a failed login', () => {
    const error = refusal('sslmode=require', 'tls', {detail: 'the detail'})
    expect(error).toMatchObject({
      code: 'LOGIN_FAILED',
      exit: 3,
      message: `h:5432 refuses encrypted connections of u to "d": ${NO_ENTRY}`,
      details: {sqlstate: '28000', detail: 'the detail'},
      cause: {message: NO_ENTRY},
    })
  })

  test('is asked for a certificate only where none was named', () => {
    const demand = {message: NO_CERTIFICATE}
    expect(refusal('sslmode=require', 'tls', demand)?.data['reason']).toBe(
      'client-certificate-missing',
    )
    const named = {certificateFile: '/u.crt'}
    expect(refusal('sslmode=require', 'tls', demand, named)).toBeUndefined()
    const other = {message: 'certificate authentication failed', routine: 'auth_failed'}
    expect(refusal('sslmode=require', 'tls', other, named)?.data['reason']).toBe(
      'client-certificate-user',
    )
  })

  test.each([
    ['a wrong password', {code: '28P01', routine: 'auth_failed', message: 'password'}],
    ['a role that may not log in', {routine: 'InitializeSessionUserId', message: 'not permitted'}],
    ['a failure of another kind', {code: '53300', message: 'too many, says pg_hba.conf'}],
  ])('is not meant by %s, certificate or none', (_, changes) => {
    expect(refusal('sslmode=require', 'tls', changes)).toBeUndefined()
    const named = {certificateFile: '/u.crt'}
    expect(refusal('sslmode=require', 'tls', changes, named)).toBeUndefined()
  })

  test('nor by a login that fails without a certificate', () => {
    const changes = {routine: 'auth_failed', message: 'Peer authentication failed'}
    expect(refusal('sslmode=require', 'tls', changes)).toBeUndefined()
  })
})

test('RDS without TLS is not to be trusted: nobody is told to go without', async () => {
  const port = await wire({tls: false, answer: () => welcome})
  const host = 'db.abc.eu-west-1.rds.amazonaws.com'
  const url = `postgres://u:p@${host}:${port}/d?hostaddr=127.0.0.1`
  await expect(login(url)).rejects.toMatchObject({
    message: `${host}:${port} does not offer TLS, which this target requires`,
    details: {
      hint: 'RDS always offers TLS: check that this host is RDS, and no tunnel or somebody in between',
    },
  })
})
