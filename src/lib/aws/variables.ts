import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'

const LOGIN = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']

/** How CI and containers log in without keys. */
const ROLES = [
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
]

/**
 * Lets the AWS SDK, which reads the process's variables only, see what `.env` says about who logs in.
 *
 * Only that: a `.env` that came with somebody else's repository must not send a password to another
 * endpoint (`AWS_ENDPOINT_URL`) nor name a program to run (`credential_process` by `AWS_CONFIG_FILE`). Keys, a
 * profile or a role of the process stand before all of the file's, so that two logins are never mixed.
 */
export function adoptVariables(env: Environment, processEnv: NodeJS.ProcessEnv): void {
  // The versions bundled here run on Node 20; what later ones need is no news for a user.
  processEnv['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  // The SDK takes an empty one, as Compose files and CI set it, for the region's name.
  if (!processEnv['AWS_REGION']?.trim()) delete processEnv['AWS_REGION']
  if ([...LOGIN, ...ROLES].some((name) => processEnv[name] !== undefined)) return
  for (const name of LOGIN) {
    const value = env[name]
    if (value) processEnv[name] = value
  }
}

/** The region as it is named, unchecked: see {@link regionOf}. */
export function namedRegion(env: Environment, flag?: string): string | undefined {
  const named = [flag, env['AWS_REGION'], env['AWS_DEFAULT_REGION']]
  return named.map((text) => text?.trim()).find((text) => text)
}

/**
 * The region that is named: the flag, `AWS_REGION`, or `AWS_DEFAULT_REGION`, which the `aws` command reads and
 * the SDK for JavaScript does not. Undefined: the SDK looks into `~/.aws/config`.
 *
 * @throws CruddurError AWS_REGION, exit 2: it cannot be a part of a host name
 */
export function regionOf(env: Environment, flag?: string): string | undefined {
  const region = namedRegion(env, flag)
  if (region === undefined || /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) return region
  throw new CruddurError('AWS_REGION', `"${region}" is no name of an AWS region`, {
    exit: 2,
    hint: 'set AWS_REGION, as in AWS_REGION=ca-central-1',
  })
}
