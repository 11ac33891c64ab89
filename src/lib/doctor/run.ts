import {withDeadline} from '../abortable.js'
import {CruddurError} from '../error.js'
import type {Check, Finding, Layer} from './check.js'

/** What one check came to, as scripts see it. */
export interface Result extends Omit<Finding, 'cure'> {
  name: string
  layer: Layer
  /** What was found before it was cured; see `mayCure` of {@link RunOptions}. */
  cured?: string
}

/** What a check is called, and where it stands. */
export type CheckName = Pick<Check<never>, 'name' | 'layer'>

export interface RunOptions {
  /** Whether what is found is cured, where that is safe: asked before each cure. */
  mayCure: () => boolean
  /** Aborting ends the run with the signal's reason. */
  signal: AbortSignal
  onStart?: (check: CheckName) => void
  onEnd?: (result: Result) => void
  /** The error of ours that an error of a library stands for; undefined: it was not foreseen. */
  translate?: (error: unknown) => CruddurError | undefined
}

/** A group of checks; a function where it depends on what was found out which there are. */
export type Group<Facts> =
  | readonly Check<Facts>[]
  | ((facts: Facts) => Promise<readonly Check<Facts>[]>)

const LIMIT_MS = 15_000

/**
 * Runs checks one after the other. One whose needs are not met is skipped, and says which finding stands in the way.
 *
 * @param facts what checks tell those behind them; they change it
 * @returns a result for each, in their order
 * @throws the signal's reason, and nothing else: whatever a check throws is its finding
 */
export async function runChecks<Facts>(
  groups: readonly Group<Facts>[],
  facts: Facts,
  options: RunOptions,
): Promise<Result[]> {
  const past: Past<Facts>[] = []
  for (const group of groups) {
    const checks = typeof group === 'function' ? await group(facts) : group
    for (const check of checks) {
      options.signal.throwIfAborted()
      const {name, layer} = check
      const obstacle = obstacleTo(check, past)
      if (obstacle === undefined) options.onStart?.({name, layer})
      const {unanswered, ...finding}: Outcome =
        obstacle === undefined
          ? await examine(check, facts, options)
          : {status: 'skipped', message: obstacle}
      const result = {name, layer, ...finding}
      past.push({check, result, unanswered: unanswered === true})
      options.onEnd?.(result)
    }
  }
  return past.map(({result}) => result)
}

/** `unanswered`: it had no answer in its time, or its connection was lost. */
type Outcome = Omit<Result, 'name' | 'layer'> & {unanswered?: true}

/** A check that was looked at, or skipped. */
interface Past<Facts> {
  check: Check<Facts>
  result: Result
  unanswered: boolean
}

/** The finding that stands in the way: of a chain of skipped checks the one it began with. */
function obstacleTo<Facts>(
  {needs = []}: Check<Facts>,
  past: readonly Past<Facts>[],
): string | undefined {
  for (const need of needs) {
    const needed = past.find(({check}) => check.name === need)
    if (!needed) return `${need} was not looked at`
    const {check, result} = needed
    if (result.status === 'skipped') return result.message
    if (result.status === 'fail') return needed.unanswered ? noAnswer(need) : `${need} failed`
    const stuck = past.find((one) => one.unanswered && one.check.needs?.includes(need))
    if (check.opensSession && stuck) return noAnswer(stuck.check.name)
  }
  return undefined
}

const noAnswer = (name: string): string => `${name} had no answer`

async function examine<Facts>(
  check: Check<Facts>,
  facts: Facts,
  options: RunOptions,
): Promise<Outcome> {
  const {cure, ...found} = await find(check, facts, options)
  const curable = cure && (found.status === 'warn' || found.status === 'fail')
  if (!curable || !options.mayCure()) return found
  try {
    await abortableCure(cure, options.signal)
  } catch (error) {
    options.signal.throwIfAborted()
    const {message, fix = found.fix} = findingOf(error, options)
    return {
      ...found,
      message: `${found.message}; curing that failed: ${message}`,
      ...(fix === undefined ? {} : {fix}),
    }
  }
  const {cure: _, ...after} = await find(check, facts, options)
  return after.status === 'ok' ? {...after, cured: found.message} : after
}

/** The first start of the embedded server takes a second, and up to a minute where the machine is slow. */
const CURE_MS = 90_000

function abortableCure(cure: () => Promise<void>, signal: AbortSignal): Promise<void> {
  return withDeadline(CURE_MS, () => late(CURE_MS), cure, signal)
}

const LATE = 'LateError'
const LATE_FIX = 'see whether the server is overloaded or the way to it is cut, then try again'

function late(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms / 1000} s`), {name: LATE})
}

type Found = Finding & {unanswered?: true}

async function find<Facts>(check: Check<Facts>, facts: Facts, options: RunOptions): Promise<Found> {
  const limitMs = check.limitMs?.(facts) ?? LIMIT_MS
  const {signal} = options
  try {
    const run = async (own: AbortSignal): Promise<Finding> => check.run(facts, own)
    return await withDeadline(limitMs, () => late(limitMs), run, signal)
  } catch (error) {
    signal.throwIfAborted()
    return findingOf(error, options)
  }
}

const FAULT = 'this is a fault of cruddur-db: report it with the output of DEBUG=cruddur-db:*'

function findingOf(error: unknown, {translate}: RunOptions): Found {
  if (error instanceof Error && error.name === LATE) {
    return {status: 'fail', message: error.message, fix: LATE_FIX, unanswered: true}
  }
  const known = error instanceof CruddurError ? error : translate?.(error)
  if (!known) {
    const message = error instanceof Error ? error.message : String(error)
    return {status: 'fail', message: `unexpected: ${message}`, fix: FAULT}
  }
  const {hint} = known.details
  return {
    status: 'fail',
    message: known.message,
    ...(hint === undefined ? {} : {fix: hint}),
    ...(known.code === 'CONNECTION_LOST' ? {unanswered: true} : {}),
  }
}
