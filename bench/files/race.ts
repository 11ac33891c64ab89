import type {Bench} from '../bench.js'
import {type Link, withLink} from '../link.js'
import type {Outcome} from '../measure.js'
import {median, rounded} from '../statistics.js'
import type {Race} from './races.js'
import {type Load, type Loader, runLoad, withFile} from './run.js'

/** Seconds are the runs' own, in the order of the pairs. */
export interface RaceRecord {
  rows: number
  bytes: number
  roundTripMs?: number
  psql: number[]
  ours: number[]
  /** Median of psql's time by ours, pair by pair. */
  ratio: number
  reach: number
  met: boolean
  /** Medians of processor time. */
  psqlCpu: number | null
  oursCpu: number | null
  /** The most of all runs. */
  oursPeakMb: number | null
}

export interface Loaders {
  ours: Loader
  psql: Loader
}

type Pair = Record<keyof Loaders, Outcome>

/** Runs one race: pairs in turn, each run in a new database. */
export async function runRace(bench: Bench, race: Race, loaders: Loaders): Promise<RaceRecord> {
  const rows = Math.max(1, Math.round(race.rows * bench.scale))
  return await withFile(bench, {content: race.content, rows}, async (path, bytes) => {
    return await maybeLinked(bench, race, async ({server, roundTripMs}) => {
      if (roundTripMs !== undefined) bench.say(`  round trip ${roundTripMs.toFixed(2)} ms`)
      const load = {content: race.content, rows, path, server}
      const pairs = await runPairs(bench, race, load, loaders)
      const facts = roundTripMs === undefined ? {} : {roundTripMs: rounded(roundTripMs, 2)}
      return {rows, bytes, ...facts, ...summary(pairs, race.reach)}
    })
  })
}

async function maybeLinked<T>(
  {server: {url}}: Bench,
  {delayMs}: Race,
  fn: (link: Pick<Link, 'server'> & Partial<Link>) => Promise<T>,
): Promise<T> {
  return delayMs === undefined ? await fn({server: url}) : await withLink(url, {delayMs}, fn)
}

/** Ours first, then theirs first, and so on: what changes with time strikes both alike. */
async function runPairs(bench: Bench, race: Race, load: Load, loaders: Loaders): Promise<Pair[]> {
  const count = bench.pairs ?? race.pairs
  const pairs: Pair[] = []
  for (let n = 1; n <= count; n++) {
    const run = (who: keyof Loaders) => runLoad(bench, load, loaders[who])
    const first = n % 2 === 1 ? await run('ours') : undefined
    const psql = await run('psql')
    const pair = {ours: first ?? (await run('ours')), psql}
    pairs.push(pair)
    bench.say(`  pair ${n} of ${count}: ${described(pair)}`)
  }
  return pairs
}

function described({psql, ours}: Pair): string {
  const ratio = psql.seconds / ours.seconds
  return `psql ${psql.seconds.toFixed(2)} s, ours ${ours.seconds.toFixed(2)} s, ${ratio.toFixed(2)}x`
}

function summary(pairs: readonly Pair[], reach: number) {
  const ratio = median(pairs.map(({psql, ours}) => psql.seconds / ours.seconds))
  const seconds = (who: keyof Loaders) => pairs.map((pair) => rounded(pair[who].seconds, 3))
  const cpu = (who: keyof Loaders) =>
    rounded(medianOf(pairs.map((pair) => pair[who].cpuSeconds)), 2)
  const peaks = pairs.flatMap(({ours}) => ours.peakMb ?? [])
  return {
    psql: seconds('psql'),
    ours: seconds('ours'),
    ratio: rounded(ratio, 3),
    reach,
    met: ratio >= reach,
    psqlCpu: cpu('psql'),
    oursCpu: cpu('ours'),
    oursPeakMb: peaks.length > 0 ? rounded(Math.max(...peaks), 1) : null,
  }
}

function medianOf(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((number) => number !== null)
  return known.length > 0 ? median(known) : null
}
