import type {Runner, Sample, Samples} from './rounds.js'
import {mean, median, rounded} from './statistics.js'

/** A runner's figures, for the table and results.json. */
export interface RunnerRecord {
  name: string
  title: string
  /** The runs' own, in the order of the rounds. */
  ms: number[]
  /** Medians of its time by that of others, round by round, under their names. */
  ratios: Record<string, number>
  reach?: Readonly<Record<string, number>>
  reachMb?: number
  /** null: it could not be measured; absent: nothing is aimed at. */
  met?: boolean | null
  /** Mean of processor time, children's included. */
  cpuMs: number | null
  /** The most memory of all runs. */
  peakMb: number | null
}

/** @param bases names of the runners that all are compared with */
export function recordsOf(samples: Samples, bases: readonly string[]): RunnerRecord[] {
  const compared = [...samples].filter(([{name}]) => bases.includes(name))
  return Array.from(samples, ([runner, all]) => {
    const ratios = compared.map(([{name}, base]) => [name, ratioOf(all, base)] as const)
    return recordOf(runner, all, Object.fromEntries(ratios))
  })
}

function recordOf(
  {name, title, reach, reachMb}: Runner,
  samples: readonly Sample[],
  ratios: Record<string, number>,
): RunnerRecord {
  const cpu = samples.flatMap(({cpuSeconds}) => cpuSeconds ?? [])
  const peakMb = mostOf(samples.map((sample) => sample.peakMb))
  const outcomes = [
    ...Object.entries(reach ?? {}).map(([base, times]) => (ratios[base] ?? Number.NaN) <= times),
    ...(reachMb === undefined ? [] : [isWithin(peakMb, reachMb)]),
  ]
  return {
    name,
    title,
    ms: samples.map(({seconds}) => rounded(seconds * 1000, 1)),
    ratios,
    ...(reach && {reach}),
    ...(reachMb !== undefined && {reachMb}),
    ...(outcomes.length > 0 && {met: allMet(outcomes)}),
    cpuMs: cpu.length > 0 ? rounded(mean(cpu) * 1000, 1) : null,
    peakMb,
  }
}

function ratioOf(samples: readonly Sample[], base: readonly Sample[]): number {
  const ratios = samples.map(({seconds}, n) => seconds / (base[n]?.seconds ?? Number.NaN))
  return rounded(median(ratios), 3)
}

/** The largest, in tenths of a MB; null when nothing was measured. */
export function mostOf(peaks: readonly (number | null)[]): number | null {
  const known = peaks.filter((peak) => peak !== null)
  return known.length > 0 ? rounded(Math.max(...known), 1) : null
}

export function isWithin(peakMb: number | null, reachMb: number): boolean | null {
  return peakMb === null ? null : peakMb <= reachMb
}

function allMet(outcomes: readonly (boolean | null)[]): boolean | null {
  if (outcomes.includes(false)) return false
  return outcomes.includes(null) ? null : true
}
