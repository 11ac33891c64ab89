import type {Environment} from '../target/environment.js'

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const

/**
 * glibc's own patience with a name server, 5 s and a second time, is not ours: Node cannot end while it looks a name up
 * (measured: 10 s with one dead name server, 2 s with this).
 */
const RESOLVER = 'timeout:1 attempts:2'

/**
 * Lets the AWS SDK, which reads the process's variables only, see what `.env` says about who logs in.
 *
 * Only that: a `.env` that came with somebody else's repository must not send a password to another
 * endpoint (`AWS_ENDPOINT_URL`) nor name a program to run (`credential_process` by `AWS_CONFIG_FILE`). Keys and
 * a profile of the process stand before both of the file's, so that two logins are never mixed.
 */
export function adoptVariables(env: Environment, processEnv: NodeJS.ProcessEnv): void {
  // The versions bundled here run on Node 20; what later ones need is no news for a user.
  processEnv['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  processEnv['RES_OPTIONS'] ||= RESOLVER
  const login = [...KEYS, 'AWS_PROFILE']
  if (login.some((name) => processEnv[name])) return
  for (const name of login) {
    const value = env[name]
    if (value) processEnv[name] = value
  }
}

/**
 * The region that is named: the flag, `AWS_REGION`, or `AWS_DEFAULT_REGION`, which the `aws` command reads and
 * the SDK for JavaScript does not. Undefined: the SDK looks into `~/.aws/config`.
 */
export function regionOf(env: Environment, flag?: string): string | undefined {
  const named = [flag, env['AWS_REGION'], env['AWS_DEFAULT_REGION']]
  return named.map((text) => text?.trim()).find((text) => text)
}
