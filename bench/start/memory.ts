import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stopServer} from '../../src/lib/embedded/server.js'
import type {Bench} from '../bench.js'
import {urlOf, withDatabase} from '../database.js'
import {measure} from '../measure.js'
import {cruddurDb, REACH_MB} from '../programs.js'
import {isWithin, mostOf} from '../record.js'
import {checkSeed} from '../setup/check.js'

export interface MemoryRecord {
  command: string
  /** The most of all runs; null: there is no /proc. */
  peakMb: number | null
  reachMb: number
  met: boolean | null
}

interface Step {
  command: string
  args: readonly string[]
  /** The seed's rows are there afterwards. */
  seeds?: true
}

const RUNS = 5

/** Runs each of our commands, in an order in which it finds what it needs, and looks at its memory. */
export async function runMemory(bench: Bench): Promise<MemoryRecord[]> {
  const runs = bench.pairs ?? RUNS
  // Not in the bench's folder: the user that the server runs as for root may not enter that.
  const home = await mkdtemp(join(tmpdir(), 'cruddur-db-bench-'))
  const peaks = new Map<string, (number | null)[]>()
  try {
    for (let run = 1; run <= runs; run++) {
      bench.say(`  run ${run} of ${runs}`)
      for (const [command, peak] of await runAll(bench, home))
        peaks.set(command, [...(peaks.get(command) ?? []), peak])
    }
  } finally {
    await stopServer(home)
    await rm(home, {recursive: true, force: true})
  }
  return Array.from(peaks, ([command, all]) => {
    const peakMb = mostOf(all)
    return {command, peakMb, reachMb: REACH_MB, met: isWithin(peakMb, REACH_MB)}
  })
}

async function runAll(
  bench: Bench,
  home: string,
): Promise<[command: string, peak: number | null][]> {
  const {folder, server, signal} = bench
  return await withDatabase(server.url, '', async (database) => {
    const url = urlOf(server.url, database)
    const peaks: [string, number | null][] = []
    for (const {command, args, seeds} of stepsOn(url)) {
      const env = {CRUDDUR_DB_HOME: home}
      const {peakMb} = await measure({...cruddurDb(args, folder), env}, signal)
      if (seeds) await checkSeed(url, command)
      peaks.push([command, peakMb])
    }
    return peaks
  })
}

/** The database is there at the beginning and at the end. */
function stepsOn(url: string): Step[] {
  const target = ['--url', url]
  const on = (command: string, ...more: string[]) => ({
    command,
    args: [command, ...more, ...target],
  })
  return [
    {command: '--version', args: ['--version']},
    {command: '--help', args: ['--help']},
    on('drop'),
    on('create'),
    on('schema-load'),
    {...on('seed'), seeds: true},
    on('sessions'),
    {...on('setup', '--dry-run'), command: 'setup --dry-run'},
    {...on('setup'), seeds: true},
    {command: 'connect', args: ['connect', ...target, '--', '-X', '-c', 'SELECT 1']},
    ...['start', 'status', 'stop'].map((verb) => ({
      command: `server ${verb}`,
      args: ['server', verb],
    })),
  ]
}
