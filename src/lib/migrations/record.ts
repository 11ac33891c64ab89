import pg from 'pg'
import {type SqlFile, sqlInMemory} from '../sql/file.js'
import type {Step} from './decide.js'
import {HISTORY} from './history.js'
import type {Migration} from './migration.js'

/** How the record is called where a file is expected. */
export const RECORD_PATH = HISTORY

/** The values that a migration is recorded with, as SQL. */
function valuesOf({version, name, checksum}: Migration): string {
  return [version, pg.escapeLiteral(name), pg.escapeLiteral(checksum)].join(', ')
}

/** Characters that a client_encoding cannot change. */
const ASCII = /^[ -~]*$/

/** The part before it may have become another role, or have named another encoding than the one it is sent in. */
function asOurselves({name}: Migration): string {
  const encoding = ASCII.test(name) ? '' : 'RESET client_encoding; '
  return `${encoding}RESET SESSION AUTHORIZATION; RESET ROLE`
}

/**
 * What makes a part that runs in a transaction known, to be run behind it in the same one: no query may stand before
 * a SET TRANSACTION of the part. Two messages, for the server reads the second in the encoding that the first one sets.
 */
export function recordStatements({direction, migration}: Step): [string, string] {
  const {version} = migration
  const write =
    direction === 'up'
      ? `INSERT INTO ${HISTORY} (version, name, checksum, started_at, finished_at)
VALUES (${valuesOf(migration)}, pg_catalog.now(), pg_catalog.clock_timestamp())`
      : `DELETE FROM ${HISTORY} WHERE version = ${version}`
  return [asOurselves(migration), write]
}

/** The same as a file that is run behind the part's. */
export function recordAfter(step: Step): SqlFile {
  return sqlInMemory(RECORD_PATH, `${recordStatements(step).join(';\n')};\n`)
}

/** What is written down before a part without a transaction, behind it, and in its place when nothing of it was kept. */
export interface Writes {
  before: string
  after: string
  undo: string
}

export function writesAround({direction, migration, record}: Step): Writes {
  const here = `WHERE version = ${migration.version}`
  const remove = `DELETE FROM ${HISTORY} ${here}`
  const finish = `UPDATE ${HISTORY} SET finished_at = pg_catalog.clock_timestamp() ${here}`
  const insert = `INSERT INTO ${HISTORY} (version, name, checksum) VALUES (${valuesOf(migration)})`
  if (direction === 'up') return {before: insert, after: finish, undo: remove}
  const finishedAt = pg.escapeLiteral(record?.finishedAt ?? '')
  return {
    before: `UPDATE ${HISTORY} SET finished_at = NULL ${here}`,
    after: remove,
    undo: `UPDATE ${HISTORY} SET finished_at = ${finishedAt} ${here}`,
  }
}

/** Records a file as applied, as it is now, without running it. */
export function markApplied(migration: Migration): string {
  return `INSERT INTO ${HISTORY} (version, name, checksum, finished_at)
VALUES (${valuesOf(migration)}, pg_catalog.clock_timestamp())
ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, checksum = EXCLUDED.checksum,
  finished_at = coalesce(${HISTORY.split('.')[1]}.finished_at, EXCLUDED.finished_at)`
}

/** Takes the record of a migration away. */
export function markRolledBack(version: bigint): string {
  return `DELETE FROM ${HISTORY} WHERE version = ${version}`
}
