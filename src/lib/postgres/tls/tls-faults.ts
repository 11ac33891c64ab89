import type {DetailedPeerCertificate} from 'node:tls'
import type {ServerError} from '../../server-error.js'
import type {HostAddress, Target} from '../../target/target.js'

/** Whether one attempt asks for TLS. */
export type Encryption = 'tls' | 'plain'

/** One attempt to connect, and what had come to light of it when it failed. */
export interface Attempt {
  target: Target
  host: HostAddress
  encryption: Encryption
  /** The address that was dialled, once TLS was agreed on. */
  address?: string | undefined
  /** The server's certificate and those behind it, once the handshake was done. */
  certificate?: DetailedPeerCertificate | undefined
  /** Whether the server wanted a password. */
  passwordAsked?: boolean
  /** The session's `standard_conforming_strings` as it began. */
  standardStrings?: boolean
}

/** What is wrong about the TLS of a connection; in JSON it is the error's `reason`. */
export type TlsFault =
  | 'not-offered'
  | 'direct-refused'
  | 'wrong-name'
  | 'unknown-authority'
  | 'expired'
  | 'not-yet-valid'
  | 'revoked'
  | 'protocol-version'
  | 'client-certificate-missing'
  | 'client-certificate-refused'
  | 'handshake'

/** Node's codes for what X509_verify_cert found (documentation of `tls`). */
const FAULTS: readonly (readonly [TlsFault, RegExp])[] = [
  ['wrong-name', /^(ERR_TLS_CERT_ALTNAME_(INVALID|FORMAT)|HOSTNAME_MISMATCH)$/],
  [
    'unknown-authority',
    /^(UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)$/,
  ],
  ['expired', /^CERT_HAS_EXPIRED$/],
  ['not-yet-valid', /^CERT_NOT_YET_VALID$/],
  ['revoked', /^CERT_REVOKED$/],
  [
    'handshake',
    /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|INVALID_|PATH_LENGTH_EXCEEDED$)/,
  ],
]

/** OpenSSL's reasons (sslerr.h) for want of a common version; 1000 and an alert's number is that alert (RFC 8446, B.2). */
const NO_COMMON_VERSION = new Set([166, 191, 258, 396, 1070])
const CERTIFICATE_REQUIRED = 1116

/** What a server means by an alert about the client's certificate, by OpenSSL's reason. */
const CLIENT_REFUSED = new Map([
  [1042, 'it is broken'],
  [1043, 'it is of a kind the server does not take'],
  [1044, 'it has been revoked'],
  [1045, 'it has expired'],
  [1046, 'the server does not say why'],
  [1048, 'the server does not trust the authority that signed it'],
  [1049, 'the server grants it no access'],
  [1051, 'the server could not check its signature'],
])

/**
 * OpenSSL's error as it stands in Node's: library and reason in hexadecimal, names of library and function,
 * words (ERR_error_string(3)). The words, and Node's codes made of them, are others in newer versions.
 */
const OPENSSL = /error:0A([0-9A-F]{6}):[^:]*:[^:]*:([^:]+)/

function opensslReason({message}: Error): number {
  return Number.parseInt(OPENSSL.exec(message)?.[1] ?? '0', 16)
}

/** OpenSSL's own words, without the thread, file and line around them. */
export function wordsOfError(error: Error): string {
  return OPENSSL.exec(error.message)?.[2] ?? error.message.trim()
}

/** Why the server does not accept the client's certificate. */
export function whyClientRefused(error: Error): string {
  return CLIENT_REFUSED.get(opensslReason(error)) ?? wordsOfError(error)
}

/** node-postgres has no code for this one. */
const NO_TLS = 'The server does not support SSL connections'

/** The fault that an error of node-postgres or Node tells of; undefined: it is not about TLS. */
export function tlsFault(error: Error & {code?: string}): TlsFault | undefined {
  if (error.message === NO_TLS) return 'not-offered'
  const reason = opensslReason(error)
  if (NO_COMMON_VERSION.has(reason)) return 'protocol-version'
  if (CLIENT_REFUSED.has(reason)) return 'client-certificate-refused'
  if (reason === CERTIFICATE_REQUIRED) return 'client-certificate-missing'
  return FAULTS.find(([, codes]) => codes.test(error.code ?? ''))?.[0]
}

/**
 * Whether pg_hba.conf has no line for this kind of encryption, or wants a client certificate for it. The
 * file's name and the routine stand there in every language of the server's messages.
 */
export function isEncryptionRefused(error: ServerError): boolean {
  const {routine} = error as {routine?: string}
  return (
    error.code === '28000' &&
    (routine === 'ClientAuthentication' || /pg_hba\.conf/.test(error.message))
  )
}
