import type {TLSSocket} from 'node:tls'
import pg from 'pg'
import {CruddurError} from '../../error.js'
import {describeHosts} from '../../target/hosts.js'
import type {HostAddress, Target} from '../../target/target.js'
import {elapsed, isTraced, trace} from '../../trace.js'
import type {Attempt} from '../tls/tls-faults.js'
import {tlsOptions} from '../tls/tls-options.js'
import {TIMED_OUT} from './errors.js'
import {guardAnswers} from './guard.js'
import {noteAttempt} from './pin.js'
import {goOnPlain} from './plain.js'

export interface LoginOptions {
  /** Aborting ends the attempt at once. */
  signal?: AbortSignal | undefined
  /** Go on without TLS where it was asked for and the server has none. */
  plainToo?: boolean
  /** What is to wait before it goes on: the message with user and database, and the last one, with the password. */
  holds?: {introduction: Promise<void>; last: Promise<void>} | undefined
  /** Told with the first bytes that the server sends. */
  onAnswer?: (() => void) | undefined
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

/**
 * A connection that waits through a long load stays open through NAT gateways; the system's default is two hours. Node
 * repeats the question ten times, each second (libuv, TCP_KEEPINTVL and TCP_KEEPCNT), so that a connection on which all
 * was acknowledged and that leads nowhere any more is found out after 20 s.
 */
const KEEPALIVE_IDLE_MS = 10_000

async function newClient({target, host, encryption}: Attempt): Promise<pg.Client> {
  return new pg.Client({
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
}

/**
 * One attempt: connects to one host with one kind of encryption and logs in.
 *
 * @param attempt learns what comes to light on the way
 * @throws what node-postgres or Node threw; CruddurError where that would say nothing; the signal's reason
 */
export async function logIn(attempt: Attempt, options: LoginOptions = {}): Promise<pg.Client> {
  const {signal, onAnswer, plainToo} = options
  const client = await newClient(attempt)
  const {connection} = client
  // A lost connection also rejects the query under way, where it is dealt with.
  client.on('error', () => {})
  guardAnswers(client, attempt.target)
  watchHandshake(client, attempt)
  if (onAnswer) {
    connection.stream.once('data', onAnswer)
    connection.once('sslconnect', () => connection.stream.once('secure', onAnswer))
  }
  if (plainToo) {
    goOnPlain(client, () => {
      attempt.encryption = 'plain'
    })
  }
  if (options.holds) holdBack(connection, options.holds)
  const binding = watchChannelBinding(client)
  watchPassword(client, attempt)
  watchStrings(client, attempt)
  const stop = (): void => {
    connection.stream.destroy(signal?.reason)
  }
  signal?.throwIfAborted()
  signal?.addEventListener('abort', stop, {once: true})
  const started = Date.now()
  const who = () => whoAndWhere(attempt)
  try {
    trace('connection', () => `${who()}: connecting, ${attempt.encryption}`)
    await client.connect()
    signal?.throwIfAborted()
    if (attempt.target.channelBinding === 'require' && !binding.offered()) throw noChannelBinding()
    noteAttempt(client, attempt)
    trace('connection', () => `${who()}: logged in, ${attempt.encryption}, ${elapsed(started)}`)
    if (isTraced('sql')) (await import('./trace-queries.js')).traceQueries(client)
    return client
  } catch (error) {
    connection.stream.destroy()
    trace('connection', () => `${who()}: ${String(error)}, ${elapsed(started)}`)
    const late = error instanceof Error && error.message === TIMED_OUT
    throw late && attempt.passwordAsked ? loginTimeout(attempt) : error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function whoAndWhere({host, target: {user, database}}: Attempt): string {
  return `${user}@${describeHosts([host])}/${database}`
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

/** Notes whether the server asks for a password, in one of the three ways that node-postgres knows. */
function watchPassword({connection}: pg.Client, attempt: Attempt): void {
  for (const way of ['CleartextPassword', 'MD5Password', 'SASL']) {
    connection.once(`authentication${way}`, () => {
      attempt.passwordAsked = true
    })
  }
}

/** Notes how the session reads a backslash in '…' as it begins; later changes are the session's own. */
function watchStrings(client: pg.Client, attempt: Attempt): void {
  const note = ({parameterName, parameterValue}: Record<string, string>): void => {
    if (parameterName === 'standard_conforming_strings')
      attempt.standardStrings = parameterValue === 'on'
  }
  client.connection.on('parameterStatus', note)
  client.once('connect', () => client.connection.off('parameterStatus', note))
}

type Step = (...message: unknown[]) => void

function holdBack(
  connection: pg.Connection,
  {introduction, last}: NonNullable<LoginOptions['holds']>,
): void {
  const steps = connection as pg.Connection & Record<string, Step>
  const hold = (name: string, until: Promise<void>): void => {
    const step = steps[name]?.bind(connection)
    Object.assign(connection, {
      [name]: async (...message: unknown[]) => {
        await until
        step?.(...message)
      },
    })
  }
  hold('startup', introduction)
  // Of a password in the clear, or hashed, and of SCRAM.
  hold('password', last)
  hold('sendSCRAMClientFinalMessage', last)
}

/** PgBouncer keeps its clients waiting at the login while its own server does not answer. */
function loginTimeout({host, target}: Attempt): CruddurError {
  const [where, seconds] = [describeHosts([host]), target.connectTimeoutMs / 1000]
  const message = `${where} asked for the password, but did not let us in within ${seconds} s`
  return new CruddurError('LOGIN_TIMEOUT', message, {
    exit: 3,
    hint: 'if that is a connection pooler, see whether its PostgreSQL runs; give --wait SECONDS to wait for it',
  })
}

function noChannelBinding(): CruddurError {
  return new CruddurError('LOGIN_FAILED', 'the server does not offer channel binding', {
    exit: 3,
    hint: 'remove channel_binding=require from the URL if you trust the way to the server',
  })
}
