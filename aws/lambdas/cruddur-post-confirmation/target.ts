import {homedir} from 'node:os'
import {withIamAuth} from '../../../src/lib/aws/iam-auth.js'
import {CruddurError} from '../../../src/lib/error.js'
import {resolveTarget, type Target} from '../../../src/lib/target/target.js'

const NAME = 'cruddur-post-confirmation'

/**
 * The database of `CONNECTION_URL`: on an RDS host always verified (sslmode=verify-full, Amazon's authorities) unless the URL
 * itself says otherwise. With `IAM_AUTH=true` the function's role logs in, in place of a password.
 *
 * @throws CruddurError CONFIGURATION
 */
export function readTarget(env: NodeJS.ProcessEnv): Target {
  // There is no user of the machine whose name could be meant: the URL has to say one.
  const context = {env, homeDir: homedir(), osUser: ''}
  const target = resolveTarget({prod: false, command: NAME}, context)
  if (!target) throw new CruddurError('CONFIGURATION', 'CONNECTION_URL is not set', {exit: 2})
  const named = target.applicationName === `cruddur-db ${NAME}`
  const own = named ? {...target, applicationName: NAME} : target
  return env['IAM_AUTH'] === 'true' ? withIamAuth(own, env) : own
}
