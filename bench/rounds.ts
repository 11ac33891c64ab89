import type {Setting} from './bench.js'
import {type Command, measure} from './measure.js'
import {type Placement, placed} from './placement.js'
import {childrenSeconds} from './usage.js'

/** A process that is started again and again, in turn with others. */
export interface Runner {
  name: string
  title: string
  command: (round: number) => Command
  /** It is a script: the memory of what it starts is not seen. */
  script?: true
  /** Not more than so many times another runner's time is aimed at, under its name. */
  reach?: Readonly<Record<string, number>>
  /** Not more MB of memory than this are aimed at. */
  reachMb?: number
}

export interface Sample {
  seconds: number
  /** With its children's, to its very end. Known to 10 ms only: the mean of many is what counts. */
  cpuSeconds: number | null
  /** Of the process itself; null of a script, too. */
  peakMb: number | null
}

export interface Rounds<R extends Runner> {
  runners: readonly R[]
  rounds: number
  placement?: Placement | undefined
}

export type Samples<R extends Runner = Runner> = ReadonlyMap<R, readonly Sample[]>

/** What happens between the runs; no time of theirs. */
export interface Around<R extends Runner> {
  before?: (runner: R) => Promise<void>
  /** Throws when a run has not done its work. */
  after?: (runner: R) => Promise<void>
}

/**
 * Runs all of them in turn, so often: forwards, then backwards, so that what changes with time strikes all alike. The
 * first round is not counted: it has the files read from disk.
 *
 * @throws CruddurError BENCH_RUN_FAILED, and what `around` throws
 */
export async function runRounds<R extends Runner>(
  {say, signal}: Pick<Setting, 'say' | 'signal'>,
  {runners, rounds, placement}: Rounds<R>,
  {before, after}: Around<R> = {},
): Promise<Samples<R>> {
  const samples = new Map(runners.map((runner) => [runner, [] as Sample[]]))
  say(`in turn: ${runners.map(({title}) => title).join('; ')}`)
  for (let round = 0; round <= rounds; round++) {
    for (const runner of round % 2 === 0 ? runners : runners.toReversed()) {
      await before?.(runner)
      const command = placed(runner.command(round), placement)
      const sample = await runOnce(command, runner, signal)
      await after?.(runner)
      if (round > 0) samples.get(runner)?.push(sample)
    }
    if (round > 0) say(`  round ${round} of ${rounds}: ${described(samples)}`)
  }
  return samples
}

async function runOnce(command: Command, {script}: Runner, signal: AbortSignal): Promise<Sample> {
  const before = childrenSeconds()
  const {peakMb, seconds} = await measure(command, signal)
  const after = childrenSeconds()
  const cpuSeconds = before === null || after === null ? null : after - before
  return {seconds, cpuSeconds, peakMb: script ? null : peakMb}
}

function described(samples: Samples): string {
  const last = [...samples.values()].map((all) => all.at(-1)?.seconds ?? 0)
  return `${last.map((seconds) => (seconds * 1000).toFixed(0)).join(', ')} ms`
}
