import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readMigrations} from '../../src/lib/migrations/folder.js'
import type {Migration} from '../../src/lib/migrations/migration.js'

/** A folder with `db/migrations` in it. */
export interface MigrationsFolder {
  path: string
  /** Writes migrations, by the names of their files without `.sql`. */
  write: (files: Record<string, string>) => void
  remove: (name: string) => void
  read: () => Promise<readonly Migration[]>
  close: () => void
}

export function makeMigrationsFolder(files: Record<string, string> = {}): MigrationsFolder {
  const path = mkdtempSync(join(tmpdir(), 'cruddur-db-migrations-'))
  const inside = join(path, 'db', 'migrations')
  mkdirSync(inside, {recursive: true})
  const write: MigrationsFolder['write'] = (given) => {
    for (const [name, sql] of Object.entries(given)) writeFileSync(join(inside, `${name}.sql`), sql)
  }
  write(files)
  return {
    path,
    write,
    remove: (name) => rmSync(join(inside, `${name}.sql`)),
    read: async () => (await readMigrations({cwd: path, packageRoot: path})).migrations,
    close: () => rmSync(path, {recursive: true, force: true}),
  }
}

/** The text of a migration. */
export function migration(up: string, down?: string, options = ''): string {
  const below = down === undefined ? '' : `-- migrate:down${options}\n${down}\n`
  return `-- migrate:up${options}\n${up}\n${below}`
}
