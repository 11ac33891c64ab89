import {basename} from 'node:path'
import {CruddurError} from '../error.js'
import {type CommandLine, plainCommand} from '../target/again.js'
import {HISTORY} from './history.js'
import type {Migration} from './migration.js'
import type {MigrationStatus} from './states.js'

/** As many digits as `migrate-new` gives a number. */
const DIGITS = 4

/** What a migration is called: its file's name without `.sql`, as in `0001_add_likes`. */
export function labelOf(
  known: Pick<MigrationStatus, 'version' | 'name' | 'migration'> | Migration,
): string {
  const path = 'path' in known ? known.path : known.migration?.path
  if (path !== undefined) return basename(path, '.sql')
  const number = String(known.version).padStart(DIGITS, '0')
  return known.name === '' ? number : `${number}_${known.name}`
}

/**
 * The migration that is meant by `0001_add_likes`, `0001_add_likes.sql`, a path to it, `add_likes`, `0001` or `1`.
 *
 * @throws CruddurError MIGRATION_NOT_FOUND (exit 2) when there is none, or more than one
 */
export function findMigration(
  statuses: readonly MigrationStatus[],
  name: string,
  command: CommandLine = plainCommand,
): MigrationStatus {
  const asked = basename(name).replace(/\.sql$/, '')
  const named = statuses.filter((status) => asked !== '' && status.name === asked)
  const exact = statuses.filter((status) => labelOf(status) === asked)
  const byNumber = /^\d+$/.test(asked)
    ? statuses.filter(({version}) => version === BigInt(asked))
    : []
  const found = [exact, byNumber, named].find((some) => some.length > 0) ?? []
  const [only] = found
  if (only && found.length === 1) return only
  const what = only
    ? `"${asked}" is the name of several migrations: ${found.map(labelOf).join(', ')}`
    : `there is no migration "${asked}", neither in db/migrations nor in ${HISTORY}`
  throw new CruddurError('MIGRATION_NOT_FOUND', what, {
    exit: 2,
    hint: only ? 'give its number' : `see what there is: ${command('migrate-status')}`,
  })
}
