import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {together} from '../../pipelining.js'
import {isConnectionError} from '../../server-error.js'
import {type Target, withDatabase} from '../../target/target.js'
import {type ConnectOptions, pinned, withMaintenanceClient} from '../connection/connect.js'
import {beginEarly, type EarlyLogin} from '../connection/early.js'
import {refusePooled} from '../connection/pooler.js'
import {processIdOf} from '../connection/process-id.js'
import {templateDatabase} from '../databases.js'
import type {Identity, Verify} from '../identity.js'
import {type DatabaseProperties, readAllProperties} from '../properties/properties.js'
import {refuseInUse, refuseUnendable} from '../sessions.js'
import {createLike, nameTaken, prepare, templateOf} from './build.js'
import {discard} from './discard.js'
import {type Leftover, leftoversOf, listDatabases, removeLeftovers} from './leftovers.js'
import {datedName, temporaryName} from './names.js'
import {type Swapped, swapDatabases} from './swap.js'

/** How the new database is reached. */
export interface Way {
  /** Whether no pooler is in between. */
  direct: boolean
  /** A connection to it that was begun before, if it came about. */
  opened: Promise<pg.Client | undefined> | undefined
}

export interface RebuildOptions extends ConnectOptions {
  /** Awaited before anything is asked of the server: it is connected to meanwhile. */
  ready: Promise<unknown>
  /** Loads the new database, which it is given as a target, and ends every connection to it. */
  fill: (target: Target, way: Way) => Promise<void>
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

/**
 * While the files are loaded the connection with the lock is idle; and no clock may end a DROP half way. A pooler's session
 * is not ours to change: $1 is the process that the connection was told of.
 */
const PATIENT = `SELECT set_config(name, '0', false) FROM pg_settings WHERE pg_backend_pid() = $1 AND name IN
  ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'transaction_timeout')`

/** First key of the advisory lock: 'crud' in ASCII. The second is a hash of the database's name. */
const LOCK_CLASS = 0x63_72_75_64

const LOCK = `SELECT pg_backend_pid() AS pid, CASE WHEN pg_backend_pid() = $3
  THEN pg_try_advisory_lock($1, hashtext($2)) END AS locked`

/** Advisory locks are each database's own; a setup that works from the other maintenance database has one there. */
const ELSEWHERE = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
  AND classid::bigint = $1 AND objid::bigint = hashtext($2)::bigint & 4294967295 AND objsubid = 2`

/**
 * Lets one setup of a database run at a time; the lock ends with the connection, however that ends. A pooler
 * that shares its sessions must not be given one to keep.
 *
 * @param pid the process that is to have the lock; no other one takes it
 * @returns `locked`: null when another process, `served`, serves the connection
 */
async function tryLock(
  client: pg.Client,
  database: string,
  pid: number | null,
): Promise<{locked: boolean | null; served: number}> {
  const [{rows}, elsewhere] = await together([
    client.query<{pid: number; locked: boolean | null}>(LOCK, [LOCK_CLASS, database, pid]),
    client.query(ELSEWHERE, [LOCK_CLASS, database]),
  ])
  const {locked, pid: served} = rows[0] ?? {locked: false, pid: 0}
  return {locked: locked && elsewhere.rowCount === 0, served}
}

function setupRunning(database: string): CruddurError {
  return new CruddurError('SETUP_RUNNING', `another setup of "${database}" is running`, {
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
  const looking = client.query<{owned: boolean; template: boolean}>(REPLACEABLE, [database])
  const refusing = force
    ? refuseUnendable(client, database, 'nothing was changed', {idleToo: true})
    : refuseInUse(client, database, 'nothing was changed')
  // Awaited below, unless there is worse.
  refusing.catch(() => {})
  const {owned = true, template = false} = (await looking).rows[0] ?? {}
  if (template) throw templateDatabase(database, 'nothing was changed')
  if (!owned) {
    throw new CruddurError('NO_RIGHTS', `"${database}" belongs to another role`, {
      sqlstate: '42501',
      hint: 'log in as its owner',
    })
  }
  await refusing
}

/** What there is, under setup's lock. */
interface Found {
  current: Identity
  properties: DatabaseProperties | undefined
  /** Of the database that a new one is a copy of. */
  copied: DatabaseProperties | undefined
  databases: Leftover[]
}

/**
 * Takes the lock and looks, in one round trip.
 *
 * @returns also whether no pooler is in between
 * @throws CruddurError SETUP_RUNNING, POOLED_CONNECTION, and what the looks find
 */
async function lockAndLook(
  client: pg.Client,
  target: Target,
  {force, signal, verify}: RebuildOptions,
): Promise<Found & {direct: boolean}> {
  const {database} = target
  const look = async (pid: number | null): Promise<Found> => {
    const template = templateOf(client)
    const [, current, , known, databases] = await together([
      client.query(PATIENT, [pid]),
      verify(client),
      checkReplaceable(client, database, force),
      readAllProperties(client, [database, template]),
      listDatabases(client),
    ])
    return {current, properties: known.get(database), copied: known.get(template), databases}
  }
  const told = processIdOf(client)
  const locking = tryLock(client, database, told)
  const looking = look(told)
  // Awaited behind the lock, which comes first.
  looking.catch(() => {})
  const {locked, served} = await locking
  if (locked === false) throw setupRunning(database)
  if (locked) return {...(await looking), direct: true}
  await refusePooled(client, target, 'setup', {signal, backendPid: served})
  const again = await tryLock(client, database, served)
  if (!again.locked) throw setupRunning(database)
  return {...(await look(served)), direct: false}
}

function unusedDatedName(database: string, databases: readonly Leftover[]): string {
  const now = Date.now()
  for (let second = 0; ; second++) {
    const name = datedName(database, new Date(now + second * 1000))
    if (!databases.some((other) => other.name === name)) return name
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
  given: RebuildOptions,
): Promise<RebuildResult> {
  const options = {...given, onNotice: withoutGone(given.onNotice)}
  const name = temporaryName(target.database, 'new')
  const early = beginEarly(target, name, options.signal)
  const rebuild = async (client: pg.Client): Promise<RebuildResult> => {
    await options.ready
    early?.introduce(client)
    return rebuildWith(target, client, {name, early}, options)
  }
  try {
    return await withMaintenanceClient(target, rebuild, {...options, leaves: () => true})
  } finally {
    early?.abandon()
  }
}

/** What the server says of a session that went before it could be ended: it is gone, which is all that was wanted. */
const GONE = /^PID \d+ is not a PostgreSQL (?:backend|server) process$/

function withoutGone(onNotice: RebuildOptions['onNotice']): RebuildOptions['onNotice'] {
  return (severity, message) => {
    if (!GONE.test(message)) onNotice?.(severity, message)
  }
}

/** The database to be built, and the login to it. */
interface New {
  name: string
  early: EarlyLogin | undefined
}

async function rebuildWith(
  anyHost: Target,
  client: pg.Client,
  fresh: New,
  options: RebuildOptions,
): Promise<RebuildResult> {
  const {keepPrevious, onNote, signal, step} = options
  const target = pinned(anyHost, client)
  const {database} = target
  const found = await lockAndLook(client, target, options)
  const leftovers = leftoversOf(found.databases, database)
  // It would hold up what is dropped.
  if (leftovers.length > 0) fresh.early?.abandon()
  await removeLeftovers(client, leftovers, options)
  const old = keepPrevious
    ? unusedDatedName(database, found.databases)
    : temporaryName(database, 'old')
  const {dropping} = await buildAndSwap(target, client, {...found, ...fresh, old}, options)
  const replaced = found.current.oid !== null
  if (!replaced) return {replaced, previous: null}
  if (keepPrevious) return {replaced, previous: old}
  const dropped = await step(
    'drop-previous',
    async () => (await dropping) || discard(target, client, old, {signal, onNote}),
  )
  return {replaced, previous: dropped ? null : old}
}

/** What is replaced by what. */
interface Plan extends Found, New {
  direct: boolean
  /** The name that the present database gets. */
  old: string
}

async function buildAndSwap(
  target: Target,
  client: pg.Client,
  plan: Plan,
  {fill, force, keepPrevious, onNote, signal, step}: RebuildOptions,
): Promise<Swapped> {
  const {current, databases, direct, early, name, old, properties} = plan
  const {database} = target
  if (databases.some((other) => other.name === name)) throw nameTaken(name)
  let ours = true
  try {
    const creating = step('create', () => createLike(client, name, plan))
    const preparing = prepare(client, name, properties)
    // Awaited when it is created.
    preparing.catch(() => {})
    ours = await creating.catch((error: unknown) => {
      // What the server has refused is not there; what its answer was lost of may be.
      ours = !(error instanceof CruddurError) && isConnectionError(error)
      throw error
    })
    if (!ours) throw nameTaken(name)
    const oid = await preparing
    await fill(withDatabase(target, name), {direct, opened: early?.finish()})
    signal?.throwIfAborted()
    const swap = {database, current, old, keep: keepPrevious, built: {name, oid}, properties}
    return await step('swap', () => swapDatabases(target, client, swap, {force, signal}))
  } catch (error) {
    early?.abandon()
    // Not known is whether it swapped; what the command fails with is the signal's reason alone.
    if (signal?.aborted && error instanceof CruddurError && error.code === 'CONNECTION_LOST')
      onNote(error.message)
    if (ours) await discard(target, client, name, {signal, reason: error, onNote})
    throw error
  }
}
