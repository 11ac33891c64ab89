import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import {printable} from '../target/text.js'
import {namedRegion} from './variables.js'

/** A user pool of Cognito. */
export interface UserPool {
  /** As in `ca-central-1_AbCdEf123`. */
  id: string
  /** The one in its id: a pool is nowhere else. */
  region: string
}

/** The API's pattern, `[\w-]+_[0-9a-zA-Z]+` of at most 55 characters, with a region in front; `local` is cognito-local's. */
const POOL_ID = /^((?:[a-z]+-){2,}\d{1,2}|local)_[0-9A-Za-z]{1,40}$/

function misnamed(label: string, text: string): CruddurError {
  const what = text === '' ? 'empty' : printable(text)
  return new CruddurError(
    'CONFIGURATION',
    `${label} is ${what}: a user pool's id is its region and a name, such as ca-central-1_AbCdEf123`,
    {exit: 2, hint: 'list them: aws cognito-idp list-user-pools --max-results 60'},
  )
}

/**
 * The pool that is named by the flag, or by AWS_COGNITO_USER_POOL_ID.
 *
 * @returns undefined when none is; an empty variable names none
 * @throws CruddurError CONFIGURATION, exit 2: that is no pool's id
 */
export function namedUserPool(env: Environment, flag?: string): UserPool | undefined {
  const text = flag?.trim() ?? (env['AWS_COGNITO_USER_POOL_ID']?.trim() || undefined)
  if (text === undefined) return undefined
  const [id, region] = POOL_ID.exec(text) ?? []
  if (id === undefined || region === undefined)
    throw misnamed(flag === undefined ? 'AWS_COGNITO_USER_POOL_ID' : '--user-pool-id', text)
  return {id, region}
}

/**
 * {@link namedUserPool}, where there has to be one.
 *
 * @throws CruddurError CONFIGURATION, exit 2
 */
export function readUserPool(env: Environment, flag?: string): UserPool {
  const pool = namedUserPool(env, flag)
  if (pool) return pool
  throw new CruddurError('CONFIGURATION', 'no Cognito user pool is named', {
    exit: 2,
    hint: 'set AWS_COGNITO_USER_POOL_ID, or give --user-pool-id, as in ca-central-1_AbCdEf123',
  })
}

/** What is said where the variables name another region than the pool's, which is the one that is asked. */
export function regionRemark({id, region}: UserPool, env: Environment): string | undefined {
  const named = namedRegion(env)
  if (named === undefined || named === region) return undefined
  return `the pool ${id} is in ${region}, so that region is asked and not ${named}`
}
