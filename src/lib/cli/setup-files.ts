import {CruddurError} from '../error.js'
import {isPipe, isStdin} from '../sql/pipe.js'
import {checkStdin, type Script} from '../sql/script.js'
import type {Target} from '../target/target.js'
import {inOneTransaction, nameFiles, readFiles} from './files.js'
import {askYes} from './prompt.js'
import {type FitMigrations, setupMigrations} from './setup-migrations.js'

/** What the flags of a setup say of its files. */
export interface SeedFlags {
  seed?: boolean
  'schema-file'?: string | undefined
  'seed-file'?: string | undefined
  confirm?: string | undefined
}

/** What a setup runs. Each is read when it is first asked for, and once. */
export interface SetupFiles {
  schema: () => Promise<Script>
  seed: () => Promise<Script>
  migrations: () => Promise<FitMigrations>
  /** Whether one comes from a pipe, at whatever pace: a connection would be kept waiting. */
  piped: boolean
  /** Whether standard input is one of them, so that nobody can be asked there. */
  stdinTaken: boolean
}

interface Whose {
  /** The name that the database is to have. */
  database: string
  packageRoot: string
  signal: AbortSignal
}

/** The files that the flags name, or the default ones; what they throw is what `readFiles` and `setupMigrations` throw. */
export function setupFiles(
  {'schema-file': schemaFile, 'seed-file': seedFile}: SeedFlags,
  {database, packageRoot, signal}: Whose,
): SetupFiles {
  const read = (fallback: Fallback, given: string | undefined): Promise<Script> => {
    const {names} = nameFiles(fallback, [given], packageRoot)
    return inOneTransaction(() => readFiles(names, {transaction: true, database, signal}))
  }
  const defaultSchema = schemaFile === undefined
  const given = [schemaFile, seedFile].filter((name) => name !== undefined)
  return {
    schema: once(() => read('schema.sql', schemaFile)),
    seed: once(() => read('seed.sql', seedFile)),
    migrations: once(() => setupMigrations({database, defaultSchema, packageRoot, signal})),
    piped: given.some(isPipe),
    stdinTaken: given.some(isStdin),
  }
}

type Fallback = 'schema.sql' | 'seed.sql'

/**
 * A file that would not be run is a mistake, not something to pass over.
 *
 * @throws CruddurError USAGE, exit 2
 */
export function checkSeedFile({production}: Target, flags: SeedFlags): void {
  checkStdin([flags['schema-file'], flags['seed-file']])
  if (flags['seed-file'] === undefined || flags.seed) return
  if (flags.seed === undefined && (!production || flags.confirm === undefined)) return
  const cure = flags.seed === false ? 'leave one of them out' : 'add --seed'
  throw new CruddurError('USAGE', '--seed-file is given, but nothing would be seeded', {
    exit: 2,
    hint: cure,
  })
}

/** The step of the plan that seeds; in production the question comes behind the plan. */
export function seedSteps(production: boolean, flags: SeedFlags, packageRoot: string): string[] {
  const asked = production && flags.seed === undefined
  if (flags.seed === false || (asked && flags.confirm !== undefined)) return []
  const {paths} = nameFiles('seed.sql', [flags['seed-file']], packageRoot)
  return [`run ${paths.join(', ')}${asked ? ', if you say yes to that too' : ''}`]
}

/** Whether the seed is loaded: production is asked, unless a script has consented for it. */
export async function wantsSeed(
  {production}: Target,
  {confirm, seed}: SeedFlags,
  signal: AbortSignal,
): Promise<boolean> {
  if (seed !== undefined) return seed
  if (!production) return true
  return confirm === undefined && askYes('Load the seed into production too?', signal)
}

/** Whoever asks again gets what the first one got. */
function once<T>(fn: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined
  return () => (begun ??= fn())
}
