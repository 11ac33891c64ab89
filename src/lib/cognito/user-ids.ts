import type pg from 'pg'
import type {UserPool} from '../aws/cognito-pool.js'
import {type ConnectOptions, withClient} from '../postgres/connection/connect.js'
import {refusePooled} from '../postgres/connection/pooler.js'
import type {Verify} from '../postgres/identity.js'
import type {Target} from '../target/target.js'
import {compare} from './compare.js'
import {type Difference, readDifference} from './difference.js'
import {type LoadOptions, loadPool} from './load.js'
import {checkUsersTable} from './users-table.js'
import {writeIds} from './write.js'

export type {Difference} from './difference.js'

export interface UserIdsRequest extends LoadOptions {
  pool: UserPool
  /** Only look: whether rows may be changed is no matter. */
  lookOnly?: boolean
  /** Those that lead a hinted command to the same target, each behind a blank. */
  targetFlags?: string
}

/** A pool and a database that were compared. */
export interface UserIds {
  difference: Difference
  /** Of the session that holds the comparison. */
  processId: number | undefined
  /**
   * Sets the ids, all of them or none, on the connection that `verify` finds to be the right one.
   *
   * @returns how many were set; without asking anybody when there are none
   * @throws CruddurError those of `writeIds` and of `verify`
   */
  set: (verify?: Verify) => Promise<number>
}

/** How long an idle session may be, from PostgreSQL 14 on: a pool is read, and people are asked, for as long as it takes. */
const PATIENCE = `SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'`

async function processIdOf(client: pg.Client): Promise<number | undefined> {
  const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid
}

/**
 * Reads the users of a pool, compares them with the rows of `public.users` by `preferred_username` = `handle`, and runs `fn`
 * while the comparison is held. Nothing but temporary tables is written before `set`.
 *
 * @param request.pool the AWS SDK finds its credentials in the process's variables: see `adoptVariables`
 * @throws CruddurError those of a connection, of `awsError`, USERS_TABLE_MISSING, NO_RIGHTS, POOLED_CONNECTION; what `fn` throws
 */
export async function withUserIds<T>(
  target: Target,
  {lookOnly = false, pool, targetFlags = '', onUsers}: UserIdsRequest,
  connection: ConnectOptions,
  fn: (ids: UserIds) => Promise<T>,
): Promise<T> {
  const {signal} = connection
  return await withClient(
    target,
    async (client) => {
      await refusePooled(client, target, 'update-cognito-user-ids', {signal})
      await checkUsersTable(client, target, {writes: !lookOnly, targetFlags})
      await client.query(PATIENCE)
      const {listUsers} = await import('../aws/cognito.js')
      const tally = await loadPool(client, listUsers(pool, {signal}), {onUsers})
      await compare(client, 'cruddur_shown')
      const difference = await readDifference(client, 'cruddur_shown', tally)
      return await fn({
        difference,
        processId: await processIdOf(client),
        set: async (verify) => {
          if (difference.set.count === 0) return 0
          await verify?.(client)
          return await writeIds(client, targetFlags)
        },
      })
    },
    connection,
  )
}

/** Ids that were set. */
export interface UserIdsUpdate {
  difference: Difference
  /** How many rows were changed. */
  updated: number
}

/**
 * Writes each Cognito user's `sub` into `users.cognito_user_id`, without asking: for a caller who has consent.
 *
 * @throws CruddurError as {@link withUserIds}
 */
export function updateCognitoUserIds(
  target: Target,
  request: Omit<UserIdsRequest, 'lookOnly'>,
  connection: ConnectOptions,
): Promise<UserIdsUpdate> {
  return withUserIds(target, request, connection, async ({difference, set}) => ({
    difference,
    updated: await set(),
  }))
}
