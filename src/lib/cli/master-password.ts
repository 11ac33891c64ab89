import {type InstanceSettings, passwordProblem} from '../aws/instance-settings.js'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import {askNewPassword, canPrompt} from './prompt.js'

const VARIABLE = 'RDS_MASTER_PASSWORD'

/** Where a new instance's master password comes from: AWS, the variable, or the keyboard. */
export interface MasterPassword {
  /** Where it comes from, for the plan: a `.env` of somebody else's may hold one. */
  source: string
  /** What is wrong with it, or that there is none, as whole lines. */
  problems: string[]
  /** Asks for it where it has to be typed. Undefined: AWS makes it up. */
  get: (signal: AbortSignal) => Promise<string | undefined>
}

/**
 * A password on a command line is in the shell's history, and every user of the machine can read it (`ps`).
 *
 * @param given the value of --master-user-password
 * @throws CruddurError USAGE, exit 2
 */
export function refusePasswordFlag(given: string | undefined): void {
  if (given === undefined) return
  throw new CruddurError('USAGE', 'a password does not belong on a command line', {
    exit: 2,
    hint: `set ${VARIABLE} instead, or be asked for it; and take a new one, for this one may have been seen`,
  })
}

/** @param needed false: one that is given is looked at, and none is missed */
export function masterPassword(
  settings: InstanceSettings,
  env: Environment,
  {needed = true}: {needed?: boolean} = {},
): MasterPassword {
  if (settings['manage-master-user-password'])
    return {source: 'made up and kept by AWS', problems: [], get: async () => undefined}
  const given = env[VARIABLE]
  if (given) {
    const problem = passwordProblem(given)
    const problems = problem === undefined ? [] : [`${VARIABLE}: the password ${problem}`]
    const file = process.env[VARIABLE] === undefined ? ' of the environment file' : ''
    return {source: `${VARIABLE}${file}`, problems, get: async () => given}
  }
  const problems =
    !needed || canPrompt()
      ? []
      : [`there is no password: set ${VARIABLE}, or give --manage-master-user-password`]
  const what = `Password for ${settings['master-username']}`
  return {
    source: canPrompt() ? 'asked for next' : 'none yet',
    problems,
    get: async (signal) => (await askNewPassword(what, passwordProblem, signal)).reveal(),
  }
}
