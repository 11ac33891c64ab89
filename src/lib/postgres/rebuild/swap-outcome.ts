import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'
import {abortable} from '../../abortable.js'
import {CruddurError} from '../../error.js'
import {isConnectionError, type ServerError} from '../../server-error.js'
import type {Target} from '../../target/target.js'
import {withMaintenanceClient} from '../connection/connect.js'
import {checkSame, type Identity, readWhereabouts} from '../identity.js'
import {databaseInUse, sessionsIn} from '../sessions.js'
import type {Swap} from './swap.js'

/** What the server says of a division by zero, which a swap's comparison and its guard end with. */
export const DIVISION_BY_ZERO = '22012'

/** A restart takes a second or two; a server that has crashed says that it is starting, which is waited for besides. */
const PATIENCE_MS = 15_000
const ASK_EVERY_MS = 100

/**
 * Whether the swap took place although its answer was lost: the name is the built database's then. A server that is not there
 * for a while is asked again.
 *
 * @throws CruddurError as a connection does, when it does not answer within 15 s; TARGET_CHANGED; the signal's reason
 */
export async function tookPlace(
  target: Target,
  swap: Swap,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await abortable(look(target, swap), signal)
    } catch (error) {
      const gone = error instanceof CruddurError ? error.exit === 3 : isConnectionError(error)
      if (!gone || signal?.aborted || Date.now() > deadline) throw error
      await abortable(sleep(ASK_EVERY_MS), signal)
    }
  }
}

function look(target: Target, {database, current, built}: Swap): Promise<boolean> {
  return withMaintenanceClient(target, async (client) => {
    await endSwap(client, built.name)
    const found = await readWhereabouts(client, database)
    checkSame(database, {...current, oid: found.oid}, found)
    return found.oid === built.oid
  })
}

/** The session that swaps may still be at it, or wait for a standby at its COMMIT: nothing is known before it has ended. */
const END_SWAP = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE usename = session_user AND pid <> pg_backend_pid() AND state = 'active' AND strpos(query, $1) > 0`
const END_TRIES = 50
const END_PAUSE_MS = 100

async function endSwap(client: pg.Client, name: string): Promise<void> {
  for (let left = END_TRIES; ; left--) {
    const {rowCount} = await client.query(END_SWAP, [name])
    if (rowCount === 0) return
    if (left === 0) throw new Error('the session that swaps the databases does not end')
    await sleep(END_PAUSE_MS)
  }
}

export function outcomeUnknown({database}: Swap, cause: unknown): CruddurError {
  const message = `the connection was lost while the new database became "${database}", and the server does not say whether it did`
  return new CruddurError('CONNECTION_LOST', message, {
    exit: 3,
    hint: 'the old one or the new one is there, whole; look which when the server answers again: cruddur-db setup --dry-run',
    cause,
  })
}

function createdMeanwhile({database, current, old}: Swap, cause: Error): CruddurError {
  if (current.oid !== null) {
    const message = `the old database was to be called "${old}", and there is one of that name by now; nothing was changed`
    return new CruddurError('DATABASE_EXISTS', message, {
      sqlstate: '42P04',
      hint: 'run setup again, which takes another name',
      cause,
    })
  }
  return new CruddurError('DATABASE_EXISTS', `"${database}" was created in the meantime`, {
    sqlstate: '42P04',
    hint: 'run setup again, which replaces it',
    cause,
  })
}

/** The names are not those of the databases that were looked at; undefined when they are. */
function changedMeanwhile(
  {database, current}: Swap,
  now: Identity,
  {production}: Target,
): CruddurError | undefined {
  if (now.oid === current.oid) return undefined
  const what = now.oid === null ? 'dropped or renamed' : 'replaced'
  const message = `the database "${database}" was ${what} by somebody while the new one was built`
  return new CruddurError('TARGET_CHANGED', message, {
    exit: production ? 4 : 1,
    hint: 'what is there now was not touched; look at it, then run setup again',
  })
}

/** What the server's refusal of a swap means; nothing was changed. */
export async function refusal(
  target: Target,
  client: pg.Client,
  swap: Swap,
  error: ServerError,
): Promise<Error> {
  const {built, database} = swap
  switch (error.code) {
    case '42P04':
      return createdMeanwhile(swap, error)
    case '3D000':
    case DIVISION_BY_ZERO:
      return changedMeanwhile(swap, await readWhereabouts(client, database), target) ?? error
    case '55006': {
      const inBuilt = (await sessionsIn(client, built.name)).length > 0
      return databaseInUse(client, inBuilt ? built.name : database, 'nothing was changed', error)
    }
    default:
      return error
  }
}
