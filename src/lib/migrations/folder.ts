import {lstatSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {CruddurError} from '../error.js'
import {shownName} from '../sql/file.js'
import {readMigration} from './file.js'
import type {Migration} from './migration.js'
import {checkDistinct, isMigration, type NumberedFile, numberOf} from './number.js'

export interface MigrationFolder {
  /** As shown to the user; undefined when there is none. */
  readonly path: string | undefined
  /** In the order of their numbers. */
  readonly migrations: readonly Migration[]
  /** Numbers that are left out between two files. */
  readonly warnings: readonly string[]
}

interface Places {
  cwd: string
  /** The folder of this package, with Cruddur's own migrations. */
  packageRoot: string
}

/**
 * Reads all migrations that belong to the schema in use.
 *
 * @throws CruddurError MIGRATION_NAME; FILE_UNREADABLE (exit 2) for a folder that cannot be read; what `readMigration` throws
 */
export async function readMigrations({
  signal,
  ...places
}: Places & {signal?: AbortSignal | undefined}): Promise<MigrationFolder> {
  const {cwd} = places
  const folder = findMigrations(places)
  if (folder === undefined) return {path: undefined, migrations: [], warnings: []}
  const files = await listMigrations(folder, cwd)
  const migrations: Migration[] = []
  for (const file of files) migrations.push(await readMigration(file, {cwd, signal}))
  return {path: shownName(folder, cwd), migrations, warnings: gapsIn(files)}
}

/**
 * Absolute path of the folder whose migrations belong to the schema in use: `db/migrations` of the nearest folder, from `cwd`
 * upwards, that has that or a `db/schema.sql`; this package's where neither is found. Somebody's own schema does not get
 * Cruddur's migrations, nor those of a project around it.
 */
export function findMigrations({cwd, packageRoot}: Places): string | undefined {
  const home = schemaHome(cwd)
  const folder = join(home ?? packageRoot, 'db', 'migrations')
  return exists(folder) ? folder : undefined
}

/** The nearest folder, from `cwd` upwards, that has a `db/schema.sql` or `db/migrations`, whatever these are. */
export function schemaHome(cwd: string): string | undefined {
  const found = ['schema.sql', 'migrations'].some((name) => exists(join(cwd, 'db', name)))
  if (found) return cwd
  const parent = dirname(cwd)
  return parent === cwd ? undefined : schemaHome(parent)
}

/** As for `db/schema.sql` (`findSqlFile`): a broken link is there, and so is what a folder that may not be entered could hold. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, {throwIfNoEntry: false}) !== undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR'
  }
}

/**
 * The migrations in a folder by their names, in the order of their numbers.
 *
 * @throws CruddurError MIGRATION_NAME, FILE_UNREADABLE (exit 2)
 */
export async function listMigrations(folder: string, cwd: string): Promise<NumberedFile[]> {
  const shown = (path: string): string => shownName(path, cwd)
  const names = await readdir(folder).catch((error: unknown) => {
    throw folderError(error, shown(folder))
  })
  const files = names.filter(isMigration).map((name) => {
    const path = join(folder, name)
    return numberOf(path, shown(path))
  })
  files.sort((a, b) => (a.version < b.version ? -1 : Number(a.version > b.version)))
  checkDistinct(files, shown)
  return files
}

function folderError(error: unknown, shown: string): CruddurError {
  const {code, message} = error as NodeJS.ErrnoException
  const why: Readonly<Record<string, string>> = {
    EACCES: 'it may not be read by this user',
    ENOENT: 'it is a link that leads nowhere',
    ENOTDIR: 'it is no folder',
  }
  return new CruddurError(
    'FILE_UNREADABLE',
    `${shown} cannot be read: ${why[code ?? ''] ?? message}`,
    {
      exit: 2,
      hint: 'make it a folder of migrations, or move it away',
      data: {file: shown},
      cause: error,
    },
  )
}

/** Longest gap that is told number by number; dates as numbers leave out nearly all of them. */
const DATED = 1_000_000n

function gapsIn(files: readonly NumberedFile[]): string[] {
  return files.flatMap(({version}, index) => {
    const before = files[index - 1]?.version
    if (before === undefined || version - before === 1n || version - before > DATED) return []
    const [first, last] = [before + 1n, version - 1n]
    return [
      first === last
        ? `there is no migration ${first}`
        : `there are no migrations ${first} to ${last}`,
    ]
  })
}
