// Races the built program: `npm run bench -- start setup`. Progress on stderr, the tables on stdout.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {CruddurError} from '../src/lib/error.js'
import {type Options, readArguments} from './arguments.js'
import {aws} from './aws/set.js'
import type {RaceSet, Setting} from './bench.js'
import {files} from './files/set.js'
import {mergeResults} from './results.js'
import {setup} from './setup/set.js'
import {start} from './start/set.js'

const SETS: Readonly<Record<string, RaceSet>> = {start, setup, aws, files}
const RESULTS = fileURLToPath(new URL('results.json', import.meta.url))
const SIGNALS = {SIGINT: 130, SIGTERM: 143, SIGHUP: 129} as const

process.exitCode = await main(onInterrupt())

async function main(signal: AbortSignal): Promise<number> {
  try {
    const options = readArguments(process.argv.slice(2), SETS)
    return await raceAll(options, signal)
  } catch (error) {
    return report(signal.aborted ? signal.reason : error)
  }
}

/** Runs the sets one after the other; 1 when a race could not be run to its end. */
async function raceAll(options: Options, signal: AbortSignal): Promise<number> {
  const {sets, ...asked} = options
  const {only, scale} = asked
  const folder = await mkdtemp(join(tmpdir(), 'cruddur-db-bench-files-'))
  const setting: Setting = {...asked, folder, signal, say}
  let failures = 0
  try {
    for (const name of sets) {
      const set = SETS[name]
      if (!set || (only.size > 0 && !set.names.some((race) => only.has(race)))) continue
      const result = await set.run(setting)
      console.log(`\n${result.report}\n`)
      failures += result.failures
      // A part of the races, or small ones, would stand beside figures of another day and machine.
      if (scale !== 1 || only.size > 0) say('results.json is left as it was: see --scale, --only')
      else await mergeResults(RESULTS, name, result.record)
    }
    return failures > 0 ? 1 : 0
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

/** Later signals are not heeded: the server would stay behind. */
function onInterrupt(): AbortSignal {
  const controller = new AbortController()
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (controller.signal.aborted) return
      say('interrupted: stopping and removing what was made')
      const exit = code
      controller.abort(new CruddurError('INTERRUPTED', 'interrupted', {exit}))
    })
  }
  return controller.signal
}

function report(error: unknown): number {
  if (!(error instanceof CruddurError)) throw error
  say(`error: ${error.message}`)
  if (error.details.hint) say(`  ${error.details.hint}`)
  return error.exit
}

function say(text: string): void {
  console.error(text)
}
