import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {together} from '../../pipelining.js'
import {createNew} from '../databases.js'
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

/** The database that a new one is a copy of, unless told. */
export function templateOf(client: pg.Client): string {
  return client.database === 'template1' ? 'template0' : 'template1'
}

interface Likeness {
  /** The old database, if there is one. */
  properties: DatabaseProperties | undefined
  /** {@link templateOf}. */
  copied: DatabaseProperties | undefined
}

/**
 * CREATE DATABASE like the old one, if there is one.
 *
 * @returns false when there is a database of that name, which is not ours then
 */
export async function createLike(
  client: pg.Client,
  name: string,
  {properties: old, copied}: Likeness,
): Promise<boolean> {
  if (!old) {
    const template = client.database === 'template1' ? ' TEMPLATE template0' : ''
    return createNew(client, name, template + BORN_MARKED)
  }
  const clause = creationClause(old, copied)
  return createNew(client, name, clause + BORN_MARKED).catch((error: unknown) => {
    throw creationError(error, old) ?? error
  })
}

/**
 * Marks the new database as setup's own, and gives it what of the old one takes part in how it is loaded. What is asked of it
 * first is sent at once, behind the CREATE DATABASE; where that fails, so does this.
 *
 * @returns its oid
 */
export async function prepare(
  client: pg.Client,
  name: string,
  old: DatabaseProperties | undefined,
): Promise<number> {
  const [, fresh] = await together([client.query(markBuilt(name)), readProperties(client, name)])
  if (old) await carryOver(client, old, fresh, name)
  if (fresh) return fresh.oid
  throw new CruddurError('TARGET_CHANGED', `"${name}" was dropped in the meantime`, {
    hint: 'run setup again',
  })
}
