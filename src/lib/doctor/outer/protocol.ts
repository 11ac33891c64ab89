import type {Socket} from 'node:net'
import {describeHosts} from '../../target/hosts.js'
import type {HostAddress, Target} from '../../target/target.js'
import type {Check} from '../check.js'
import type {OuterFacts} from './facts.js'
import {attemptLimit, findingOf, NO_SERVER, type Outcome, wellIn} from './network.js'
import {attemptMs, happens, SSL_REQUEST, withSocket} from './socket.js'

/** What others say first, or to a question they do not understand. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\//, 'a web server'],
  [/^SSH-/, 'an SSH server'],
  [/mysql|mariadb/i, 'a MySQL server'],
  [/^[-+](ERR|OK|PONG|NOAUTH)/, 'a Redis server'],
  [/^220[ -]/, 'a mail or FTP server'],
]

/** The first bytes that come back when the server is asked whether it has TLS. */
export async function askForTls(socket: Socket): Promise<string> {
  socket.write(SSL_REQUEST)
  return (await happens<Buffer>(socket, 'data')).toString('latin1')
}

function silent(host: HostAddress, limitMs: number): Outcome {
  return {
    host,
    problem: `${describeHosts([host])} takes connections and says nothing for ${limitMs / 1000} s`,
    fix: 'see whether that server hangs, or a tunnel or proxy before it leads nowhere',
  }
}

function hungUp(host: HostAddress): Outcome {
  return {
    host,
    problem: `${describeHosts([host])} takes connections and ends them without a word`,
    fix: 'that is mostly a proxy or tunnel: see whether the PostgreSQL behind it runs',
  }
}

function judge(host: HostAddress, answer: string): Outcome {
  const where = describeHosts([host])
  if (answer === 'S') return {host, ok: `${where} speaks PostgreSQL's protocol and offers TLS`}
  if (answer === 'N') return {host, ok: `${where} speaks PostgreSQL's protocol, without TLS`}
  const other = OTHERS.find(([pattern]) => pattern.test(answer))?.[1] ?? 'something'
  const fix = 'check host and port: PostgreSQL mostly listens at 5432'
  return {host, problem: `${other} listens at ${where}, not PostgreSQL`, fix}
}

async function speak(target: Target, host: HostAddress, signal: AbortSignal): Promise<Outcome> {
  const limitMs = attemptMs(target)
  try {
    return judge(host, await withSocket(host, {limitMs, signal}, askForTls))
  } catch (error) {
    signal.throwIfAborted()
    const {code} = error as NodeJS.ErrnoException
    return code === 'ETIMEDOUT' ? silent(host, limitMs) : hungUp(host)
  }
}

export const protocolCheck: Check<OuterFacts> = {
  name: 'protocol',
  layer: 'network',
  needs: ['port'],
  limitMs: attemptLimit,
  run: async (facts, signal) => {
    const {reached = [], target} = facts
    if (!target) return NO_SERVER
    if (target.tls.direct) {
      return {status: 'ok', message: 'TLS begins with the first byte (sslnegotiation=direct)'}
    }
    const outcomes = await Promise.all(reached.map((host) => speak(target, host, signal)))
    facts.reached = wellIn(outcomes)
    return findingOf(outcomes)
  },
}
