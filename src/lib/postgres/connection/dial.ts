import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {describeHosts} from '../../target/hosts.js'
import type {HostAddress, Target, TlsSettings} from '../../target/target.js'
import {tlsError} from '../tls/tls-errors.js'
import type {Attempt, Encryption} from '../tls/tls-faults.js'
import {closeClient} from './close.js'
import {type ConnectFailure, classify, connectError} from './errors.js'
import {logIn} from './login.js'
import {fits, type Wanted} from './session-attributes.js'

/** libpq's order of attempts per sslmode (libpq documentation, table 32.1); a socket never has TLS. */
export function encryptions(mode: TlsSettings['mode'], host: HostAddress): Encryption[] {
  if (host.host.startsWith('/') || mode === 'disable') return ['plain']
  if (mode === 'allow') return ['plain', 'tls']
  return mode === 'prefer' ? ['tls', 'plain'] : ['tls']
}

/** A failure with which the next kind of encryption is worth an attempt, as libpq does for `prefer` and `allow`. */
function encryptionMatters(error: unknown): boolean {
  return ['no-tls', 'tls', 'refused-encryption'].includes(classify(error))
}

interface AttemptFailure {
  error: unknown
  attempt: Attempt
}

/** Of two refusals of an encryption that of TLS tells what to do, unless the server has none; any other failure tells more. */
function moreTelling(one: AttemptFailure | undefined, other: AttemptFailure): AttemptFailure {
  if (!one || !encryptionMatters(other.error)) return other
  const tls = one.attempt.encryption === 'tls' ? one : other
  const plain = tls === one ? other : one
  return classify(tls.error) === 'no-tls' ? plain : tls
}

type Signal = AbortSignal | undefined

async function dialHost(target: Target, host: HostAddress, signal: Signal): Promise<pg.Client> {
  let failure: AttemptFailure | undefined
  const plainToo = target.tls.mode === 'prefer'
  for (const encryption of encryptions(target.tls.mode, host)) {
    const attempt: Attempt = {target, host, encryption}
    try {
      return await logIn(attempt, {signal, plainToo: plainToo && encryption === 'tls'})
    } catch (error) {
      failure = moreTelling(failure, {error, attempt})
      const bothTried = attempt.encryption !== encryption
      if (bothTried || !encryptionMatters(error)) break
    }
  }
  throw failure && (tlsError(failure.error, failure.attempt) ?? failure.error)
}

/** `unsuitable`: the server is not of the kind that target_session_attrs asks for. */
type HostFailure = {kind: ConnectFailure | 'unsuitable'; error: unknown; host: HostAddress}

function unsuitable(host: HostAddress, wanted: Wanted): HostFailure {
  const error = new CruddurError('CONNECT_FAILED', `${describeHosts([host])} is not ${wanted}`, {
    exit: 3,
    hint: 'check target_session_attrs in the URL',
  })
  return {kind: 'unsuitable', error, host}
}

/** A server of the kind that is wanted, or why this host has none. */
async function tryHost(
  target: Target,
  host: HostAddress,
  {wanted, signal}: {wanted: Wanted; signal: Signal},
): Promise<pg.Client | HostFailure> {
  let client: pg.Client | undefined
  try {
    client = await dialHost(target, host, signal)
    if (await fits(client, wanted, {limitMs: target.connectTimeoutMs, signal})) return client
    await closeClient(client)
    return unsuitable(host, wanted)
  } catch (error) {
    client?.connection.stream.destroy()
    signal?.throwIfAborted()
    return {kind: classify(error), error, host}
  }
}

/** What a round came to: a connection; or why none was made, and the error that says so. */
export type Round = {client: pg.Client} | {failure: ConnectFailure; error: CruddurError}

const PASSED_OVER = ['starting', 'absent', 'unsuitable'] as const

/** The failure of a whole round: of several hosts, that one which lets hope most for another round. */
function failedRound(target: Target, failures: readonly HostFailure[]): Round {
  const passedOver = PASSED_OVER.map((kind) => failures.find((failure) => failure.kind === kind))
  const refusal = failures.find(({kind}) => !PASSED_OVER.some((passed) => passed === kind))
  const told = refusal ?? passedOver.find((failure) => failure !== undefined)
  if (!told) throw new Error('a round without a host')
  const failure = told.kind === 'unsuitable' ? 'final' : told.kind
  const own = connectError(told.error, {...target, hosts: [told.host]})
  return {failure, error: refusal || failures.length === 1 ? own : together(target, failures, own)}
}

/** One error for hosts that were all passed over: what they have in common, or what is the matter with each. */
function together(
  target: Target,
  failures: readonly HostFailure[],
  told: CruddurError,
): CruddurError {
  const errors = failures.map(({error, host}) => connectError(error, {...target, hosts: [host]}))
  const same = errors.every(({code}) => code === told.code)
  if (same && !failures.some(({kind}) => kind === 'unsuitable')) {
    return connectError(failures[0]?.error, target)
  }
  const words = errors.map(({message}) => message).join('; ')
  return new CruddurError(told.code, words, {...told.details, exit: told.exit, cause: told})
}

/**
 * One round of attempts: each host of the target in turn, each with the kinds of encryption its
 * sslmode allows. As in libpq, a refused login ends the round; a host that is absent, starting or not of the kind that
 * target_session_attrs asks for does not, and each host has connect_timeout for itself.
 *
 * @returns a connected client; node-postgres has it speak UTF-8, whatever the database's encoding
 * @throws the signal's reason
 */
export async function dial(target: Target, signal?: AbortSignal): Promise<Round> {
  const {hosts, sessionAttributes} = target
  const prefers = sessionAttributes === 'prefer-standby'
  if (prefers && hosts.length > 1) {
    const round = await dial({...target, sessionAttributes: 'standby'}, signal)
    if ('client' in round) return round
  }
  const wanted = prefers ? 'any' : sessionAttributes
  const failures: HostFailure[] = []
  for (const host of hosts) {
    const outcome = await tryHost(target, host, {wanted, signal})
    if (!('kind' in outcome)) return {client: outcome}
    failures.push(outcome)
    if (!PASSED_OVER.some((kind) => kind === outcome.kind)) break
  }
  return failedRound(target, failures)
}
