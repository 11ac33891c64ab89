import {readFileSync} from 'node:fs'
import {isIP} from 'node:net'
import {type ConnectionOptions, checkServerIdentity, type PeerCertificate} from 'node:tls'
import type {HostAddress, Target, TlsSettings} from '../../target/target.js'
import {alternativesOf} from './certificate.js'
import {rdsAuthorities} from './rds-authorities.js'

/**
 * Whether the server's certificate is looked at. libpq does so in the weaker modes too where a file of
 * authorities is at hand (fe-secure-openssl.c, initialize_SSL).
 */
function verifies({mode, authorities}: TlsSettings): boolean {
  if (mode === 'verify-ca' || mode === 'verify-full') return true
  return mode !== 'disable' && authorities.kind === 'file'
}

/**
 * PEM certificates to verify the target's servers with; undefined: those that Node brings.
 *
 * @returns `verify` false: nothing is verified, whatever there is
 * @throws CruddurError TLS_AUTHORITY_MISSING
 */
export async function authoritiesOf({
  tls,
  hosts,
}: Pick<Target, 'tls' | 'hosts'>): Promise<{verify: boolean; ca?: string | string[]}> {
  if (!verifies(tls)) return {verify: false}
  switch (tls.authorities.kind) {
    case 'rds':
      return {verify: true, ca: await rdsAuthorities(hosts)}
    case 'file':
      return {verify: true, ca: readFileSync(tls.authorities.path, 'utf8')}
    case 'system':
      return {verify: true}
  }
}

/**
 * libpq also compares an address with the DNS names, and with the common name where no address is among
 * the other names (fe-secure-openssl.c, pgtls_verify_peer_name_matches_certificate_guts).
 */
function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const names = alternativesOf(certificate)
  const byName =
    names.some(({kind, name}) => kind === 'DNS' && name === host) ||
    (certificate.subject?.CN === host && !names.some(({kind}) => kind === 'IP Address'))
  return isIP(host) !== 0 && byName ? undefined : checkServerIdentity(host, certificate)
}

/**
 * How Node is to speak TLS with a host of the target.
 *
 * @throws CruddurError TLS_AUTHORITY_MISSING
 */
export async function tlsOptions(target: Target, {host}: HostAddress): Promise<ConnectionOptions> {
  const {tls} = target
  const {verify, ca} = await authoritiesOf(target)
  return {
    rejectUnauthorized: verify,
    // The name asked for, whatever address was dialled; only verify-full cares for it.
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify-full' ? checkIdentity(host, certificate) : undefined,
    // node-postgres would send no name to a server that is dialled by its address.
    ...(isIP(host) === 0 ? {servername: host} : {}),
    // Without any Node would read all of its own first, which takes 17 ms.
    ...(verify ? {} : {ca: []}),
    ...(ca === undefined ? {} : {ca}),
    ...(tls.certificateFile ? {cert: readFileSync(tls.certificateFile, 'utf8')} : {}),
    ...(tls.keyFile ? {key: readFileSync(tls.keyFile, 'utf8')} : {}),
    ...(tls.keyPassword ? {passphrase: tls.keyPassword.reveal()} : {}),
    ...(tls.minVersion ? {minVersion: tls.minVersion} : {}),
    ...(tls.maxVersion ? {maxVersion: tls.maxVersion} : {}),
  }
}
