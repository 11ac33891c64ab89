import {lookup} from 'node:dns/promises'
import {isIP} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {abortable} from '../../abortable.js'
import {regionFlag} from '../../aws/instance-command.js'
import type {CruddurError} from '../../error.js'
import {connectError} from '../../postgres/connection/errors.js'
import {describeHosts} from '../../target/hosts.js'
import {isRdsHost, isSameServer, readRdsName} from '../../target/production.js'
import type {HostAddress, Target} from '../../target/target.js'
import type {Check, Finding} from '../check.js'
import {envFileFlag} from '../words.js'
import type {OuterFacts} from './facts.js'
import {attemptMs, isSocketFolder, socketPath, withSocket} from './socket.js'

/** What is said where an earlier check found no server to look at. */
export const NO_SERVER: Finding = {status: 'skipped', message: 'no server is running'}

/** What one host came to: what is said when all is well, or why not. */
export type Outcome = {host: HostAddress} & ({ok: string} | {problem: string; fix: string})

/** Commands try one host after the other: one that is well is enough, though the others should be too. */
export function findingOf(outcomes: readonly Outcome[]): Finding {
  const well = outcomes.flatMap((outcome) => ('ok' in outcome ? outcome.ok : []))
  const [first, ...more] = outcomes.flatMap((outcome) => ('ok' in outcome ? [] : [outcome]))
  if (!first) return {status: 'ok', message: well.join('; ')}
  const message = [...well, ...[first, ...more].map(({problem}) => problem)].join('; ')
  return {status: well.length > 0 ? 'warn' : 'fail', message, fix: first.fix}
}

export function wellIn(outcomes: readonly Outcome[]): HostAddress[] {
  return outcomes.flatMap((outcome) => ('ok' in outcome ? outcome.host : []))
}

/** The time of one attempt, for a check that makes all of them at once. */
export const attemptLimit = ({target}: OuterFacts): number =>
  (target ? attemptMs(target) : 0) + 2000

const waitMs = ({flags}: OuterFacts): number => (flags.wait ?? 0) * 1000
const waitLimit = (facts: OuterFacts): number => attemptLimit(facts) + waitMs(facts)

const RETRY_MS = 250

/** Looks at all hosts at once, and with --wait again and again until one of them is well. */
async function lookAtAll(
  facts: OuterFacts,
  signal: AbortSignal,
  look: (target: Target, host: HostAddress) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const {target} = facts
  if (!target) return []
  const deadline = Date.now() + waitMs(facts)
  for (;;) {
    const outcomes = await Promise.all(target.hosts.map((host) => look(target, host)))
    if (wellIn(outcomes).length > 0 || Date.now() + RETRY_MS > deadline) return outcomes
    await sleep(RETRY_MS, undefined, {signal})
  }
}

function problemOf(host: HostAddress, error: CruddurError): Outcome {
  return {host, problem: error.message, fix: error.details.hint ?? 'check host and port'}
}

/** An address that stands there already, or a folder. */
function needsNoLookup(host: HostAddress): boolean {
  return isSocketFolder(host) || host.address !== undefined || isIP(host.host) !== 0
}

const OFFLINE =
  'check that this machine is online, and which name servers it asks (/etc/resolv.conf)'

async function lookUp(target: Target, host: HostAddress, signal: AbortSignal): Promise<Outcome> {
  if (needsNoLookup(host)) return {host, ok: `${host.address ?? host.host} needs no name server`}
  const {host: name} = host
  try {
    const found = await abortable(lookup(name, {all: true}), signal)
    const addresses = [...new Set(found.map(({address}) => address))]
    return {host, ok: `${name} is ${addresses.join(', ')}`}
  } catch (error) {
    signal.throwIfAborted()
    const {code} = error as NodeJS.ErrnoException
    if (code === 'EAI_AGAIN') {
      return {host, problem: `no name server says where ${name} is`, fix: OFFLINE}
    }
    const known = connectError(error, {...target, hosts: [host]})
    if (!isRdsHost(host)) return problemOf(host, known)
    const region = regionFlag(readRdsName(host)?.region)
    const fix = `compare the host with the endpoint: aws rds describe-db-instances${region}`
    return {host, problem: `${known.message}: RDS has no such instance any more`, fix}
  }
}

const hostName: Check<OuterFacts> = {
  name: 'host-name',
  layer: 'network',
  needs: ['production'],
  limitMs: waitLimit,
  run: async (facts, signal) => {
    if (!facts.target) return NO_SERVER
    return findingOf(await lookAtAll(facts, signal, (target, host) => lookUp(target, host, signal)))
  },
}

/** Which server of ours listens elsewhere on this machine, when nobody listens where it was looked for. */
async function embeddedElsewhere(facts: OuterFacts, host: HostAddress): Promise<string> {
  const here = [{host: 'localhost', port: host.port}]
  const isHere = isSameServer({hosts: [host], database: ''}, {hosts: here, database: ''})
  if (!isHere) return ''
  const {runningServer} = await import('../../embedded/server.js')
  const server = await runningServer(await facts.embeddedHome()).catch(() => undefined)
  if (!server || server.port === host.port) return ''
  return `, and the embedded server is at port ${server.port}`
}

async function refusal(
  facts: OuterFacts,
  target: Target,
  host: HostAddress,
  error: unknown,
): Promise<Outcome> {
  const known = connectError(error, {...target, hosts: [host]})
  if (known.code === 'CONNECT_TIMEOUT' && isRdsHost(host)) {
    return {host, problem: known.message, fix: `cruddur-db rds-update-sg-rule${envFileFlag(facts)}`}
  }
  if (known.code !== 'SERVER_REFUSED') return problemOf(host, known)
  if (isSocketFolder(host)) {
    const problem = `nothing listens at the socket ${socketPath(host)}`
    return {
      host,
      problem,
      fix: 'start that server, or correct the folder (its unix_socket_directories)',
    }
  }
  const elsewhere = await embeddedElsewhere(facts, host)
  const outcome = problemOf(host, known)
  return 'problem' in outcome ? {...outcome, problem: `${outcome.problem}${elsewhere}`} : outcome
}

function takes(host: HostAddress, address: string = host.host): string {
  const at = address === host.host ? '' : ` (${address})`
  return `${describeHosts([host])}${at} takes connections`
}

async function knock(
  facts: OuterFacts,
  target: Target,
  host: HostAddress,
  signal: AbortSignal,
): Promise<Outcome> {
  const limitMs = attemptMs(target)
  try {
    const address = await withSocket(
      host,
      {limitMs, signal},
      async ({remoteAddress}) => remoteAddress,
    )
    return {host, ok: takes(host, address)}
  } catch (error) {
    signal.throwIfAborted()
    // Taken, and ended at once: what that means the next check says.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return {host, ok: takes(host)}
    return refusal(facts, target, host, error)
  }
}

const port: Check<OuterFacts> = {
  name: 'port',
  layer: 'network',
  needs: ['host-name'],
  limitMs: waitLimit,
  run: async (facts, signal) => {
    if (!facts.target) return NO_SERVER
    const outcomes = await lookAtAll(facts, signal, (target, host) =>
      knock(facts, target, host, signal),
    )
    facts.reached = wellIn(outcomes)
    return findingOf(outcomes)
  },
}

export const networkChecks: readonly Check<OuterFacts>[] = [hostName, port]
