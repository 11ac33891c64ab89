import {basename} from 'node:path'
import {CruddurError} from '../error.js'
import {STEERING} from '../target/text.js'

/** A file of `db/migrations` by its name: `0001_words_of_it.sql`. */
export interface NumberedFile {
  /** Absolute. */
  path: string
  version: bigint
  name: string
  /** How many digits its number is written with. */
  digits: number
}

/** The largest number that the table's `bigint` holds. */
export const LARGEST = 2n ** 63n - 1n

const NAME = /^(\d+)[_-]*(.*)\.sql$/s

/** Hidden files, such as Emacs' locks `.#0001_x.sql`, are no migrations, and neither is what does not end in `.sql`. */
export function isMigration(fileName: string): boolean {
  return !fileName.startsWith('.') && /\.sql$/i.test(fileName)
}

/**
 * Reads a file's name.
 *
 * @param path absolute
 * @param shown as the user knows the file
 * @throws CruddurError MIGRATION_NAME for one without a number, without words, with a character that nobody could type, or
 *   with a number that is too large
 */
export function numberOf(path: string, shown: string): NumberedFile {
  const [, digits, name = ''] = NAME.exec(basename(path)) ?? []
  if (!path.endsWith('.sql')) throw misnamed(shown, 'does not end with .sql in small letters')
  if (digits === undefined) throw misnamed(shown, 'does not begin with a number')
  if (name === '') throw misnamed(shown, 'has a number and no words')
  if (name.search(STEERING) >= 0) throw misnamed(shown, 'has a character that cannot be seen')
  const version = BigInt(digits)
  if (version > LARGEST) throw misnamed(shown, `has a number above ${LARGEST}`)
  return {path, version, name, digits: digits.length}
}

function misnamed(shown: string, what: string): CruddurError {
  return new CruddurError('MIGRATION_NAME', `the name of ${shown} ${what}`, {
    hint: 'call it like 0001_words_of_it.sql, or move it out of the folder',
    data: {file: shown},
  })
}

/** @throws CruddurError MIGRATION_NAME when two files have one number */
export function checkDistinct(
  files: readonly NumberedFile[],
  shownOf: (path: string) => string,
): void {
  for (const [index, {path, version}] of files.entries()) {
    const twin = files[index - 1]
    if (twin?.version !== version) continue
    const both = [shownOf(twin.path), shownOf(path)]
    throw new CruddurError('MIGRATION_NAME', `${both.join(' and ')} have one number, ${version}`, {
      hint: 'give the one that has run nowhere yet the next free number',
      data: {files: both},
    })
  }
}
