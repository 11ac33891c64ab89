import {CruddurError} from '../../src/lib/error.js'
import type {Bench, RaceSet, SetResult} from '../bench.js'
import {describeMachine, describeServer} from '../machine.js'
import {findPsql} from '../psql.js'
import {withServer} from '../server.js'
import {runMemory} from './memory.js'
import {runRace} from './race.js'
import {MEMORY_RUNS, RACES} from './races.js'
import {type Entry, report} from './report.js'
import {ours, psql} from './run.js'

/** Loading files: ours against psql, and how much memory ours takes. */
export const files: RaceSet = {
  names: [...RACES, ...MEMORY_RUNS].map(({name}) => name),
  run: (setting) => withServer(setting, (server) => raceFiles({...setting, server})),
}

async function raceFiles(bench: Bench): Promise<SetResult> {
  const program = await findPsql(bench.server.url)
  const loaders = {ours: ours(bench.folder), psql: psql(program.file, bench.folder)}
  const races = await each(bench, RACES, (race) => runRace(bench, race, loaders))
  const memory = await each(bench, MEMORY_RUNS, (one) => runMemory(bench, one, loaders.ours))
  const machine = {...describeMachine(), ...(await describeServer(bench.server, program.version))}
  return {
    report: report(races, memory, bench.scale),
    record: {machine, races, memory},
    failures: [...races, ...memory].filter((entry) => 'error' in entry).length,
  }
}

/** Runs those that are asked for; one that fails leaves the others alone. */
async function each<T extends {name: string; title: string}, R extends object>(
  {only, say, signal}: Bench,
  all: readonly T[],
  fn: (one: T) => Promise<R>,
): Promise<Entry<R>[]> {
  const entries: Entry<R>[] = []
  for (const one of all) {
    const {name, title} = one
    if (only.size > 0 && !only.has(name)) continue
    say(`${name}: ${title}`)
    try {
      entries.push({name, title, ...(await fn(one))})
    } catch (error) {
      signal.throwIfAborted()
      const outcome = problem(error)
      entries.push({name, title, ...outcome})
      say(`  ${Object.keys(outcome)[0]}, see below`)
    }
  }
  return entries
}

function problem(error: unknown): {error: string} | {skipped: string} {
  const message = error instanceof Error ? error.message : String(error)
  const skipped = error instanceof CruddurError && error.code === 'BENCH_NO_SPACE'
  return skipped ? {skipped: message} : {error: message}
}
