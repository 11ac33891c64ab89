import {type ProgramOptions, type ProgramResult, runProgram} from '../support/program.js'
import {DATABASE} from './databases.js'
import type {Plan, Verb} from './plan.js'
import type {CrashServer} from './server.js'

/** A command, how it is told where its database is, and which flags it is given. */
export type Command = Pick<Plan, 'verb' | 'byUrl' | 'busy' | 'keepPrevious'>

const ARGS: Record<Verb, readonly string[]> = {
  setup: ['setup'],
  'schema-load': ['schema-load', '--schema-file', 'load.sql'],
  drop: ['drop'],
}

/** Its arguments, and what it is started with. */
export function commandLine(
  {server, folder}: {server: CrashServer; folder: string},
  {verb, byUrl, busy, keepPrevious}: Command,
): [string[], ProgramOptions] {
  const force = busy ? ['--force'] : []
  const keep = keepPrevious ? ['--keep-previous'] : []
  const env = byUrl ? {CONNECTION_URL: server.url(DATABASE)} : {CRUDDUR_DB_HOME: server.home}
  return [[...ARGS[verb], '--json', ...force, ...keep], {cwd: folder, env}]
}

/** Runs it to its end. */
export function runCommand(
  scene: {server: CrashServer; folder: string},
  {
    verb,
    byUrl,
    busy = false,
    keepPrevious = false,
  }: Partial<Command> & Pick<Command, 'verb' | 'byUrl'>,
): Promise<ProgramResult> {
  return runProgram(...commandLine(scene, {verb, byUrl, busy, keepPrevious}))
}
