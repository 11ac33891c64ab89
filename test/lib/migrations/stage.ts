import {
  type MigrateRequest,
  type RollbackRequest,
  toMigrate,
  toRollBack,
} from '../../../src/lib/migrations/decide.js'
import {HISTORY} from '../../../src/lib/migrations/history.js'
import {
  type MigrationOptions,
  type MigrationResult,
  runMigrations,
} from '../../../src/lib/migrations/run.js'
import type {Target} from '../../../src/lib/target/target.js'
import {type MigrationsFolder, makeMigrationsFolder} from '../../support/migrations.js'
import {dropDatabases, freshName, query} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'

/** An empty database, and a folder of migrations for it. */
export interface MigrationStage {
  database: string
  folder: MigrationsFolder
  migrate: (
    request?: MigrateRequest,
    options?: Partial<MigrationOptions>,
    target?: Partial<Target>,
  ) => Promise<MigrationResult>
  rollBack: (
    request?: RollbackRequest,
    options?: Partial<MigrationOptions>,
  ) => Promise<MigrationResult>
  /** The names of those that are applied. */
  applied: () => Promise<string[]>
  close: () => Promise<void>
}

export async function openMigrationStage(): Promise<MigrationStage> {
  const database = freshName()
  const folder = makeMigrationsFolder()
  await query(`CREATE DATABASE ${database} TEMPLATE template0`)
  const run = async (
    decide: ReturnType<typeof toMigrate>,
    options: Partial<MigrationOptions> = {},
    target: Partial<Target> = {},
  ) =>
    runMigrations(targetOf(database, target), await folder.read(), decide, {
      cwd: folder.path,
      ...options,
    })
  return {
    database,
    folder,
    migrate: (request, options, target) => run(toMigrate(request), options, target),
    rollBack: (request, options) => run(toRollBack(request), options),
    applied: async () =>
      (await query<{name: string}>(`SELECT name FROM ${HISTORY} ORDER BY version`, database)).map(
        ({name}) => name,
      ),
    close: async () => {
      await dropDatabases(database)
      folder.close()
    },
  }
}

/** What is told of the error that a run ends with. */
export const failure = async (run: Promise<unknown>) =>
  await run.then(
    () => 'no error',
    ({code, message, details}) => ({code, message, hint: details?.hint}),
  )
