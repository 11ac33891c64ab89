import {readdirSync} from 'node:fs'
import {dirname, join} from 'node:path'
import type {Check} from '../check.js'
import type {Facts} from '../facts.js'
import {ok, warn} from '../findings.js'

/** The SQL files of the nearest `db/migrations`, looked for like `db/schema.sql`. */
function migrationsFrom(folder: string): string[] {
  const parent = dirname(folder)
  try {
    return readdirSync(join(folder, 'db', 'migrations')).filter((name) => name.endsWith('.sql'))
  } catch {
    return parent === folder ? [] : migrationsFrom(parent)
  }
}

export const migrationsCheck: Check<Facts> = {
  name: 'migrations',
  layer: 'contents',
  needs: ['database'],
  run: async ({cwd}) => {
    const {length} = migrationsFrom(cwd)
    if (length === 0) return ok('there are no files in db/migrations')
    return warn(
      `db/migrations holds ${length === 1 ? 'a file' : `${length} files`}, which this version does not run`,
      'run them by hand, in their order: cruddur-db schema-load --schema-file FILE',
    )
  },
}
