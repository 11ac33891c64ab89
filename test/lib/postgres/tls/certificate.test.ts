import type {DetailedPeerCertificate, PeerCertificate} from 'node:tls'
import {describe, expect, test} from 'vitest'
import {
  alternativesOf,
  authorityName,
  namesOf,
  outdated,
} from '../../../../src/lib/postgres/tls/certificate.js'
import {tlsOptions} from '../../../../src/lib/postgres/tls/tls-options.js'
import {targetOf} from '../../target/fixtures.js'

function certificateOf(subjectaltname: string, CN = 'server'): PeerCertificate {
  return {subjectaltname, subject: {CN}} as PeerCertificate
}

/** As Node writes a name in which there is a comma (CVE-2021-44532). */
const QUOTED = 'DNS:"evil.test, DNS:10.0.0.1, IP Address:10.0.0.1", DNS:other.test'

describe('the names of a certificate', () => {
  test.each([
    ['DNS:a.test, DNS:*.b.test, IP Address:10.0.0.1', ['a.test', '*.b.test', '10.0.0.1']],
    ['DNS:a.test, email:x@a.test, URI:https://a.test/', ['a.test']],
    ['', ['server']],
    ['email:x@a.test', ['server']],
    [QUOTED, ['"evil.test, DNS:10.0.0.1, IP Address:10.0.0.1"', 'other.test']],
  ])('%s: %j', (text, names) => {
    expect(namesOf(certificateOf(text))).toEqual(names)
  })

  test('have their kinds', () => {
    expect(alternativesOf(certificateOf('DNS:a.test, IP Address:10.0.0.1'))).toEqual([
      {kind: 'DNS', name: 'a.test'},
      {kind: 'IP Address', name: '10.0.0.1'},
    ])
  })
})

describe('a host that is an address', () => {
  const accepts = async (certificate: PeerCertificate): Promise<boolean> => {
    const target = targetOf('postgres://u@10.0.0.1/d?sslmode=verify-full')
    const options = await tlsOptions(target, {host: '10.0.0.1', port: 5432})
    return options.checkServerIdentity?.('10.0.0.1', certificate) === undefined
  }

  test.each([
    ['IP Address:10.0.0.1', true],
    ['DNS:10.0.0.1', true],
    ['IP Address:10.0.0.2', false],
    ['DNS:10.0.0.2', false],
    [QUOTED, false],
    ['DNS:"evil.test\\", DNS:10.0.0.1, DNS:\\"x"', false],
  ])('is met by %s: %s', async (text, expected) => {
    expect(await accepts(certificateOf(text))).toBe(expected)
  })

  test('is met by a common name only where no address is named', async () => {
    expect(await accepts(certificateOf('', '10.0.0.1'))).toBe(true)
    expect(await accepts(certificateOf('DNS:a.test', '10.0.0.1'))).toBe(true)
    expect(await accepts(certificateOf('IP Address:10.0.0.2', '10.0.0.1'))).toBe(false)
  })
})

type Name = Partial<PeerCertificate['subject']>

/** Certificates, the server's own first, each signed by the one behind it, and the last by itself. */
function chainOf(...names: Name[]): DetailedPeerCertificate {
  const chain = names.map((subject) => ({subject})) as DetailedPeerCertificate[]
  for (const [place, certificate] of chain.entries()) {
    const signer = chain[place + 1] ?? certificate
    Object.assign(certificate, {issuer: signer.subject, issuerCertificate: signer})
  }
  return chain[0] as DetailedPeerCertificate
}

describe('who has signed a certificate', () => {
  test.each<[string, Name[], string | undefined]>([
    ['itself', [{CN: 'server'}], 'itself'],
    ['the last of the chain', [{CN: 'server'}, {CN: 'between'}, {CN: 'root'}], 'root'],
    ['one of the same name behind it', [{CN: 'same'}, {CN: 'same'}], 'same'],
    ['one without a common name, told by its unit', [{CN: 's'}, {OU: 'unit', O: 'org'}], 'unit'],
    ['one with an organisation alone', [{CN: 'server'}, {O: 'org'}], 'org'],
    ['one without a name, as the server is', [{}], undefined],
  ])('%s', (_, names, signer) => {
    expect(authorityName(chainOf(...names))).toBe(signer)
  })

  test('is not known before there is one', () => {
    expect(authorityName(undefined)).toBeUndefined()
  })
})

describe('a certificate that is not valid at a time', () => {
  const valid = {valid_from: 'Jan  1 00:00:00 2026 GMT', valid_to: 'Jan  1 00:00:00 2027 GMT'}
  const own = Object.assign(chainOf({CN: 'server'}, {}), valid)
  Object.assign(own.issuerCertificate, valid, {valid_to: 'Jun  1 00:00:00 2026 GMT'})

  test.each([
    ['2025-12-31T23:59:59Z', {name: 'server', own: true}],
    ['2026-01-01T00:00:00Z', undefined],
    ['2026-06-01T00:00:00Z', undefined],
    ['2026-06-01T00:00:01Z', {name: 'without a name', own: false}],
    ['2027-01-01T00:00:01Z', {name: 'server', own: true}],
  ])('is the first of the chain: at %s', (at, expected) => {
    const found = outdated(own, new Date(at))
    expect(found && {name: found.name, own: found.own}).toEqual(expected)
  })
})
