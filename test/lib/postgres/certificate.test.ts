import type {PeerCertificate} from 'node:tls'
import {describe, expect, test} from 'vitest'
import {alternativesOf, namesOf} from '../../../src/lib/postgres/certificate.js'
import {tlsOptions} from '../../../src/lib/postgres/tls-options.js'
import {targetOf} from '../target/fixtures.js'

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
  ])('is met by %s: %s', async (text, expected) => {
    expect(await accepts(certificateOf(text))).toBe(expected)
  })

  test('is met by a common name only where no address is named', async () => {
    expect(await accepts(certificateOf('', '10.0.0.1'))).toBe(true)
    expect(await accepts(certificateOf('DNS:a.test', '10.0.0.1'))).toBe(true)
    expect(await accepts(certificateOf('IP Address:10.0.0.2', '10.0.0.1'))).toBe(false)
  })
})
