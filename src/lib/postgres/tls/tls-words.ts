import {readRdsName} from '../../target/production.js'
import type {Target} from '../../target/target.js'
import {authorityName, namesOf, outdated} from './certificate.js'
import {type Attempt, type TlsFault, whyClientRefused, wordsOfError} from './tls-faults.js'

export interface TlsWords {
  message: string
  hint: string
}

const NAME_IT =
  'name the authority that signed the server certificate: ?sslrootcert=FILE in the URL'

function wrongName(where: string, {host, address, certificate}: Attempt): TlsWords {
  const names = certificate ? namesOf(certificate) : []
  const shown = names.slice(0, 5).join(', ')
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return {
    message: `the certificate of ${where} is for ${shown || 'no host'}${more}, not for ${host.host}`,
    hint: `write a host of the certificate into the URL, with ?hostaddr=${address ?? 'ADDRESS'} where that name leads elsewhere; or sslmode=verify-ca, which ignores names`,
  }
}

function unknownAuthority(where: string, {target: {tls}, host, certificate}: Attempt): TlsWords {
  const signer = authorityName(certificate)
  const from = signer === undefined ? '' : `: it is signed by ${signer}`
  const {kind} = tls.authorities
  if (tls.authorities.kind === 'file')
    return {
      message: `no authority in ${tls.authorities.path} has signed the certificate of ${where}${from}`,
      hint: 'name the file of the authority that signed the server certificate as sslrootcert',
    }
  if (kind === 'system')
    return {message: `the certificate of ${where} is of an unknown authority${from}`, hint: NAME_IT}
  const {region, proxy} = readRdsName(host) ?? {}
  const place = proxy ? 'RDS Proxy' : `RDS${region === undefined ? '' : ` in ${region}`}`
  return {
    message: `none of Amazon's authorities for ${place} has signed the certificate of ${where}${from}`,
    hint: `check that this host is RDS and no tunnel to another server; else ${NAME_IT}`,
  }
}

const time = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

function wrongTime(where: string, fault: TlsFault, {certificate}: Attempt): TlsWords {
  const found = certificate && outdated(certificate, new Date())
  const whose = found && !found.own ? `the authority ${found.name} behind` : ''
  const subject = `${whose ? `${whose} ` : ''}the certificate of ${where}`
  const verb = fault === 'expired' ? 'has expired' : 'is not valid yet'
  const span = found ? `: it is for the time from ${time(found.from)} to ${time(found.to)}` : ''
  return {
    message: `${subject} ${verb}${span}`,
    hint: `check this machine's clock, which says ${time(new Date())}; if it is right, the server needs a new certificate`,
  }
}

function clientRefused(where: string, {target: {tls}}: Attempt, error: Error): TlsWords {
  return {
    message: `${where} does not accept the client certificate in ${tls.certificateFile ?? 'sslcert'}: ${whyClientRefused(error)}`,
    hint: 'name a certificate as sslcert that is valid and signed by an authority the server trusts (its ssl_ca_file)',
  }
}

/** What to do where a client certificate is demanded. */
export const NO_CERTIFICATE =
  "name a client certificate and its key in the URL: ?sslcert=FILE&sslkey=FILE (or libpq's ~/.postgresql/postgresql.crt and .key)"

function versionHint({tls: {minVersion, maxVersion}}: Target): string {
  if (minVersion)
    return `lower ssl_min_protocol_version, which asks for ${minVersion}, or update the server`
  if (maxVersion) return `raise ssl_max_protocol_version, which ends at ${maxVersion}`
  return 'update the server, or raise its ssl_max_protocol_version: TLSv1.2 is the least'
}

/** A fault of TLS in words: what happened and the next step. */
export function wordsOf(fault: TlsFault, where: string, attempt: Attempt, error: Error): TlsWords {
  switch (fault) {
    case 'not-offered':
      return {
        message: `${where} does not offer TLS, which this target requires`,
        // Without TLS the password would go to whoever it is that answers.
        hint: readRdsName(attempt.host)
          ? 'RDS always offers TLS: check that this host is RDS, and no tunnel or somebody in between'
          : 'turn TLS on at the server, or write sslmode=prefer in the URL to go without',
      }
    case 'direct-refused':
      return {
        message: `${where} ends a connection that begins with TLS`,
        hint: 'remove sslnegotiation=direct from the URL: PostgreSQL knows it from version 17 on',
      }
    case 'wrong-name':
      return wrongName(where, attempt)
    case 'unknown-authority':
      return unknownAuthority(where, attempt)
    case 'expired':
    case 'not-yet-valid':
      return wrongTime(where, fault, attempt)
    case 'revoked':
      return {
        message: `the certificate of ${where} has been revoked by its authority`,
        hint: 'do not connect before the server has a new certificate',
      }
    case 'protocol-version':
      return {
        message: `${where} and this target have no version of TLS in common`,
        hint: versionHint(attempt.target),
      }
    case 'client-certificate-missing':
      return {message: `${where} demands a client certificate`, hint: NO_CERTIFICATE}
    case 'client-certificate-refused':
      return clientRefused(where, attempt, error)
    case 'handshake':
      return {
        message: `TLS with ${where} failed: ${wordsOfError(error)}`,
        hint: "look into the server's log, which tells its side of it",
      }
  }
}
