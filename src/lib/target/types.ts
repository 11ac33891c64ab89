import type {SecureVersion} from 'node:tls'
import type {Environment} from './environment.js'
import type {Secret} from './secret.js'

/** How a target was named: CONNECTION_URL, --prod, --url, or not at all. */
export type TargetName = 'local' | 'production' | 'url' | 'embedded'

/** libpq's words, with libpq's meanings (libpq documentation, table 32.1). */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

/** One server of a target; several are tried in the order they were written. */
export interface HostAddress {
  /** A name, an IP address without brackets, or a unix socket's directory beginning with `/`. */
  host: string
  port: number
  /** libpq's `hostaddr`: dialled instead of `host`, which certificates are still compared with. */
  address?: string | undefined
}

export interface TlsSettings {
  mode: SslMode
  /** Where the trusted authorities come from; looked at by verify-ca and verify-full only. */
  authorities: {kind: 'rds'} | {kind: 'system'} | {kind: 'file'; path: string}
  certificateFile?: string | undefined
  keyFile?: string | undefined
  keyPassword?: Secret | undefined
  /** `sslnegotiation=direct`: TLS from the first byte on (PostgreSQL 17). */
  direct: boolean
  minVersion?: SecureVersion | undefined
  maxVersion?: SecureVersion | undefined
}

/** A database to act on, checked: behind this nobody reads a URL or a variable again. */
export interface Target {
  name: TargetName
  /** Whether the guard asks, whatever `name` says. */
  production: boolean
  /** Whether production is a database of the same server, be it this one or another. */
  productionServer: boolean
  /** What PROD_CONNECTION_URL names, for who can find out whether another name of it is meant: see `asAlias`. */
  guard?: {hosts: readonly HostAddress[]; database: string} | undefined
  hosts: readonly [HostAddress, ...HostAddress[]]
  database: string
  user: string
  password: Secret | undefined
  /** Makes what is sent to a host in place of the password, anew for each connection. */
  loginToken?: ((host: HostAddress) => Promise<Secret>) | undefined
  /** A unix socket never has TLS, whatever stands here for the target's other hosts. */
  tls: TlsSettings
  channelBinding: 'disable' | 'prefer' | 'require'
  sessionAttributes: 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby'
  /** Milliseconds for one attempt; 0: no limit. */
  connectTimeoutMs: number
  applicationName: string
  /** libpq's `options`: settings for the session, as `-c name=value`. */
  options: string | undefined
  /** TCP keepalive, and the idle time before its first probe; undefined: the system's. */
  keepalives: {enabled: boolean; idleMs: number | undefined}
  /** Sentences about what was found beside the way and does not stop the command. */
  warnings: readonly string[]
}

/** What a target is resolved from beside the flags. */
export interface TargetContext {
  env: Environment
  homeDir: string
  /** The user of the operating system, libpq's last default for the database user. */
  osUser: string
  /** A file's text, undefined when it is not there or may not be read; the disk unless told. */
  readFile?: ((path: string) => string | undefined) | undefined
  /** A file's permission bits, undefined when unknown; the disk unless told. */
  fileMode?: ((path: string) => number | undefined) | undefined
}
