import type {UserPool} from '../aws/cognito-pool.js'
import {adoptVariables} from '../aws/variables.js'
import {type UserIdsUpdate, updateCognitoUserIds} from '../cognito/user-ids.js'
import {CruddurError, reworded} from '../error.js'
import type {Environment} from '../target/environment.js'
import type {Target} from '../target/target.js'
import type {FileConnection} from './files.js'
import type {Steps} from './steps.js'

/** What setting the ids is, as a step of a plan. */
export function userIdsStep({id}: UserPool): string {
  return `set the Cognito ids of users from the user pool ${id}`
}

/** A user pool, and how it was named. */
export interface NamedPool {
  pool: UserPool
  env: Environment
  /** The flags that name the target, as a command has them behind it: see `targetFlags`. */
  flags: string
}

interface Setting extends NamedPool {
  connection: FileConnection
  steps: Steps
}

/**
 * Sets the ids in the database that has just been put in its place.
 *
 * @throws CruddurError what `updateCognitoUserIds` throws; it says that the database is ready all the same
 */
export async function setUserIds(
  target: Target,
  {connection, env, flags, pool, steps}: Setting,
): Promise<UserIdsUpdate> {
  adoptVariables(env, process.env)
  try {
    return await steps.run('user-ids', () =>
      updateCognitoUserIds(target, {pool, targetFlags: flags}, connection),
    )
  } catch (error) {
    throw error instanceof CruddurError ? withReady(error, target, flags) : error
  }
}

/** What to do next. A setup would build the database, which is ready and may be in use by then, once more. */
function nextOf({code, details}: CruddurError, flags: string): string {
  const without = `a setup that leaves them out: AWS_COGNITO_USER_POOL_ID= cruddur-db setup${flags}`
  // The schema that has been loaded is somebody's own, and is to have no users.
  if (code === 'USERS_TABLE_MISSING') return without
  const again = `set them: cruddur-db update-cognito-user-ids${flags}; ${without}`
  return details.hint === undefined ? again : `${details.hint}; then ${again}`
}

function withReady(error: CruddurError, {database}: Target, flags: string): CruddurError {
  const unknown = error.code === 'COMMIT_UNKNOWN'
  const ids = unknown
    ? 'setting the Cognito ids of its users failed'
    : 'the Cognito ids of its users were not set'
  const why = error.message.replace(/; nothing was changed$/, '')
  return reworded(error, {
    message: `the database "${database}" is ready, but ${ids}: ${why}`,
    hint: nextOf(error, flags),
    data: {ready: true},
  })
}
