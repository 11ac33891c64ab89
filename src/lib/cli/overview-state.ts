import {access} from 'node:fs/promises'
import {join} from 'node:path'
import {withDeadline} from '../abortable.js'
import {dataDirectory} from '../embedded/home.js'
import {runningServer} from '../embedded/server.js'
import {CruddurError} from '../error.js'
import {limitNameLookups} from '../name-lookup.js'
import type {Glimpse} from '../postgres/overview.js'
import {
  asAlias,
  embeddedTarget,
  resolveTarget,
  type Target,
  type TargetContext,
} from '../target/target.js'

/**
 * How things stand. `unread`: what names the target cannot be read. `absent`: the embedded server is meant and was never set
 * up. `stopped`: it was, and does not run. `closed`: the server cannot be reached or lets nobody in. `open`: it was looked at.
 */
export type State =
  | {kind: 'unread'; trouble: CruddurError}
  | {kind: 'absent'}
  | {kind: 'stopped'}
  | {kind: 'closed'; target: Target; trouble: CruddurError}
  | ({kind: 'open'; target: Target} & Glimpse)

interface Question {
  prod: boolean
  url?: string | undefined
  /** Reads the environment and its file. */
  context: () => TargetContext
  /** The embedded server's folder. */
  home: (context: TargetContext) => Promise<string>
  signal?: AbortSignal | undefined
}

const COMMAND = 'overview'
const LIMIT_MS = 2000

/**
 * Finds out how things stand with the target, in 2 s at most and without changing anything: the embedded server is not
 * started.
 *
 * @throws the signal's reason, and what is a fault of ours; everything else is a state too
 */
export async function readState(question: Question): Promise<State> {
  let found: Target | 'absent' | 'stopped'
  try {
    found = await findTarget(question)
  } catch (trouble) {
    return {kind: 'unread', trouble: known(trouble)}
  }
  return typeof found === 'string' ? {kind: found} : lookAt(found, question.signal)
}

async function findTarget({
  context: read,
  home: homeOf,
  prod,
  url,
}: Question): Promise<Target | 'absent' | 'stopped'> {
  const context = read()
  const named = resolveTarget({prod, url, command: COMMAND}, context)
  if (named) return named
  const home = await homeOf(context)
  const server = await runningServer(home)
  if (server) return embeddedTarget(server, {command: COMMAND}, context)
  const isSetUp = await access(join(dataDirectory(home), 'PG_VERSION')).then(
    () => true,
    () => false,
  )
  return isSetUp ? 'stopped' : 'absent'
}

async function lookAt(named: Target, signal: AbortSignal | undefined): Promise<State> {
  // Before the first lookup of all: Node cannot end while it looks a name up.
  limitNameLookups(process.env)
  const quick = {...named, connectTimeoutMs: shorter(named.connectTimeoutMs)}
  const [judged, seen] = await Promise.all([judge(quick, signal), see(quick, signal)])
  if (seen instanceof CruddurError) return {kind: 'closed', target: judged, trouble: seen}
  const production = judged.production || seen.server?.rds === true
  return {kind: 'open', target: {...judged, production}, ...seen}
}

/** 0 means no limit. */
function shorter(connectTimeoutMs: number): number {
  return connectTimeoutMs === 0 ? LIMIT_MS : Math.min(connectTimeoutMs, LIMIT_MS)
}

async function see(target: Target, signal: AbortSignal | undefined) {
  const {glimpse} = await import('../postgres/overview.js')
  return glimpse(target, {limitMs: LIMIT_MS, signal}).catch((error: unknown) => {
    signal?.throwIfAborted()
    return known(error)
  })
}

/** Production has other names too. What cannot be found out in time stays as it is: nothing is done here. */
async function judge(target: Target, signal: AbortSignal | undefined): Promise<Target> {
  const {guard, hosts, productionServer} = target
  if (!guard || productionServer) return target
  const {isAlias} = await import('../postgres/connection/alias.js')
  const late = (): Error => new Error('too late to be of use')
  const ask = (ending: AbortSignal) =>
    isAlias(hosts, guard.hosts, {signal: ending, limitMs: LIMIT_MS})
  const answer = await withDeadline(LIMIT_MS, late, ask, signal).catch(() => 'unknown')
  signal?.throwIfAborted()
  return answer === 'same' ? asAlias(target) : target
}

/** What is no error of ours is a fault that must be seen. */
function known(error: unknown): CruddurError {
  if (error instanceof CruddurError && error.code !== 'INTERRUPTED') return error
  throw error
}
