import {median, rounded} from '../statistics.js'
import type {Sample, Samples} from './rounds.js'
import {BASES, type Start} from './starts.js'

/** Milliseconds are the runs' own, in the order of the rounds. */
export interface StartRecord {
  name: string
  title: string
  requests: number
  ms: number[]
  /** Median of its time by that of `cruddur-db --version`, round by round. */
  ratio: number
  reach?: number
  met?: boolean
  /** Mean of processor time. */
  cpuMs: number | null
  /** Median of the most memory held. */
  peakMb: number | null
}

export function recordsOf(samples: Samples): StartRecord[] {
  const [, version] = BASES
  const base = samples.get(version) ?? []
  return Array.from(samples, ([start, all]) => recordOf(start, all, base))
}

function recordOf(
  {name, reach, requests, title}: Start,
  samples: readonly Sample[],
  base: readonly Sample[],
): StartRecord {
  const ratio = median(samples.map(({seconds}, n) => seconds / (base[n]?.seconds ?? Number.NaN)))
  const cpu = samples.flatMap(({cpuSeconds}) => cpuSeconds ?? [])
  const peaks = samples.flatMap(({peakMb}) => peakMb ?? [])
  return {
    name,
    title,
    requests,
    ms: samples.map(({seconds}) => rounded(seconds * 1000, 1)),
    ratio: rounded(ratio, 3),
    ...(reach === undefined ? {} : {reach, met: ratio <= reach}),
    cpuMs: cpu.length > 0 ? rounded(mean(cpu) * 1000, 1) : null,
    peakMb: peaks.length > 0 ? rounded(median(peaks), 1) : null,
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
