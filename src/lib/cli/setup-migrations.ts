import {type Decide, type Step, toMigrate} from '../migrations/decide.js'
import {stepFailed} from '../migrations/failures.js'
import {type MigrationFolder, readMigrations} from '../migrations/folder.js'
import {createHistory, readHistory} from '../migrations/history.js'
import type {Migration} from '../migrations/migration.js'
import {scriptOf} from '../migrations/part.js'
import {recordAfter} from '../migrations/record.js'
import type {Done} from '../migrations/run.js'
import {statesOf} from '../migrations/states.js'
import {together} from '../pipelining.js'
import {plural} from '../plural.js'
import type {Script} from '../sql/script.js'
import type {Filling, LaterFillings} from './fill.js'
import {failedInSetup} from './setup-migration-errors.js'

interface Whose {
  /** Whether the schema is the default one; Cruddur's own migrations do not belong to any other. */
  defaultSchema: boolean
  packageRoot: string
  /** The name that the database is to have. */
  database: string
  signal: AbortSignal
}

/** Migrations whose up parts were found fit to be run. */
export interface FitMigrations extends MigrationFolder {
  /** What is run of each, in their order. */
  readonly ready: readonly {readonly migration: Migration; readonly script: Script}[]
}

/**
 * The migrations that belong to the schema of a setup, found fit to be run.
 *
 * @throws CruddurError what `readMigrations` and `scriptOf` throw
 */
export async function setupMigrations({
  database,
  defaultSchema,
  packageRoot,
  signal,
}: Whose): Promise<FitMigrations> {
  const cwd = process.cwd()
  const home = defaultSchema ? packageRoot : cwd
  const folder = await readMigrations({cwd, packageRoot: home, signal})
  const ready: {migration: Migration; script: Script}[] = []
  for (const migration of folder.migrations)
    ready.push({migration, script: await scriptOf(migration.up, {database, cwd, signal})})
  return {...folder, ready}
}

/** What they are, as a step of a plan; none where there are none. */
export function migrationSteps({migrations, path}: MigrationFolder): string[] {
  const [first] = migrations
  if (!first) return []
  return [
    migrations.length === 1
      ? `run ${first.path}`
      : `run the ${plural(migrations.length, 'migration')} of ${path}`,
  ]
}

/**
 * Those that a new database has not had, to be run in it: its schema file may have recorded some. Nobody else knows of the
 * database yet, so that no lock is needed.
 *
 * @param onDone told each that has run
 * @returns fillings whose `look` throws what `toMigrate`, `readHistory` and `createHistory` throw
 */
export function migrationFillings(
  {migrations, ready}: FitMigrations,
  onDone: (done: Done) => void,
): LaterFillings {
  const fillingOf = (step: Step, script: Script): Filling => ({
    step: 'migrate',
    script: {...script, files: [...script.files, recordAfter(step)]},
    onDone: (ms) => onDone({step, ms}),
    failed: (error) => failedInSetup(stepFailed(error, step)),
  })
  const decide: Decide = (statuses) => {
    try {
      return toMigrate()(statuses)
    } catch (error) {
      throw failedInSetup(error)
    }
  }
  return {
    step: 'migrate',
    look: async (client) => {
      const [{records}] = await together([readHistory(client), createHistory(client)])
      const {steps} = decide(statesOf(migrations, records))
      return steps.flatMap((step) =>
        ready
          .filter(({migration}) => migration === step.migration)
          .map(({script}) => fillingOf(step, script)),
      )
    },
  }
}
