import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {createDatabase} from '../databases.js'
import {readWhereabouts} from '../identity.js'
import {carryOver} from '../properties/carry-over.js'
import {creationClause, creationError} from '../properties/creation.js'
import {type DatabaseProperties, readProperties} from '../properties/properties.js'
import {BORN_MARKED, markBuilt} from './leftovers.js'

/** However unlikely: a database of the random name is somebody's. */
export function nameTaken(name: string): CruddurError {
  return new CruddurError('DATABASE_EXISTS', `there is a database "${name}" already`, {
    hint: 'run setup again, which takes another name',
  })
}

/**
 * CREATE DATABASE like the old one, if there is one.
 *
 * @returns false when there is a database of that name, which is not ours then
 */
export async function createLike(
  client: pg.Client,
  name: string,
  old: DatabaseProperties | undefined,
): Promise<boolean> {
  if (!old) {
    const template = client.database === 'template1' ? ' TEMPLATE template0' : ''
    return createDatabase(client, name, template + BORN_MARKED)
  }
  const copied = client.database === 'template1' ? 'template0' : 'template1'
  const clause = creationClause(old, await readProperties(client, copied))
  return createDatabase(client, name, clause + BORN_MARKED).catch((error: unknown) => {
    throw creationError(error, old) ?? error
  })
}

/**
 * Marks the new database as setup's own, and gives it what of the old one takes part in how it is loaded.
 *
 * @returns its oid
 */
export async function prepare(
  client: pg.Client,
  name: string,
  old: DatabaseProperties | undefined,
): Promise<number> {
  await client.query(markBuilt(name))
  if (old) await carryOver(client, old, name)
  const {oid} = await readWhereabouts(client, name)
  if (oid !== null) return oid
  throw new CruddurError('TARGET_CHANGED', `"${name}" was dropped in the meantime`, {
    hint: 'run setup again',
  })
}
