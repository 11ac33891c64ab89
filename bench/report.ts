import {table} from '../src/lib/cli/table.js'
import type {RunnerRecord} from './record.js'
import {median} from './statistics.js'

/**
 * The table of one race for the terminal.
 *
 * @param heading of the first column
 * @param bases names of the runners that all are compared with
 */
export function raceTable(
  heading: string,
  records: readonly RunnerRecord[],
  bases: readonly string[],
): string {
  const columns = [heading, 'ms', ...bases.map((name) => `of ${name}`)]
  const rows = records.map((record) => row(record, bases))
  return table([...columns, 'reach', 'met', 'CPU ms', 'MB'], rows)
}

function row(record: RunnerRecord, bases: readonly string[]): string[] {
  const {cpuMs, met, ms, peakMb, ratios, title} = record
  return [
    title,
    median(ms).toFixed(0),
    ...bases.map((name) => `${ratios[name]?.toFixed(2)} x`),
    reachOf(record),
    yesNo(met),
    measured(cpuMs),
    measured(peakMb),
  ]
}

function reachOf({reach, reachMb}: RunnerRecord): string {
  const times = Object.entries(reach ?? {}).map(([name, most]) => `<= ${most} x ${name}`)
  return [...times, ...(reachMb === undefined ? [] : [`<= ${reachMb} MB`])].join(', ')
}

/** @param met null: it could not be measured; undefined: nothing is aimed at */
export function yesNo(met: boolean | null | undefined): string {
  if (met === undefined) return ''
  if (met === null) return 'not measured'
  return met ? 'yes' : 'no'
}

export function measured(value: number | null, digits = 0): string {
  return value === null ? 'not measured' : value.toFixed(digits)
}
