import type {TLSSocket} from 'node:tls'
import pg from 'pg'
import {CruddurError} from '../error.js'
import type {HostAddress, Target, TlsSettings} from '../target/target.js'
import {classify} from './errors.js'
import {tlsError} from './tls-errors.js'
import type {Attempt, Encryption} from './tls-faults.js'
import {tlsOptions} from './tls-options.js'

/** libpq's order of attempts per sslmode (libpq documentation, table 32.1); a socket never has TLS. */
function encryptions(mode: TlsSettings['mode'], host: HostAddress): Encryption[] {
  if (host.host.startsWith('/') || mode === 'disable') return ['plain']
  if (mode === 'allow') return ['plain', 'tls']
  return mode === 'prefer' ? ['tls', 'plain'] : ['tls']
}

/** Asked for only when the server wants a password: a missing one is said in words, not as a protocol error. */
function passwordOf(target: Target, host: HostAddress): () => Promise<string> {
  return async () => {
    const password = (await target.loginToken?.(host)) ?? target.password
    if (password !== undefined) return password.reveal()
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

/** @param attempt learns what comes to light on the way */
async function dialOnce(attempt: Attempt): Promise<pg.Client> {
  const {target, host, encryption} = attempt
  const client = new pg.Client({
    host: host.address ?? host.host,
    port: host.port,
    user: target.user,
    database: target.database,
    password: passwordOf(target, host),
    ssl: encryption === 'tls' ? await tlsOptions(target, host) : false,
    ...(encryption === 'tls' && target.tls.direct ? {sslnegotiation: 'direct'} : {}),
    application_name: target.applicationName,
    ...(target.options === undefined ? {} : {options: target.options}),
    connectionTimeoutMillis: target.connectTimeoutMs,
    enableChannelBinding: target.channelBinding === 'require',
    keepAlive: target.keepalives.enabled,
    keepAliveInitialDelayMillis: target.keepalives.idleMs ?? KEEPALIVE_IDLE_MS,
  })
  // A lost connection also rejects the query under way, where it is dealt with.
  client.on('error', () => {})
  watchHandshake(client, attempt)
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

/** Notes whom we spoke with: a connection that is not trusted is gone when its error arrives. */
function watchHandshake({connection}: pg.Client, attempt: Attempt): void {
  connection.once('sslconnect', () => {
    const socket = connection.stream as TLSSocket
    // Before Node's own listener, which looks at the certificate and hangs up.
    socket.prependOnceListener('secure', () => {
      attempt.address = socket.remoteAddress
      attempt.certificate = socket.getPeerCertificate(true)
    })
  })
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

interface Failure {
  error: unknown
  attempt: Attempt
}

/** Of two refusals of an encryption that of TLS tells what to do, unless the server has none; any other failure tells more. */
function moreTelling(one: Failure | undefined, other: Failure): Failure {
  if (!one || !encryptionMatters(other.error)) return other
  const tls = one.attempt.encryption === 'tls' ? one : other
  const plain = tls === one ? other : one
  return classify(tls.error) === 'no-tls' ? plain : tls
}

async function dialHost(target: Target, host: HostAddress): Promise<pg.Client> {
  let failure: Failure | undefined
  for (const encryption of encryptions(target.tls.mode, host)) {
    const attempt: Attempt = {target, host, encryption}
    try {
      return await dialOnce(attempt)
    } catch (error) {
      failure = moreTelling(failure, {error, attempt})
      if (!encryptionMatters(error)) break
    }
  }
  throw failure && (tlsError(failure.error, failure.attempt) ?? failure.error)
}

/**
 * One round of attempts: each host of the target in turn, each with the kinds of encryption its
 * sslmode allows. As in libpq, a refused login ends the round and an absent host does not.
 *
 * @returns a connected client; node-postgres has it speak UTF-8, whatever the database's encoding
 * @throws CruddurError for what is about TLS, else what node-postgres or Node threw: see `connectError`
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
