import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {isConnectionError} from '../../server-error.js'
import {type Target, withDatabase} from '../../target/target.js'
import {type ConnectOptions, pinned, withMaintenanceClient} from '../connection/connect.js'
import {refusePooled} from '../connection/pooler.js'
import {processIdOf} from '../connection/process-id.js'
import {databaseExists, templateDatabase} from '../databases.js'
import type {Identity, Verify} from '../identity.js'
import {finishStatements} from '../properties/carry-over.js'
import {carryOverError} from '../properties/change.js'
import {type DatabaseProperties, readProperties} from '../properties/properties.js'
import {refuseInUse, refuseUnendable} from '../sessions.js'
import {createLike, nameTaken, prepare} from './build.js'
import {discard} from './discard.js'
import {removeLeftovers} from './leftovers.js'
import {datedName, temporaryName} from './names.js'
import {swapDatabases} from './swap.js'

export interface RebuildOptions extends ConnectOptions {
  /** Loads the new database, which it is given as a target, and ends every connection to it. */
  fill: (target: Target) => Promise<void>
  /** End sessions in the old database instead of refusing. */
  force: boolean
  /** Keep the old database under a dated name. */
  keepPrevious: boolean
  /** Makes sure, before anything is done, that the connection leads where the user was told. */
  verify: Verify
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

/** While the files are loaded the connection with the lock is idle; and no clock may end a DROP half way. */
const PATIENT = `SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN
  ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'transaction_timeout')`

/** First key of the advisory lock: 'crud' in ASCII. The second is a hash of the database's name. */
const LOCK_CLASS = 0x63_72_75_64

const LOCK = `SELECT pg_backend_pid() AS pid, CASE WHEN $3::int IS NULL OR pg_backend_pid() = $3
  THEN pg_try_advisory_lock($1, hashtext($2)) END AS locked`

/** Advisory locks are each database's own; a setup that works from the other maintenance database has one there. */
const ELSEWHERE = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
  AND classid::bigint = $1 AND objid::bigint = hashtext($2)::bigint & 4294967295 AND objsubid = 2`

/**
 * Lets one setup of a database run at a time; the lock ends with the connection, however that ends. A pooler
 * that shares its sessions must not be given one to keep.
 */
async function lock(
  client: pg.Client,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<void> {
  const {database} = target
  const tryLock = async (pid: number | null) => {
    const values = [LOCK_CLASS, database, pid]
    return (await client.query<{pid: number; locked: boolean | null}>(LOCK, values)).rows[0]
  }
  const first = await tryLock(processIdOf(client))
  if (first?.locked === null)
    await refusePooled(client, target, 'setup', {signal, backendPid: first.pid})
  const result = first?.locked === null ? await tryLock(null) : first
  const elsewhere = result?.locked && (await client.query(ELSEWHERE, [LOCK_CLASS, database]))
  if (elsewhere && elsewhere.rowCount === 0) return
  throw new CruddurError('SETUP_RUNNING', `another setup of "${database}" is running`, {
    hint: 'wait until it ends, then try again',
  })
}

const REPLACEABLE = `SELECT pg_has_role(datdba, 'USAGE') AS owned, datistemplate AS template
FROM pg_database WHERE datname = $1`

/** Looks at the old database before anything is built: what would make the swap fail is said now. */
async function checkReplaceable(
  client: pg.Client,
  database: string,
  force: boolean,
): Promise<void> {
  const {rows} = await client.query<{owned: boolean; template: boolean}>(REPLACEABLE, [database])
  const {owned = true, template = false} = rows[0] ?? {}
  if (template) throw templateDatabase(database, 'nothing was changed')
  if (!owned) {
    throw new CruddurError('NO_RIGHTS', `"${database}" belongs to another role`, {
      sqlstate: '42501',
      hint: 'log in as its owner',
    })
  }
  if (force) await refuseUnendable(client, database, 'nothing was changed', {idleToo: true})
  else await refuseInUse(client, database, 'nothing was changed')
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
 * What belongs to the database itself (owner, grants, settings, comment, …) comes along.
 *
 * @throws CruddurError SETUP_RUNNING, DATABASE_IN_USE, NO_RIGHTS, TEMPLATE_DATABASE, TARGET_CHANGED, POOLED_CONNECTION;
 *   what `fill` threw; the signal's reason
 */
export async function rebuildDatabase(
  target: Target,
  options: RebuildOptions,
): Promise<RebuildResult> {
  return withMaintenanceClient(target, (client) => rebuildWith(target, client, options), options)
}

async function rebuildWith(
  anyHost: Target,
  client: pg.Client,
  options: RebuildOptions,
): Promise<RebuildResult> {
  const {force, keepPrevious, onNote, signal, step} = options
  const target = pinned(anyHost, client)
  const {database} = target
  await lock(client, target, signal)
  await client.query(PATIENT)
  const current = await options.verify(client)
  const replaced = current.oid !== null
  if (replaced) await checkReplaceable(client, database, force)
  const properties = await readProperties(client, database)
  await removeLeftovers(client, database, options)
  const old = keepPrevious
    ? await unusedDatedName(client, database)
    : temporaryName(database, 'old')
  await buildAndSwap(target, client, {current, properties, old}, options)
  if (!replaced) return {replaced, previous: null}
  if (keepPrevious) return {replaced, previous: old}
  const dropped = await step('drop-previous', () => discard(target, client, old, {signal, onNote}))
  return {replaced, previous: dropped ? null : old}
}

/** The database to be replaced, if there is one. */
interface Old {
  current: Identity
  properties: DatabaseProperties | undefined
  /** The name it gets. */
  old: string
}

async function buildAndSwap(
  target: Target,
  client: pg.Client,
  {current, properties, old}: Old,
  {fill, force, keepPrevious, onNote, signal, step}: RebuildOptions,
): Promise<void> {
  const {database} = target
  const name = temporaryName(database, 'new')
  let ours = true
  try {
    ours = await step('create', () => createLike(client, name, properties)).catch(
      (error: unknown) => {
        // What the server has refused is not there; what its answer was lost of may be.
        ours = !(error instanceof CruddurError) && isConnectionError(error)
        throw error
      },
    )
    if (!ours) throw nameTaken(name)
    const built = {name, oid: await prepare(client, name, properties)}
    await fill(withDatabase(target, name))
    signal?.throwIfAborted()
    await step('swap', async () => {
      const finish = properties ? await finishOf(client, properties) : []
      const swap = {database, current, old, keep: keepPrevious, built, finish}
      await swapDatabases(target, client, swap, {force, signal}).catch((error: unknown) => {
        throw (properties && finish.length > 0 && carryOverError(error, properties)) || error
      })
    })
  } catch (error) {
    // Not known is whether it swapped; what the command fails with is the signal's reason alone.
    if (signal?.aborted && error instanceof CruddurError && error.code === 'CONNECTION_LOST')
      onNote(error.message)
    if (ours) await discard(target, client, name, {signal, reason: error, onNote})
    throw error
  }
}

/** Read again, so that what is changed while the new database is built is not lost. */
async function finishOf(client: pg.Client, before: DatabaseProperties): Promise<string[]> {
  const {name} = before
  const now = await readProperties(client, name)
  // Where it has gone or was replaced, the swap itself will say so.
  return now ? finishStatements(before, now, name) : []
}
