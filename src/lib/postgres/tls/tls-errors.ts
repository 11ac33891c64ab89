import {CruddurError} from '../../error.js'
import {isServerError, type ServerError} from '../../server-error.js'
import {describeHosts} from '../../target/hosts.js'
import {type Attempt, isEncryptionRefused, tlsFault} from './tls-faults.js'
import {NO_CERTIFICATE, type TlsWords, wordsOf} from './tls-words.js'

interface Words extends TlsWords {
  reason: string
}

/** Words for a login that pg_hba.conf refuses to this kind of encryption and no other one may be tried. */
function refusedWords(
  error: ServerError,
  where: string,
  {target, encryption}: Attempt,
): Words | undefined {
  const {tls, user, database} = target
  const login = `connections of ${user} to "${database}": ${error.message}`
  if (!/pg_hba\.conf/.test(error.message))
    return tls.certificateFile === undefined
      ? {
          reason: 'client-certificate-missing',
          message: `${where} demands a client certificate: ${error.message}`,
          hint: NO_CERTIFICATE,
        }
      : undefined
  if (encryption === 'plain' && tls.mode === 'disable')
    return {
      reason: 'plain-refused',
      message: `${where} refuses unencrypted ${login}`,
      hint: 'remove sslmode=disable from the URL: the server may admit connections with TLS',
    }
  if (encryption === 'tls' && !['allow', 'prefer'].includes(tls.mode))
    return {
      reason: 'tls-refused',
      message: `${where} refuses encrypted ${login}`,
      hint: 'have a hostssl line added to pg_hba.conf, or write sslmode=disable if the way to the server is safe',
    }
  return undefined
}

/** With the method `cert`, the server compares the user with the certificate's common name (PostgreSQL documentation, 20.12). */
function otherUser(
  error: ServerError & {routine?: string},
  where: string,
  {target: {tls, user}}: Attempt,
): Words | undefined {
  if (error.code !== '28000' || error.routine !== 'auth_failed' || !tls.certificateFile)
    return undefined
  return {
    reason: 'client-certificate-user',
    message: `${where} refuses the login: ${error.message}`,
    hint: `name a certificate as sslcert that is made out to ${user} (its common name), or log in as whom it names`,
  }
}

function refusedLogin(
  error: ServerError,
  where: string,
  attempt: Attempt,
): CruddurError | undefined {
  const words = isEncryptionRefused(error)
    ? refusedWords(error, where, attempt)
    : otherUser(error, where, attempt)
  if (!words) return undefined
  return new CruddurError('LOGIN_FAILED', words.message, {
    exit: 3,
    sqlstate: error.code,
    detail: error.detail,
    hint: words.hint,
    data: {reason: words.reason},
    cause: error,
  })
}

/**
 * The failure of an attempt in words, when it is about TLS: TLS_FAILED for the handshake and the
 * certificates, LOGIN_FAILED where pg_hba.conf decides by the encryption.
 *
 * @returns undefined when the failure has another reason
 */
export function tlsError(error: unknown, attempt: Attempt): CruddurError | undefined {
  if (!(error instanceof Error) || error instanceof CruddurError) return undefined
  const where = describeHosts([attempt.host])
  if (isServerError(error)) return refusedLogin(error, where, attempt)
  const fault = cutDirect(error, attempt) ? 'direct-refused' : tlsFault(error)
  if (!fault) return undefined
  const {message, hint} = wordsOf(fault, where, attempt, error)
  return new CruddurError('TLS_FAILED', message, {
    exit: 3,
    hint,
    data: {reason: fault},
    cause: error,
  })
}

/** A server before PostgreSQL 17 takes the first bytes of TLS for a broken startup packet and hangs up. */
function cutDirect(error: Error & {code?: string}, {target, certificate}: Attempt): boolean {
  return target.tls.direct && certificate === undefined && error.code === 'ECONNRESET'
}
