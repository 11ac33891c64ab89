import type pg from 'pg'
import {CruddurError} from '../error.js'
import {isConnectionError, isServerError, type ServerError} from '../server-error.js'
import {compare} from './compare.js'

/** Writers of the table wait for us from when we wait for one of them; a sign-up waits no longer than 3 s. */
const LOCK_TIMEOUT_MS = 2000

/** Nobody signs up, or changes a handle, between the comparison and its end; reading goes on. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
  LOCK TABLE public.users IN SHARE ROW EXCLUSIVE MODE`

/** What would be set now and was not shown. */
const NEWS = `SELECT count(*)::int AS count FROM pg_temp.cruddur_found f WHERE f.kind = 'set' AND NOT EXISTS (
  SELECT FROM pg_temp.cruddur_shown s WHERE s.kind = 'set' AND s.handle = f.handle AND s.sub = f.sub
    AND s.id IS NOT DISTINCT FROM f.id)`

const MATCH = `FROM pg_temp.cruddur_found f WHERE f.kind = 'set' AND f.handle = u.handle::text COLLATE "C"`

/**
 * Rows that exchange their ids meet the unique index if they are set one after another, so those whose id another one is to get
 * give it up first: for a UUID too, as unique, because a constraint may ask for one.
 */
const GIVE_UP = `UPDATE public.users u SET cognito_user_id = md5(f.sub)::uuid::text ${MATCH}
  AND EXISTS (SELECT FROM pg_temp.cruddur_found o WHERE o.kind = 'set' AND o.sub = f.id)`

/** Counts what has come of it: a trigger can write something else. */
const SET = `WITH written AS (UPDATE public.users u SET cognito_user_id = f.sub ${MATCH} RETURNING u.cognito_user_id::text = f.sub AS is_set)
  SELECT count(*) FILTER (WHERE is_set)::int AS count FROM written`

const PLANNED = `SELECT count(*)::int AS count FROM pg_temp.cruddur_found WHERE kind = 'set'`

async function countOf(client: pg.Client, sql: string): Promise<number> {
  return (await client.query<{count: number}>(sql)).rows[0]?.count ?? 0
}

function changedMeanwhile(count: number): CruddurError {
  const users = count === 1 ? '1 user was' : `${count} users were`
  return new CruddurError(
    'TARGET_CHANGED',
    `${users} changed in the database after the difference was shown`,
    {exit: 4, hint: 'nothing was changed; run it again and look at what is there now'},
  )
}

function notSet(set: number, planned: number): CruddurError {
  return new CruddurError(
    'USERS_NOT_SET',
    `the server set ${set} of ${planned} ids: a trigger or row security keeps the others as they are`,
    {hint: 'nothing was changed; log in as the owner of public.users, or look at its triggers'},
  )
}

/** What a constraint, a type or a trigger says: classes 22, 23 and P0. */
const REFUSES = /^(?:22|23|P0)/

function refused(error: ServerError): CruddurError {
  const {code, constraint, detail, hint, message} = error
  const cure =
    constraint === undefined
      ? "see that the columns and triggers of public.users let Cognito's ids in"
      : `see that "${constraint}" on public.users lets Cognito's ids in`
  return new CruddurError('USERS_NOT_SET', `the server refuses an id: ${message}`, {
    hint: `nothing was changed; ${hint ?? cure}`,
    sqlstate: code,
    detail,
    cause: error,
  })
}

function locked(cause: unknown, targetFlags: string): CruddurError {
  return new CruddurError(
    'USERS_LOCKED',
    `another session has changed public.users and not ended its transaction within ${LOCK_TIMEOUT_MS / 1000} s`,
    {
      hint: `nothing was changed; see who it is (cruddur-db sessions --long${targetFlags}), then try again`,
      sqlstate: '55P03',
      cause,
    },
  )
}

async function commit(client: pg.Client): Promise<void> {
  try {
    await client.query('COMMIT')
  } catch (error) {
    if (!isConnectionError(error)) throw error
    throw new CruddurError(
      'COMMIT_UNKNOWN',
      'the connection was lost at COMMIT, and either all ids are set now or none',
      {exit: 3, hint: 'run it again: it sets what is not set yet', cause: error},
    )
  }
}

/**
 * Sets the ids that `cruddur_shown` says, in one transaction: all of them or none. What has become right, or ambiguous, since
 * it was shown is left alone.
 *
 * @param targetFlags those of a hinted command
 * @returns how many were set
 * @throws CruddurError TARGET_CHANGED (exit 4), USERS_NOT_SET, USERS_LOCKED, COMMIT_UNKNOWN; and what the server said
 */
export async function writeIds(client: pg.Client, targetFlags = ''): Promise<number> {
  try {
    await client.query(BEGIN)
    await compare(client, 'cruddur_found')
    const news = await countOf(client, NEWS)
    if (news > 0) throw changedMeanwhile(news)
    const planned = await countOf(client, PLANNED)
    await client.query(GIVE_UP)
    const set = await countOf(client, SET)
    if (set !== planned) throw notSet(set, planned)
    await client.query('DROP TABLE pg_temp.cruddur_found')
    await commit(client)
    return set
  } catch (error) {
    // One that is gone has rolled back already.
    await client.query('ROLLBACK').catch(() => {})
    if (!isServerError(error)) throw error
    if (error.code === '55P03') throw locked(error, targetFlags)
    throw REFUSES.test(error.code) ? refused(error) : error
  }
}
