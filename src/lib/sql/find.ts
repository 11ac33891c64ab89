import {lstatSync} from 'node:fs'
import {dirname, join} from 'node:path'

/**
 * Absolute path of `db/NAME`: in the working directory, else in the nearest folder above it, else
 * in this package. Whatever has that name is taken, a broken link or an unreadable file too: to go
 * on to another schema in its place would be worse than the error that reading it gives.
 */
export function findSqlFile(
  name: 'schema.sql' | 'seed.sql',
  options: {cwd: string; packageRoot: string},
): string {
  for (const folder of foldersUp(options.cwd)) {
    const path = join(folder, 'db', name)
    if (exists(path)) return path
  }
  return join(options.packageRoot, 'db', name)
}

function foldersUp(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...foldersUp(parent)]
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, {throwIfNoEntry: false}) !== undefined
  } catch (error) {
    // A folder that may not be entered may hold the file; a file called `db` does not.
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR'
  }
}
