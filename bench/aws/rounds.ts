import {readFileSync} from 'node:fs'
import {CruddurError} from '../../src/lib/error.js'
import type {Setting} from '../bench.js'
import {measure} from '../measure.js'
import type {Endpoint} from './endpoint.js'
import {commandOf, type Start} from './starts.js'

export interface Sample {
  seconds: number
  /** User and system, to its very end; null: there is no /proc. Known to 10 ms only: the mean of many is what counts. */
  cpuSeconds: number | null
  peakMb: number | null
}

export type Samples = ReadonlyMap<Start, readonly Sample[]>

interface Circumstances extends Pick<Setting, 'folder' | 'signal'> {
  endpoint: Endpoint
  round: number
}

const TICKS_PER_SECOND = 100

/**
 * Runs all of them in turn, so often: forwards, then backwards, so that what changes with time strikes all alike. The
 * first round is not counted: it has the files read from disk.
 *
 * @throws CruddurError BENCH_RUN_FAILED, BENCH_WRONG_REQUESTS
 */
export async function runRounds(
  {folder, say, signal}: Setting,
  starts: readonly Start[],
  {endpoint, rounds}: {endpoint: Endpoint; rounds: number},
): Promise<Samples> {
  const samples = new Map(starts.map((start) => [start, [] as Sample[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const start of round % 2 === 0 ? starts : starts.toReversed()) {
      const sample = await runOnce(start, {endpoint, folder, round, signal})
      if (round > 0) samples.get(start)?.push(sample)
    }
    if (round > 0) say(`  round ${round} of ${rounds}: ${described(samples)}`)
  }
  return samples
}

async function runOnce(
  start: Start,
  {endpoint, folder, round, signal}: Circumstances,
): Promise<Sample> {
  const command = commandOf(start, {aws: endpoint.env, cwd: folder, round})
  const before = childrenSeconds()
  const {peakMb, seconds} = await measure(command, signal)
  const after = childrenSeconds()
  await checkRequests(start, endpoint)
  return {seconds, cpuSeconds: before === null || after === null ? null : after - before, peakMb}
}

async function checkRequests({requests, title}: Start, endpoint: Endpoint): Promise<void> {
  const sent = await endpoint.requests()
  if (sent === requests) return
  const message = `${title} sent ${sent} requests to AWS instead of ${requests}`
  throw new CruddurError('BENCH_WRONG_REQUESTS', message)
}

/**
 * The processor time of all children that have ended: cutime and cstime of proc_pid_stat(5), fields 16 and 17. A
 * start is too short to be read from outside while it runs.
 */
function childrenSeconds(): number | null {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
  } catch {
    return null
  }
}

function described(samples: Samples): string {
  const last = [...samples.values()].map((all) => all.at(-1)?.seconds ?? 0)
  return `${last.map((seconds) => (seconds * 1000).toFixed(0)).join(', ')} ms`
}
