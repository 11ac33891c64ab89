import {CruddurError} from '../error.js'
import {isConnectionError, isServerError, type ServerError} from '../server-error.js'
import {describeHosts} from '../target/hosts.js'
import type {Target} from '../target/target.js'
import {isEncryptionRefused, tlsFault} from './tls-faults.js'

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

const TIMED_OUT = 'timeout expired'
const CUT = /^Connection terminated|^Client has encountered a connection error/

/**
 * Why a connection attempt failed, as far as the next step depends on it.
 * `starting`: the server answers but is not ready (57P03). `absent`: nobody answers. `no-tls`: the
 * server has no TLS. `tls`: the handshake failed. `refused-encryption`: pg_hba.conf does not admit
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
    if (cause.code === '57P03') return 'starting'
    return isEncryptionRefused(cause) ? 'refused-encryption' : 'final'
  }
  if (cause instanceof CruddurError) return 'final'
  const fault = tlsFault(cause)
  if (fault) return fault === 'not-offered' ? 'no-tls' : 'tls'
  if (ABSENT.has(cause.code ?? '') || cause.message === TIMED_OUT) return 'absent'
  return CUT.test(cause.message) ? 'absent' : 'final'
}

function loginError(error: ServerError, target: Target, where: string): CruddurError | undefined {
  const server = {sqlstate: error.code, detail: error.detail, cause: error}
  if (target.loginToken && /^28(?:000|P01)$/.test(error.code)) {
    return new CruddurError('LOGIN_FAILED', `${where} refuses the IAM login of ${target.user}`, {
      ...server,
      detail: error.message,
      exit: 3,
      hint: `check that the instance has IAM authentication enabled, that the user may use it (GRANT rds_iam TO ${target.user}), and that your AWS credentials may do rds-db:connect`,
    })
  }
  switch (error.code) {
    case '28P01':
      return new CruddurError('LOGIN_FAILED', `wrong password for ${target.user} at ${where}`, {
        ...server,
        exit: 3,
        hint: 'check the password in the URL; characters such as # / ? @ % are written percent-encoded',
      })
    case '28000':
      return new CruddurError('LOGIN_FAILED', `${where} refuses the login: ${error.message}`, {
        ...server,
        exit: 3,
        hint: 'check the user name in the URL, and that pg_hba.conf admits this machine',
      })
    case '3D000':
      return new CruddurError(
        'DATABASE_NOT_FOUND',
        `there is no database "${target.database}" at ${where}`,
        {...server, hint: 'create it: cruddur-db create (empty) or cruddur-db setup (loaded)'},
      )
    case '53300':
      return new CruddurError('TOO_MANY_CONNECTIONS', `${where} has no connection left`, {
        ...server,
        exit: 3,
        hint: 'end sessions that are not needed, or wait for some to end',
      })
    case '57P03':
      return new CruddurError('SERVER_STARTING', `${where} is not ready: ${error.message}`, {
        ...server,
        exit: 3,
        hint: 'try again in a moment, or give --wait SECONDS',
      })
    default:
      return undefined
  }
}

/** Turns what a connection attempt threw into an error of ours. */
export function connectError(error: unknown, target: Target): CruddurError {
  if (error instanceof CruddurError) return error
  const cause = firstCause(error)
  const where = describeHosts(target.hosts)
  if (isServerError(cause)) {
    return (
      loginError(cause, target, where) ??
      new CruddurError('LOGIN_FAILED', `${where} refuses the login: ${cause.message}`, {
        exit: 3,
        sqlstate: cause.code,
        detail: cause.detail,
        hint: cause.hint,
        cause,
      })
    )
  }
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
      return new CruddurError('CONNECT_FAILED', `cannot connect to ${where}: ${cause.message}`, {
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
  if (cause.code === '42501') {
    return new CruddurError('NO_RIGHTS', cause.message, {
      ...details,
      hint: cause.hint ?? `log in as a role that may, or grant ${target.user} the right`,
    })
  }
  if (/^53[12]00$/.test(cause.code)) {
    return new CruddurError('SERVER_FULL', cause.message, {
      ...details,
      hint: cause.hint ?? 'free disk space or memory on the server, then try again',
    })
  }
  return new CruddurError('SERVER_ERROR', cause.message, details)
}

function lostConnection(cause: Error, target: Target): CruddurError {
  return new CruddurError(
    'CONNECTION_LOST',
    `the connection to ${describeHosts(target.hosts)} was lost: ${cause.message}`,
    {
      exit: 3,
      ...(isServerError(cause) ? {sqlstate: cause.code} : {}),
      hint: 'check that the server runs and what is in the database, then try again',
      cause,
    },
  )
}
