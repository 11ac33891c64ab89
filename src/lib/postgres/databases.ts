import {setTimeout as sleep} from 'node:timers/promises'
import pg from 'pg'
import {CruddurError} from '../error.js'
import {together} from '../pipelining.js'
import {askReadOnly} from '../read-only.js'
import {isServerError, type ServerError} from '../server-error.js'
import {readOnlyError} from './connection/errors.js'
import {invalidDatabase} from './connection/login-errors.js'
import {createError} from './create-errors.js'
import {endStatement} from './endable.js'
import {databaseInUse, refuseInUse, refuseUnendable} from './sessions.js'

/** A database's name as SQL. */
export function identifier(name: string): string {
  return pg.escapeIdentifier(name)
}

export async function databaseExists(client: pg.Client, name: string): Promise<boolean> {
  const {rowCount} = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
  return rowCount === 1
}

/**
 * CREATE DATABASE copies template1, which must then have no other session; from a maintenance
 * connection to template1 itself only template0 can be copied (55006, measured on 15.18).
 */
function createStatement(client: pg.Client, name: string, clause: string): string {
  const template = client.database === 'template1' ? ' TEMPLATE template0' : ''
  return `CREATE DATABASE ${identifier(name)}${clause || template}`
}

/** A second create at the same moment fails with 23505 on pg_database's index, never with 42P04 (measured: 6 of 6). */
function existsAlready(error: ServerError): boolean {
  return error.code === '42P04' || error.code === '23505'
}

interface Found {
  template: boolean
  /** Left by a DROP that was killed half way (datconnlimit -2): only to be dropped. */
  invalid: boolean
  owner: string
  /** Whether this role may do what takes an owner. */
  owned: boolean
}

const FIND = `SELECT datconnlimit = -2 AS invalid, datistemplate AS template, pg_get_userbyid(datdba) AS owner,
  pg_has_role(datdba, 'USAGE') AS owned FROM pg_database WHERE datname = $1`

async function find(client: pg.Client, name: string): Promise<Found | undefined> {
  const {rows} = await client.query<Found>(FIND, [name])
  return rows[0]
}

/**
 * Creates the database.
 *
 * @param clause options of CREATE DATABASE, with a leading blank and the template to copy; they take the place of ours
 * @returns false when it was there already
 * @throws CruddurError NO_RIGHTS, READ_ONLY, TEMPLATE_IN_USE with the sessions; DATABASE_INVALID for one that is there but
 *   half dropped
 */
export async function createDatabase(
  client: pg.Client,
  name: string,
  clause = '',
): Promise<boolean> {
  const found = await find(client, name)
  if (found?.invalid) throw invalidDatabase(name)
  return found ? false : createNew(client, name, clause)
}

/** The same for a name that is known to be free: in one round trip. */
export async function createNew(client: pg.Client, name: string, clause: string): Promise<boolean> {
  try {
    await client.query(createStatement(client, name, clause))
    return true
  } catch (error) {
    if (!isServerError(error)) throw error
    if (existsAlready(error)) return false
    throw await createError(client, clause, error)
  }
}

export function dropStatement(name: string, force: boolean): string {
  return `DROP DATABASE ${identifier(name)}${force ? ' WITH (FORCE)' : ''}`
}

/** TEMPLATE_DATABASE: PostgreSQL does not drop one, and a setup that renames it away would leave others without it. */
export function templateDatabase(name: string, untouched: string): CruddurError {
  return new CruddurError(
    'TEMPLATE_DATABASE',
    `"${name}" is a template for new databases; ${untouched}`,
    {
      hint: `name another database in the URL, or have one run: ALTER DATABASE ${identifier(name)} IS_TEMPLATE false`,
    },
  )
}

/** What a refusal of a drop assures. */
const UNTOUCHED = 'nothing was dropped'

/**
 * Drops the database. Who uses it is looked at first, and so is whether they can be ended: the server would first wait five
 * seconds, and names nobody.
 *
 * @param options.force ends the sessions in one statement (PostgreSQL 13 or newer), which wins against
 * a pool that reconnects where terminate-then-drop loses (lerd-env/lerd #1140)
 * @param options.verify called right before the DROP, after the looks; what it throws ends the act
 * @returns false when there was no such database
 * @throws CruddurError DATABASE_IN_USE with the sessions, NO_RIGHTS, READ_ONLY; nothing is dropped
 */
