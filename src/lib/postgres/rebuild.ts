import type pg from 'pg'
import {CruddurError} from '../error.js'
import {type Target, withDatabase} from '../target/target.js'
import {type ConnectOptions, withMaintenanceClient} from './connect.js'
import {createDatabase, databaseExists, identifier} from './databases.js'
import {datedName, isTemporaryName, temporaryName} from './names.js'
import {refuseInUse, sessionsIn} from './sessions.js'
import {swapDatabases} from './swap.js'

export interface RebuildOptions extends ConnectOptions {
  /** Loads the new database, which it is given as a target, and ends every connection to it. */
  fill: (target: Target) => Promise<void>
  /** End sessions in the old database instead of refusing. */
  force: boolean
  /** Keep the old database under a dated name. */
  keepPrevious: boolean
  /** Wraps each step, for timing and progress: `create`, `swap`, `drop-previous`. */
  step: <R>(name: string, run: () => Promise<R>) => Promise<R>
  /** Told what was found or left behind and why. */
  onNote: (note: string) => void
}

export interface RebuildResult {
  /** True when there was a database before. */
  replaced: boolean
  /** Name under which the old database still exists. */
  previous: string | null
}

/** First key of the advisory lock: 'crud' in ASCII. The second is a hash of the database's name. */
const LOCK_CLASS = 0x63_72_75_64

/** Lets one setup of a database run at a time; the lock ends with the connection, however that ends. */
async function lock(client: pg.Client, database: string): Promise<void> {
  const {rows} = await client.query<{locked: boolean}>(
    'SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked',
    [LOCK_CLASS, database],
  )
  if (rows[0]?.locked) return
  throw new CruddurError('SETUP_RUNNING', `another setup of "${database}" is running`, {
    hint: 'wait until it ends, then try again',
  })
}

const REPLACEABLE = `SELECT pg_has_role(datdba, 'USAGE') AS owned, datistemplate AS template
FROM pg_database WHERE datname = $1`

/**
 * Looks at the old database before anything is built: what would make the swap fail is said now.
 *
 * @returns whether there is one
 */
async function checkReplaceable(
  client: pg.Client,
  database: string,
  force: boolean,
): Promise<boolean> {
  const {rows} = await client.query<{owned: boolean; template: boolean}>(REPLACEABLE, [database])
  const found = rows[0]
  if (!found) return false
  if (found.template) {
    throw new CruddurError('TEMPLATE_DATABASE', `"${database}" is a template for new databases`, {
      hint: 'name another database in the URL',
    })
  }
  if (!found.owned) {
    throw new CruddurError('NO_RIGHTS', `"${database}" belongs to another role`, {
      sqlstate: '42501',
      hint: 'log in as its owner',
    })
  }
  if (!force) await refuseInUse(client, database, 'nothing was changed')
  return true
}

/** Removes what killed setups of this database left; called under the lock, so no other setup owns it. */
async function removeLeftovers(
  client: pg.Client,
  database: string,
  onNote: (note: string) => void,
): Promise<void> {
  const {rows} = await client.query<{datname: string}>('SELECT datname FROM pg_database')
  for (const {datname} of rows.filter((row) => isTemporaryName(row.datname, database))) {
    if ((await sessionsIn(client, datname)).length > 0) {
      onNote(`an unfinished setup left "${datname}", which is in use and was not removed`)
      continue
    }
    await client.query(`DROP DATABASE IF EXISTS ${identifier(datname)}`)
    onNote(`removed "${datname}", left by an unfinished setup`)
  }
}

/** Drops a database we made, whatever state we are in: on a connection of its own that nothing aborts. */
async function discard(
  target: Target,
  name: string,
  onNote: (note: string) => void,
): Promise<boolean> {
  try {
    await withMaintenanceClient(target, (client) =>
      client.query(`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`),
    )
    return true
  } catch (error) {
    onNote(`"${name}" could not be removed (${(error as Error).message}); the next setup will`)
    return false
  }
}

async function unusedDatedName(client: pg.Client, database: string): Promise<string> {
  const now = Date.now()
  for (let second = 0; ; second++) {
    const name = datedName(database, new Date(now + second * 1000))
    if (!(await databaseExists(client, name))) return name
  }
}

/**
 * Builds the target's database anew beside the old one and puts it in its place in one step. Until
 * that step the old one is untouched and in use; whatever fails before it leaves the old one as it was.
 *
 * @throws CruddurError SETUP_RUNNING, DATABASE_IN_USE, NO_RIGHTS, TEMPLATE_DATABASE; what `fill` threw; the signal's reason
 */
export async function rebuildDatabase(
  target: Target,
  options: RebuildOptions,
): Promise<RebuildResult> {
  const {force, step, onNote} = options
  const {database} = target
  const run = async (client: pg.Client): Promise<RebuildResult> => {
    await lock(client, database)
    const replaced = await checkReplaceable(client, database, force)
    await removeLeftovers(client, database, onNote)
    const built = temporaryName(database, 'new')
    const old = options.keepPrevious
      ? await unusedDatedName(client, database)
      : temporaryName(database, 'old')
    try {
      await step('create', () => createDatabase(client, built))
      await options.fill(withDatabase(target, built))
      options.signal?.throwIfAborted()
      const names = {current: replaced ? database : undefined, old, built, database}
      await step('swap', () => swapDatabases(target, client, names, {force}))
    } catch (error) {
      await discard(target, built, onNote)
      throw error
    }
    if (!replaced) return {replaced, previous: null}
    if (options.keepPrevious) return {replaced, previous: old}
    const dropped = await step('drop-previous', () => discard(target, old, onNote))
    return {replaced, previous: dropped ? null : old}
  }
  return withMaintenanceClient(target, run, options)
}
