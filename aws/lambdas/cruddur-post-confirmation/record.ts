import type pg from 'pg'
import {isServerError} from '../../../src/lib/server-error.js'
import type {SignUp} from './sign-up.js'

/**
 * What became of a sign-up. `taken-over`: the row that the seed had made for the handle is the user's now. `handle-taken`:
 * another user has the handle, and nothing was changed. `conflict`: somebody else wrote the same at the same time.
 */
export type Recorded = 'added' | 'already-there' | 'taken-over' | 'handle-taken' | 'conflict'

/** What a seed writes in place of a Cognito id (db/seed.sql). */
const NO_ID = "'MOCK'"

/** Without unique indexes nothing else keeps two calls for the same user, or the same handle, from writing at once. */
const LOCK = `SELECT pg_advisory_xact_lock(key) FROM (
  SELECT DISTINCT hashtextextended(name, 0) AS key
  FROM unnest(ARRAY['cruddur handle ' || $1::text, 'cruddur user ' || $2::text]) AS name
  ORDER BY key
) AS keys`

const RECORD = `WITH
  known AS (SELECT FROM public.users WHERE cognito_user_id = $4::text),
  other AS (
    SELECT FROM public.users
    WHERE handle = $3::text AND cognito_user_id NOT IN (${NO_ID}, $4::text)
  ),
  seeded AS (
    SELECT uuid FROM public.users WHERE handle = $3::text AND cognito_user_id = ${NO_ID}
    ORDER BY created_at, uuid LIMIT 1
  ),
  free AS (SELECT WHERE NOT EXISTS (SELECT FROM known) AND NOT EXISTS (SELECT FROM other)),
  taken_over AS (
    UPDATE public.users
    SET display_name = $1::text, email = $2::text, cognito_user_id = $4::text
    FROM seeded, free
    WHERE users.uuid = seeded.uuid AND users.cognito_user_id = ${NO_ID}
    RETURNING users.uuid
  ),
  added AS (
    INSERT INTO public.users (display_name, email, handle, cognito_user_id)
    SELECT $1::text, $2::text, $3::text, $4::text FROM free WHERE NOT EXISTS (SELECT FROM seeded)
    ON CONFLICT DO NOTHING
    RETURNING users.uuid
  )
SELECT CASE
  WHEN EXISTS (SELECT FROM known) THEN 'already-there'
  WHEN EXISTS (SELECT FROM other) THEN 'handle-taken'
  WHEN EXISTS (SELECT FROM taken_over) THEN 'taken-over'
  WHEN EXISTS (SELECT FROM added) THEN 'added'
  ELSE 'conflict'
END AS outcome`

/** The server gives up a little before the caller does, and says why. */
const AHEAD_MS = 100

/** What the server ends by itself, should this function be stopped, or frozen, before it can. */
function beginStatement(limitMs: number): string {
  const ms = Math.max(Math.trunc(limitMs) - AHEAD_MS, 1)
  return `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${ms};
    SET LOCAL idle_in_transaction_session_timeout = ${ms}`
}

async function recordOnce(
  client: pg.Client,
  {displayName, email, handle, cognitoUserId}: SignUp,
  limitMs: number,
): Promise<Recorded> {
  await client.query(beginStatement(limitMs))
  // A statement of its own: what the next one sees has to be later than the lock.
  await client.query(LOCK, [handle, cognitoUserId])
  const {rows} = await client.query<{outcome: Recorded}>(RECORD, [
    displayName,
    email,
    handle,
    cognitoUserId,
  ])
  await client.query('COMMIT')
  return rows[0]?.outcome ?? 'conflict'
}

/** A unique index (23505) that a row of somebody else, who does not take our lock, has got in the way of. */
async function recordOrConflict(
  client: pg.Client,
  user: SignUp,
  limitMs: number,
): Promise<Recorded> {
  try {
    return await recordOnce(client, user, limitMs)
  } catch (error) {
    if (!isServerError(error) || error.code !== '23505') throw error
    await client.query('ROLLBACK')
    return 'conflict'
  }
}

const TRIES = 3

/**
 * Writes the user into `public.users`, once however often it is called, also at the same time, and with or without the unique
 * indexes of the first migration. A row of the seed with this handle becomes the user's.
 *
 * @param deadline what `Date.now()` is when nobody waits for it any more
 * @throws what node-postgres throws; the transaction is open then, or lost with the connection
 */
export async function record(client: pg.Client, user: SignUp, deadline: number): Promise<Recorded> {
  let recorded: Recorded = 'conflict'
  for (let tries = 0; tries < TRIES && recorded === 'conflict'; tries++) {
    recorded = await recordOrConflict(client, user, deadline - Date.now())
  }
  return recorded
}
