import {mkdir, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {CruddurError} from '../error.js'
import {shownName} from '../sql/file.js'
import {shellWord} from '../target/text.js'
import {whileClaimed} from './claim.js'
import {listMigrations, schemaHome} from './folder.js'
import {LARGEST} from './number.js'

export interface NewMigration {
  /** As shown to the user. */
  file: string
  version: bigint
  name: string
}

/** Digits of a number, unless the folder has longer ones. */
const DIGITS = 4

/** Characters of a name; a file's may be 255 bytes long. */
const LONGEST = 200

const TEMPLATE = `-- migrate:up
-- What cannot run in a transaction, such as CREATE INDEX CONCURRENTLY, needs: migrate:up transaction:false


-- migrate:down

`

/**
 * Makes the file of a new migration, with the next free number, in the folder that `readMigrations` reads. Several at a time
 * get different numbers.
 *
 * @param words what it is about: `Add likes!` becomes `add_likes`
 * @throws CruddurError USAGE (exit 2) for words without a letter or digit, or too many; FILE_NOT_FOUND (exit 2) where no folder
 *   from `cwd` upwards has a schema; FILE_NOT_WRITTEN; MIGRATION_NAME and FILE_UNREADABLE for what the folder holds
 */
export async function newMigration(
  words: string,
  {cwd, packageRoot}: {cwd: string; packageRoot: string},
): Promise<NewMigration> {
  const name = nameOf(words)
  const home = schemaHome(cwd)
  if (home === undefined) throw noSchema(cwd, packageRoot)
  const folder = join(home, 'db', 'migrations')
  return await written(shownName(folder, cwd), async () => {
    await mkdir(folder, {recursive: true})
    return await whileClaimed(join(folder, '.migrate-new'), async () => {
      const {number, version} = await nextNumber(folder, cwd)
      const path = join(folder, `${number}_${name}.sql`)
      await writeWhole(path)
      return {file: shownName(path, cwd), version, name}
    })
  })
}

/** A file without its markers would keep all the others from being run. */
async function writeWhole(path: string): Promise<void> {
  try {
    await writeFile(path, TEMPLATE, {flag: 'wx'})
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, {force: true})
    throw error
  }
}

/** Words as a file's name can have them on every system, and be typed. */
export function nameOf(words: string): string {
  const name = words
    .replace(/\.sql$/i, '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
  if (name !== '' && name.length <= LONGEST) return name
  const why = name === '' ? 'has no letter from a to z and no digit' : 'is too long'
  throw new CruddurError('USAGE', `the name of the migration ${why}`, {
    exit: 2,
    hint: 'name it by what it does: cruddur-db migrate-new add_likes',
  })
}

async function nextNumber(folder: string, cwd: string): Promise<{number: string; version: bigint}> {
  const files = await listMigrations(folder, cwd)
  const version = (files.at(-1)?.version ?? 0n) + 1n
  if (version > LARGEST) {
    throw new CruddurError('MIGRATION_NAME', `there is no number above ${LARGEST}`, {
      hint: 'give the last migration a smaller one',
    })
  }
  const width = Math.max(DIGITS, ...files.map(({digits}) => digits))
  return {number: String(version).padStart(width, '0'), version}
}

function noSchema(cwd: string, packageRoot: string): CruddurError {
  return new CruddurError('FILE_NOT_FOUND', `there is no db/schema.sql in ${cwd} or above it`, {
    exit: 2,
    hint: `change into your project, or begin one with Cruddur's own files: cp -r ${shellWord(join(packageRoot, 'db'))} .`,
  })
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EDQUOT: 'the quota of this user is used up',
  EEXIST: 'a file or a broken link has that name',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is no folder',
  EPERM: 'this user may not',
  EROFS: 'the disk is read-only',
}

async function written<T>(shown: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn()
  } catch (error) {
    if (error instanceof CruddurError) throw error
    const {code = '', message} = error as NodeJS.ErrnoException
    const why = REASONS[code] ?? message
    throw new CruddurError('FILE_NOT_WRITTEN', `no file can be made in ${shown}: ${why}`, {
      hint: 'see that files can be made there, then run it again',
      data: {file: shown},
      cause: error,
    })
  }
}
