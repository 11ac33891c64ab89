import {CruddurError} from '../../error.js'
import {type ReadOnly, readOnlyFrom} from '../../read-only.js'
import {isConnectionError, isServerError, type ServerError} from '../../server-error.js'
import {isDenied, isExhausted, serverCure} from '../../server-trouble.js'
import {describeHosts} from '../../target/hosts.js'
import type {Target} from '../../target/target.js'
import {isEncryptionRefused, tlsFault} from '../tls/tls-faults.js'
import {loginError} from './login-errors.js'
import {isUnreached, stateOf} from './pooler-errors.js'

/** A refused connection to a name with several addresses is an AggregateError with an empty message: the first one tells. */
function firstCause(error: unknown): Error & {code?: string} {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0]
  return error instanceof Error ? error : new Error(String(error))
}

/** Node's codes for "there is no such server at the moment": what `--wait` waits for. */
const ABSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
])

/** node-postgres's words for what `connect_timeout` ended. */
export const TIMED_OUT = 'timeout expired'
const CUT = /^Connection terminated|^Client has encountered a connection error/

/**
 * Why a connection attempt failed, as far as the next step depends on it.
 * `starting`: the server answers but is not ready (57P03), or was shut down or crashed while it let us in (57P01, 57P02).
 * `absent`: nobody answers. `no-tls`: the server has no TLS. `tls`: the handshake failed. `refused-encryption`: pg_hba.conf does not admit
 * this encryption (28000). `final`: trying again gives the same.
 */
export type ConnectFailure =
  | 'starting'
  | 'absent'
  | 'no-tls'
  | 'tls'
  | 'refused-encryption'
  | 'final'

export function classify(error: unknown): ConnectFailure {
  const cause = firstCause(error)
  if (isServerError(cause)) {
    if (/^57P0[123]$/.test(stateOf(cause))) return 'starting'
    if (isUnreached(cause)) return 'absent'
    return isEncryptionRefused(cause) ? 'refused-encryption' : 'final'
  }
  if (cause instanceof CruddurError) return cause.code === 'LOGIN_TIMEOUT' ? 'absent' : 'final'
  const fault = tlsFault(cause)
  if (fault) return fault === 'not-offered' ? 'no-tls' : 'tls'
  if (ABSENT.has(cause.code ?? '') || cause.message === TIMED_OUT) return 'absent'
  return CUT.test(cause.message) ? 'absent' : 'final'
}

/** Turns what a connection attempt threw into an error of ours. */
export function connectError(error: unknown, target: Target): CruddurError {
  if (error instanceof CruddurError) return error
  const cause = firstCause(error)
  const where = describeHosts(target.hosts)
  if (isServerError(cause)) return loginError(cause, target, where)
  const options = {exit: 3 as const, cause}
  if (cause.message === TIMED_OUT || cause.code === 'ETIMEDOUT') {
    const seconds = target.connectTimeoutMs / 1000
    return new CruddurError('CONNECT_TIMEOUT', `no answer from ${where} within ${seconds} s`, {
      ...options,
      hint: target.production
        ? 'on RDS, the security group must admit the address of this machine'
        : 'check host and port, and that no firewall lies between',
    })
  }
  switch (cause.code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return new CruddurError('SERVER_REFUSED', `nothing listens at ${where}`, {
        ...options,
        hint:
          target.name === 'local'
            ? 'start that server, or unset CONNECTION_URL to use the embedded one'
            : 'check host and port, and that the server runs',
      })
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CruddurError('HOST_NOT_FOUND', `the host name in ${where} is not known`, {
        ...options,
        hint: 'check its spelling, and that this machine is online',
      })
    default:
      return new CruddurError('CONNECT_FAILED', `cannot connect to ${where}: ${wordsOf(cause)}`, {
        ...options,
        hint: 'check that a PostgreSQL server answers there',
      })
  }
}

/** Turns what a query threw into an error of ours; one that is ours already is returned as it is. */
export function queryError(error: unknown, target: Target): CruddurError {
  if (error instanceof CruddurError) return error
  const cause = firstCause(error)
  if (!isServerError(cause)) return lostConnection(cause, target)
  const details = {
    sqlstate: cause.code,
    detail: cause.detail,
    hint: cause.hint,
    cause,
  }
  if (isConnectionError(cause)) return lostConnection(cause, target)
  if (cause.code === '25006') return readOnlyError(cause, readOnlyFrom(cause.message))
  if (isDenied(cause)) {
    return new CruddurError('NO_RIGHTS', cause.message, {
      ...details,
      hint: cause.hint ?? `log in as a role that may, or grant ${target.user} the right`,
    })
  }
  const cure = cause.hint ?? serverCure(cause)
  const code = isExhausted(cause) ? 'SERVER_FULL' : 'SERVER_ERROR'
  return new CruddurError(code, cause.message, {...details, hint: cure})
}

/**
 * The error of a session that cannot write (25006).
 *
 * @param known what the server said, or answered when asked: see `askReadOnly`
 */
export function readOnlyError(error: ServerError, {why, hint}: ReadOnly): CruddurError {
  return new CruddurError('READ_ONLY', `${error.message}: ${why}`, {
    sqlstate: error.code,
    detail: error.detail,
    hint,
    cause: error,
  })
}

/** The system's own word for a connection whose other end does not answer its questions (TCP keepalive) says little. */
function wordsOf({code, message, name}: Error & {code?: string}): string {
  // node-postgres trips over messages in a wrong order.
  if (name === 'TypeError') return "its answer does not follow PostgreSQL's protocol"
  return code === 'ETIMEDOUT' ? `no sign of life any more (${message})` : message
}

function lostConnection(cause: Error, target: Target): CruddurError {
  return new CruddurError(
    'CONNECTION_LOST',
    `the connection to ${describeHosts(target.hosts)} was lost: ${wordsOf(cause)}`,
    {
      exit: 3,
      ...(isServerError(cause) ? {sqlstate: cause.code} : {}),
      hint: 'check that the server runs and what is in the database, then try again',
      cause,
    },
  )
}
