import 'reflect-metadata'
import {KeyObject, randomBytes, webcrypto} from 'node:crypto'
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate with its key, both PEM, as made for a test. */
export interface Certified {
  certificate: string
  /** PKCS #8, not encrypted. */
  key: string
}

/** From when to when a certificate is valid; from an hour ago until tomorrow unless told. */
interface Span {
  from?: Date
  to?: Date
}

interface Wanted extends Span {
  /** The common name. */
  name: string
  /** DNS names. */
  hosts?: readonly string[]
  /** IP addresses. */
  addresses?: readonly string[]
}

/** Somebody who certifies others. */
export interface Authority extends Certified {
  issue: (wanted: Wanted) => Promise<Certified>
  /** An authority whose own certificate this one has signed. */
  deputy: (name: string, span?: Span) => Promise<Authority>
}

const ALGORITHM = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'}
const HOUR_MS = 3_600_000

interface Signer {
  name: string
  key: webcrypto.CryptoKey
}

async function certify(
  {name, from, to}: Wanted,
  extensions: Extension[],
  signer?: Signer,
): Promise<Certified & {privateKey: webcrypto.CryptoKey}> {
  const {publicKey, privateKey} = await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])
  const certificate = await X509CertificateGenerator.create({
    // Positive: the first bit is the sign.
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    subject: `CN=${name}`,
    issuer: `CN=${signer?.name ?? name}`,
    notBefore: from ?? new Date(Date.now() - HOUR_MS),
    notAfter: to ?? new Date(Date.now() + 24 * HOUR_MS),
    publicKey,
    signingKey: signer?.key ?? privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  })
  const key = KeyObject.from(privateKey).export({type: 'pkcs8', format: 'pem'}).toString()
  return {certificate: `${certificate.toString('pem')}\n`, key, privateKey}
}

function alternatives({hosts = [], addresses = []}: Wanted): Extension[] {
  const names = [
    ...hosts.map((value) => ({type: 'dns' as const, value})),
    ...addresses.map((value) => ({type: 'ip' as const, value})),
  ]
  return names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []
}

/** A certificate that nobody but itself vouches for. */
export async function selfSigned(wanted: Wanted): Promise<Certified> {
  const {certificate, key} = await certify(wanted, alternatives(wanted))
  return {certificate, key}
}

/** An authority made up for a test; signed by itself unless `signer` is given. */
export async function makeAuthority(
  name: string,
  span: Span = {},
  signer?: Signer,
): Promise<Authority> {
  const usage = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
  const extensions = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(usage, true),
  ]
  const {privateKey, ...own} = await certify({name, ...span}, extensions, signer)
  const self = {name, key: privateKey}
  return {
    ...own,
    issue: async (wanted) => {
      const {certificate, key} = await certify(wanted, alternatives(wanted), self)
      return {certificate, key}
    },
    deputy: (deputy, deputySpan) => makeAuthority(deputy, deputySpan, self),
  }
}
