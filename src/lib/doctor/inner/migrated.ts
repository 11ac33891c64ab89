import {CruddurError} from '../../error.js'
import {type MigrationFolder, readMigrations} from '../../migrations/folder.js'
import {readHistory} from '../../migrations/history.js'
import type {Migration} from '../../migrations/migration.js'
import {scriptOf} from '../../migrations/part.js'
import {type MigrationStatus, statesOf} from '../../migrations/states.js'
import {isServerError} from '../../server-error.js'
import type {Script} from '../../sql/script.js'
import type {Facts} from '../facts.js'
import {databaseOf, targetOf} from './known.js'

/** The files of `db/migrations`, and what the database knows of them. */
export interface Migrated {
  folder: MigrationFolder
  /** Whether `migrate` has been used there. */
  used: boolean
  statuses: MigrationStatus[]
}

/**
 * Compares the files with the history in the database.
 *
 * @throws CruddurError as `readMigrations` and `readHistory`; an error of the server, as it came
 */
export async function lookAtMigrations(facts: Facts, signal: AbortSignal): Promise<Migrated> {
  const folder = await readMigrations({...facts, signal})
  const {exists, records} = await readHistory(databaseOf(facts))
  return {folder, used: exists, statuses: statesOf(folder.migrations, records)}
}

/** What the migrations that have run make of a schema. */
export interface Applied {
  /** The up parts, in order, of those that there are files of. */
  scripts: Script[]
  /** Whether these are all that have run. */
  complete: boolean
}

/**
 * The up parts of what has run: what they make belongs to the schema too. What cannot be told is for the check `migrations` to
 * say.
 */
export async function appliedScripts(facts: Facts, signal: AbortSignal): Promise<Applied> {
  try {
    const {exists, records} = await readHistory(databaseOf(facts))
    if (!exists || records.length === 0) return {scripts: [], complete: true}
    const {migrations} = await readMigrations({...facts, signal})
    return await scriptsOf(statesOf(migrations, records), facts, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CruddurError) && !isServerError(error)) throw error
    // Somebody else's table of that name says nothing of migrations.
    const foreign = error instanceof CruddurError && error.code === 'HISTORY_INVALID'
    return {scripts: [], complete: foreign}
  }
}

async function scriptsOf(
  statuses: readonly MigrationStatus[],
  facts: Facts,
  signal: AbortSignal,
): Promise<Applied> {
  const {cwd} = facts
  const {database} = targetOf(facts)
  const applied = statuses.filter(({state}) => state === 'applied' || state === 'changed')
  const files = applied.flatMap(({migration}): Migration[] => (migration ? [migration] : []))
  const scripts: Script[] = []
  for (const {up} of files) scripts.push(await scriptOf(up, {database, cwd, signal}))
  const complete = statuses.every(({state}) => state === 'applied' || state === 'pending')
  return {scripts, complete}
}
