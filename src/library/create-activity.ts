import {CruddurError} from '../lib/error.js'
import {isServerError} from '../lib/server-error.js'
import {runPart} from './transaction.js'
import type {
  Activity,
  ActivityError,
  CreatedActivity,
  NewActivity,
  Queries,
  Transactions,
  Ttl,
} from './types.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Milliseconds. */
const LIFETIMES: ReadonlyMap<string, number> = new Map<Ttl, number>([
  ['30-days', 30 * DAY],
  ['7-days', 7 * DAY],
  ['3-days', 3 * DAY],
  ['1-day', DAY],
  ['12-hours', 12 * HOUR],
  ['3-hours', 3 * HOUR],
  ['1-hour', HOUR],
])

/** Characters as Python counts them: code points. */
const LONGEST = 280

const isBlank = (text: string | null | undefined): text is null | undefined | '' =>
  typeof text !== 'string' || text === ''

/** Half surrogate pairs apart, no text has more code points than UTF-16 units, or fewer than half as many. */
function isTooLong(message: string): boolean {
  return message.length > 2 * LONGEST || [...message].length > LONGEST
}

/** The last one that is found is told, as in the Python application. */
function errorOf({handle, message, ttl}: NewActivity): ActivityError | undefined {
  if (!isBlank(message) && isTooLong(message)) return 'message_exceed_max_chars'
  if (isBlank(message)) return 'message_blank'
  if (isBlank(handle)) return 'user_handle_blank'
  return LIFETIMES.has(ttl ?? '') ? undefined : 'ttl_blank'
}

/** Where a server's error was raised; a trigger may fill other tables. */
interface Place {
  schema?: string
  table?: string
  column?: string
}

/** The INSERT looks the user up by its handle: without one there is nobody to write down. */
function isUnknownUser(error: unknown): boolean {
  if (!(error instanceof CruddurError && isServerError(error.cause))) return false
  const {code, column, schema, table} = error.cause as typeof error.cause & Place
  return code === '23502' && schema === 'public' && table === 'activities' && column === 'user_uuid'
}

/** Posts it and reads what was posted. */
async function post(
  queries: Queries,
  values: Record<'handle' | 'message', string | null> & {expires_at: Date},
): Promise<Activity> {
  const uuid = await queries.queryCommit<string>(
    await queries.template('activities', 'create'),
    values,
  )
  const shown = await queries.template('activities', 'object')
  const data = await queries.queryObjectJson<Activity>(shown, {uuid: uuid ?? null})
  return data as Activity
}

/**
 * Posts an activity by the application's rules: a message of 1 to 280 characters, a handle that exists, one of seven lifetimes.
 * Posting it and reading it back are one transaction: of its own where `db` is a Db, else the one that is given, which what it
 * refuses leaves usable.
 *
 * @returns the activity; or one of the application's error words and what was sent
 * @throws CruddurError for whatever the database, or the connection, said; nothing was posted then, unless the connection was
 *   lost at the end
 */
export async function createActivity(
  db: Queries | Transactions,
  activity: NewActivity,
): Promise<CreatedActivity> {
  const {handle, message, ttl} = activity
  const refused = (error: ActivityError): CreatedActivity => ({
    errors: [error],
    data: {handle, message},
  })
  const error = errorOf(activity)
  if (error) return refused(error)
  const lifetime = LIFETIMES.get(ttl ?? '') ?? 0
  const values = {
    handle: handle ?? null,
    message: message ?? null,
    expires_at: new Date(Date.now() + lifetime),
  }
  try {
    const data =
      'transaction' in db
        ? await db.transaction((queries) => post(queries, values))
        : await runPart(db, (queries) => post(queries, values))
    return {errors: null, data}
  } catch (failure) {
    if (isUnknownUser(failure)) return refused('user_handle_not_found')
    throw failure
  }
}
