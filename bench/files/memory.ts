import type {Bench} from '../bench.js'
import type {Outcome} from '../measure.js'
import {rounded} from '../statistics.js'
import type {MemoryRun} from './races.js'
import {type Loader, runLoad, withFile} from './run.js'

/** null: not measured, there is no /proc. */
export interface MemoryRecord {
  rows: number
  bytes: number
  seconds: number
  peakMb: number | null
  /** The same with a quarter of the file. */
  quarter: {bytes: number; peakMb: number | null}
  reachMb: number
  met: boolean | null
}

/** A whole file may take so many times its quarter's memory; the heap's size is never twice the same. */
const GROWTH = 1.25

/** Loads a quarter of the file, then the whole of it, and looks at our memory. */
export async function runMemory(
  bench: Bench,
  {content, bytes, reachMb}: MemoryRun,
  loader: Loader,
): Promise<MemoryRecord> {
  const rows = Math.max(4, Math.ceil((bytes * bench.scale) / content.rowBytes))
  const run = (part: number) => {
    return withFile(bench, {content, rows: part}, async (path, size) => {
      const load = {content, rows: part, path, server: bench.server.url}
      const outcome = await runLoad(bench, load, loader)
      bench.say(`  ${described(size, outcome)}`)
      return {...outcome, bytes: size}
    })
  }
  const quarter = await run(Math.ceil(rows / 4))
  const whole = await run(rows)
  return {
    rows,
    bytes: whole.bytes,
    seconds: rounded(whole.seconds, 1),
    peakMb: rounded(whole.peakMb, 1),
    quarter: {bytes: quarter.bytes, peakMb: rounded(quarter.peakMb, 1)},
    reachMb,
    met: isMet(whole.peakMb, quarter.peakMb, reachMb),
  }
}

function isMet(whole: number | null, quarter: number | null, reachMb: number): boolean | null {
  if (whole === null || quarter === null) return null
  return whole < reachMb && whole <= quarter * GROWTH
}

function described(bytes: number, {seconds, peakMb}: Outcome): string {
  const memory = peakMb === null ? 'memory not measured' : `${peakMb.toFixed(0)} MB of memory`
  return `${(bytes / 1e6).toFixed(0)} MB: ${seconds.toFixed(1)} s, ${memory}`
}
