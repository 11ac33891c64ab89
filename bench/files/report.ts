import {table} from '../../src/lib/cli/table.js'
import {measured, yesNo} from '../report.js'
import {median} from '../statistics.js'
import type {MemoryRecord} from './memory.js'
import type {RaceRecord} from './race.js'

/** A race's record under its name, or why there is none. */
export type Entry<R> = {name: string; title: string} & (R | {error: string} | {skipped: string})

const RACE_COLUMNS = ['file', 'psql s', 'ours s', 'ratio', 'reach', 'met', 'our CPU s', 'our MB']
const MEMORY_COLUMNS = ['file', 'MB', 'ours s', 'our MB', 'of a quarter', 'reach', 'met']

/** The tables for the terminal; below them what could not be measured, and why. */
export function report(
  races: readonly Entry<RaceRecord>[],
  memory: readonly Entry<MemoryRecord>[],
  scale: number,
): string {
  const parts = [
    scale === 1 ? '' : `with ${scale} of every file's size`,
    races.length > 0 ? table(RACE_COLUMNS, races.map(raceRow)) : '',
    memory.length > 0 ? table(MEMORY_COLUMNS, memory.map(memoryRow)) : '',
    [...races, ...memory].flatMap(complaint).join('\n'),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function raceRow(entry: Entry<RaceRecord>): string[] {
  if (!('ratio' in entry)) return failedRow(entry, RACE_COLUMNS)
  const {title, psql, ours, ratio, reach, met, oursCpu, oursPeakMb} = entry
  const times = [median(psql).toFixed(2), median(ours).toFixed(2)]
  const usage = [measured(oursCpu, 2), measured(oursPeakMb, 0)]
  return [title, ...times, `${ratio.toFixed(2)} x`, `${reach} x`, yesNo(met), ...usage]
}

function memoryRow(entry: Entry<MemoryRecord>): string[] {
  if (!('quarter' in entry)) return failedRow(entry, MEMORY_COLUMNS)
  const {title, bytes, seconds, peakMb, quarter, reachMb, met} = entry
  const peaks = [measured(peakMb, 0), measured(quarter.peakMb, 0)]
  const size = (bytes / 1e6).toFixed(0)
  return [title, size, seconds.toFixed(1), ...peaks, `< ${reachMb}`, yesNo(met)]
}

function failedRow(entry: Entry<object>, columns: readonly string[]): string[] {
  const outcome = 'error' in entry ? 'failed' : 'skipped'
  return columns.map((_, index) => [entry.title, outcome][index] ?? '')
}

function complaint(entry: Entry<object>): string[] {
  if ('error' in entry) return [`${entry.name} failed: ${entry.error}`]
  return 'skipped' in entry ? [`${entry.name} skipped: ${entry.skipped}`] : []
}
