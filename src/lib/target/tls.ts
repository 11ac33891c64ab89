import {join} from 'node:path'
import type {SecureVersion} from 'node:tls'
import {filesOf} from './files.js'
import type {Hosts} from './hosts.js'
import {isRdsHost} from './production.js'
import {Secret} from './secret.js'
import type {Lookup, Settings} from './settings.js'
import {fileProblems} from './tls-files.js'
import type {SslMode, TargetContext, TlsSettings} from './types.js'

interface TlsReading {
  tls: TlsSettings
  problems: string[]
}

/** Where TLS is looked up: what surrounds a command must not lower what RDS is protected by. */
export function tlsLookup(settings: Settings, hosts: Hosts): Lookup {
  return hosts.some(isRdsHost) ? settings.urlOnly : settings
}

interface Trust {
  mode: SslMode
  authorities: TlsSettings['authorities']
}

/** libpq: with authorities at hand, `require` verifies as `verify-ca` does (documentation 32.19.1). */
function verified(mode: SslMode, path: string): Trust {
  return {mode: mode === 'require' ? 'verify-ca' : mode, authorities: {kind: 'file', path}}
}

/** The mode and the authorities, from `sslmode`, `sslrootcert` and `~/.postgresql/root.crt`. */
function trustOf(lookup: Lookup, rds: boolean, context: TargetContext): Trust {
  const root = lookup.get('sslrootcert')
  const fallback = rds || root === 'system' ? 'verify-full' : 'prefer'
  // checkSettings has refused any other word.
  const mode = (lookup.get('sslmode') ?? fallback) as SslMode
  if (root === 'system') return {mode, authorities: {kind: 'system'}}
  if (root !== undefined) return verified(mode, root)
  if (rds) return {mode, authorities: {kind: 'rds'}}
  const own = join(context.homeDir, '.postgresql', 'root.crt')
  const exists = mode !== 'disable' && filesOf(context).readFile(own) !== undefined
  return exists ? verified(mode, own) : {mode, authorities: {kind: 'system'}}
}

type Certificate = Pick<TlsSettings, 'certificateFile' | 'keyFile' | 'keyPassword'>

/** The client's certificate and key: those named, else libpq's `~/.postgresql/postgresql.crt` and `.key`. */
function certificateOf(lookup: Lookup, context: TargetContext): Certificate {
  const own = (file: string) => join(context.homeDir, '.postgresql', file)
  const certificateFile = lookup.get('sslcert') ?? own('postgresql.crt')
  const named = lookup.get('sslcert') !== undefined
  if (!named && filesOf(context).readFile(certificateFile) === undefined) return {}
  const keyPassword = lookup.get('sslpassword')
  return {
    certificateFile,
    keyFile: lookup.get('sslkey') ?? own('postgresql.key'),
    ...(keyPassword === undefined ? {} : {keyPassword: new Secret(keyPassword)}),
  }
}

/** Combinations libpq refuses as well (fe-connect.c, connectOptions2). */
function conflicts(lookup: Lookup, tls: TlsSettings): string[] {
  const weak = ['disable', 'allow', 'prefer'].includes(tls.mode)
  const problems: string[] = []
  if (lookup.get('sslrootcert') === 'system' && tls.mode !== 'verify-full')
    problems.push(`${lookup.at('sslrootcert')} is system: write sslmode=verify-full with it`)
  if (tls.direct && weak)
    problems.push(`${lookup.at('sslnegotiation')} is direct: write sslmode=require or more with it`)
  if (tls.minVersion && tls.maxVersion && tls.minVersion > tls.maxVersion)
    problems.push(
      `${lookup.at('ssl_min_protocol_version')} is above ssl_max_protocol_version: swap them`,
    )
  return problems
}

const PLAIN: TlsSettings = {mode: 'disable', authorities: {kind: 'system'}, direct: false}

/**
 * libpq's TLS settings with two differences: RDS hosts are verified against the authorities of RDS
 * unless the URL itself says otherwise, and where libpq wants a root.crt, Node's authorities do.
 *
 * @param settings checked by `checkSettings`
 */
export function readTls(settings: Settings, hosts: Hosts, context: TargetContext): TlsReading {
  if (hosts.every(({host}) => host.startsWith('/'))) return {tls: PLAIN, problems: []}
  const lookup = tlsLookup(settings, hosts)
  const trust = trustOf(lookup, hosts.some(isRdsHost), context)
  const [minVersion, maxVersion] = (
    ['ssl_min_protocol_version', 'ssl_max_protocol_version'] as const
  ).map((name) => lookup.get(name) as SecureVersion | undefined)
  const tls: TlsSettings = {
    ...trust,
    direct: lookup.get('sslnegotiation') === 'direct',
    ...(trust.mode === 'disable' ? {} : certificateOf(lookup, context)),
    ...(minVersion ? {minVersion} : {}),
    ...(maxVersion ? {maxVersion} : {}),
  }
  return {tls, problems: [...fileProblems(lookup, tls, context), ...conflicts(lookup, tls)]}
}
