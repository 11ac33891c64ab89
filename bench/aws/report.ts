import {table} from '../../src/lib/cli/table.js'
import {median} from '../statistics.js'
import type {StartRecord} from './record.js'

const COLUMNS = ['start', 'requests', 'ms', 'of --version', 'reach', 'met', 'CPU ms', 'MB']

/** The table for the terminal. */
export function report(records: readonly StartRecord[]): string {
  return table(COLUMNS, records.map(row))
}

function row(record: StartRecord): string[] {
  const {cpuMs, met, ms, peakMb, ratio, reach, requests, title} = record
  return [
    title,
    String(requests),
    median(ms).toFixed(0),
    `${ratio.toFixed(2)} x`,
    reach === undefined ? '' : `<= ${reach} x`,
    met === undefined ? '' : met ? 'yes' : 'no',
    cpuMs?.toFixed(0) ?? 'not measured',
    peakMb?.toFixed(0) ?? 'not measured',
  ]
}