export async function dropDatabase(
  client: pg.Client,
  name: string,
  options: {
    force: boolean
    verify?: () => Promise<unknown>
    onNote?: (note: string) => void
  },
): Promise<boolean> {
  const looking = find(client, name)
  const refusing = (options.force ? refuseUnendable : refuseInUse)(client, name, UNTOUCHED)
  // Awaited below, unless there is worse.
  refusing.catch(() => {})
  const found = await looking
  if (!found) {
    // Another server may answer now, which has none of that name.
    await options.verify?.()
    return false
  }
  if (!found.owned) throw notOwned(name, found)
  if (found.template) throw templateDatabase(name, UNTOUCHED)
  await refusing
  const drop = (force: boolean): Promise<void> =>
    dropUnlocked(client, name, dropStatement(name, force), options.verify)
  try {
    await (options.force ? dropByForce(client, name, drop) : drop(false))
    return true
  } catch (error) {
    if (!isServerError(error)) throw error
    if (error.code === '57014' && (await isHalfDropped(client, name))) {
      const half = invalidDatabase(name)
      // An interrupt's own error takes the place of this one.
      options.onNote?.(`${half.message}; ${half.details.hint}`)
      throw half
    }
    if (error.code === '3D000') return false
    if (error.code === '25006') throw readOnlyError(error, await askReadOnly(client, error.message))
    throw error.code === '55006' ? await databaseInUse(client, name, UNTOUCHED, error) : error
  }
}

/** A DROP that waits for a lock drops whatever has the name afterwards: another database, if the lock was a rename's. */
const LOCK_MS = 5
const LOCKED_TRIES = 50
const LOCKED_PAUSE_MS = 100

/** Who renames or drops a database has this lock on it until that is committed. */
const LOCKED = `SELECT FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_database'::regclass
  AND mode = 'AccessExclusiveLock' AND objid = (SELECT oid FROM pg_database WHERE datname = $1)`

/** Verifies and drops, again and again while somebody is at work on the database, for about 5 s; never behind a lock. */
async function dropUnlocked(
  client: pg.Client,
  name: string,
  statement: string,
  verify: (() => Promise<unknown>) | undefined,
): Promise<void> {
  const limiting = client.query<{was: string}>(`SELECT current_setting('lock_timeout') AS was,
    set_config('lock_timeout', '${LOCK_MS}ms', false)`)
  try {
    for (let tries = 0; tries < LOCKED_TRIES; tries++) {
      const [, {rowCount}] = await together([limiting, client.query(LOCKED, [name]), verify?.()])
      if (rowCount === 0 && (await droppedAtOnce(client, statement))) return
      await sleep(LOCKED_PAUSE_MS)
    }
    throw busy(name)
  } finally {
    const {rows} = await limiting
    // Nothing waits for it: whatever is sent on this connection comes behind it.
    client
      .query(`SELECT set_config('lock_timeout', $1, false)`, [rows[0]?.was ?? '0'])
      .catch(() => {})
  }
}

/** @returns false when somebody has got a lock on the database since it was looked at */
async function droppedAtOnce(client: pg.Client, statement: string): Promise<boolean> {
  try {
    await client.query(statement)
    return true
  } catch (error) {
    if (isServerError(error) && error.code === '55P03') return false
    throw error
  }
}

/** A DROP that is cancelled half way has destroyed the database all the same (from 15.4 on it is marked). */
async function isHalfDropped(client: pg.Client, name: string): Promise<boolean> {
  return (await find(client, name).catch(() => undefined))?.invalid ?? false
}

const FORCED_TRIES = 3

/**
 * `WITH (FORCE)` fails on an autovacuum worker, which belongs to no role, for a role without pg_signal_backend (42501,
 * measured on 15.18 and 18.4), where a DROP without it ends that worker.
 */
async function dropByForce(
  client: pg.Client,
  name: string,
  drop: (force: boolean) => Promise<void>,
): Promise<void> {
  for (let left = FORCED_TRIES; ; left--) {
    try {
      return await drop(true)
    } catch (error) {
      if (left === 0 || !isServerError(error) || error.code !== '42501') throw error
    }
    await refuseUnendable(client, name, UNTOUCHED)
    await client.query(endStatement(pg.escapeLiteral(name)))
    try {
      return await drop(false)
    } catch (error) {
      if (!isServerError(error) || error.code !== '55006') throw error
    }
  }
}

function busy(name: string): CruddurError {
  return new CruddurError(
    'DATABASE_LOCKED',
    `somebody is renaming or dropping the database "${name}"; ${UNTOUCHED}`,
    {
      sqlstate: '55P03',
      hint: 'look who, cruddur-db sessions --long, and try again',
    },
  )
}

function notOwned(name: string, {owner}: Found): CruddurError {
  return new CruddurError(
    'NO_RIGHTS',
    `the database "${name}" belongs to "${owner}"; ${UNTOUCHED}`,
    {
      sqlstate: '42501',
      hint: `log in as "${owner}", or as a role that has its privileges`,
    },
  )
}
