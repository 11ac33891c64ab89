import {
  CognitoIdentityProviderClient,
  ListUsersCommand,
  type ListUsersCommandOutput,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider'
import {abortable} from '../abortable.js'
import {type AwsOptions, clientConfig, traced} from './client.js'
import type {UserPool} from './cognito-pool.js'
import {awsError, type Call, foreignAnswer} from './errors.js'
import {sdkError} from './failure.js'
import {poolPolicy} from './policy.js'

/** A user of a pool, as far as it is of use here. */
export interface PoolUser {
  /** A UUID that Cognito gave it for good. */
  sub: string
  /** Its `preferred_username`. */
  handle: string | undefined
  /** False before the user has confirmed the address, and can sign in. */
  confirmed: boolean
  enabled: boolean
}

/** The most that ListUsers gives at a time (API reference, ListUsers: Limit). */
export const PAGE_SIZE = 60

/** A list of hundreds of pages meets more than one throttling: up to 7.5 s are waited for one page. */
const ATTEMPTS = 5

const WANTED = ['sub', 'preferred_username']

/**
 * ListUsers fails, instead of leaving it out, where one user of a page has no value for an attribute that was asked for
 * (API reference, AttributesToGet; aws/aws-sdk-js #3091): InvalidParameterException, "One or more requested attributes do
 * not exist."
 */
function lacksAttribute(error: unknown): boolean {
  const {name, message} = sdkError(error)
  return name === 'InvalidParameterException' && /attribute|constraints/i.test(message)
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

function userOf({Attributes = [], Enabled, UserStatus}: UserType): PoolUser | undefined {
  const value = (name: string) => Attributes.find(({Name}) => Name === name)?.Value
  const sub = value('sub')
  if (sub === undefined || !UUID.test(sub)) return undefined
  return {
    sub,
    handle: value('preferred_username'),
    confirmed: UserStatus !== 'UNCONFIRMED',
    enabled: Enabled !== false,
  }
}

/** Some users of a pool. */
export interface PoolPage {
  users: PoolUser[]
  /** The list begins, or begins anew: what came before it is to be forgotten. */
  first: boolean
}

type Ask = (token: string | undefined) => Promise<ListUsersCommandOutput>

/**
 * Whether values that come one after another go round for ever, with one of them in memory (R. P. Brent, 1980): it is the one
 * they come back to, as soon as their way is no longer than the distance to the next one that is kept.
 */
function repeats(): (value: string) => boolean {
  let kept: string | undefined
  let since = 0
  let limit = 1
  return (value) => {
    if (value === kept) return true
    since += 1
    if (since >= limit) [kept, since, limit] = [value, 0, limit * 2]
    return false
  }
}

/** The pages behind one another. */
async function* pagesOf(ask: Ask, call: Call): AsyncGenerator<PoolPage, void, undefined> {
  let token: string | undefined
  const isKnown = repeats()
  do {
    const first = token === undefined
    const {PaginationToken, Users} = await traced('ListUsers', call.region, () => ask(token))
    const users = Users?.map(userOf)
    if (!users?.every((user) => user !== undefined)) throw foreignAnswer(call)
    if (PaginationToken !== undefined && isKnown(PaginationToken)) throw foreignAnswer(call)
    token = PaginationToken
    yield {users, first}
  } while (token)
}

/**
 * All users of a pool, a page of up to 60 at a time, each asked for when the one before has been dealt with. Asks for the two
 * attributes it needs alone; where a user lacks one of those, it begins anew and asks for all, for a token is good for
 * the same parameters only. This module brings the SDK with it: import it where it is used.
 *
 * @throws CruddurError those of `awsError`; the signal's reason
 */
export async function* listUsers(
  pool: UserPool,
  {signal}: Pick<AwsOptions, 'signal'>,
): AsyncGenerator<PoolPage, void, undefined> {
  const {id, region} = pool
  const call: Call = {action: 'cognito-idp:ListUsers', region, policy: poolPolicy(pool)}
  const config = {...clientConfig({region}), maxAttempts: ATTEMPTS}
  const client = new CognitoIdentityProviderClient(config)
  const asking =
    (wanted?: string[]): Ask =>
    (token) => {
      const input = {UserPoolId: id, Limit: PAGE_SIZE, PaginationToken: token}
      const command = new ListUsersCommand({...input, AttributesToGet: wanted})
      return abortable(client.send(command, signal ? {abortSignal: signal} : {}), signal)
    }
  try {
    try {
      yield* pagesOf(asking(WANTED), call)
    } catch (error) {
      if (!lacksAttribute(error)) throw error
      yield* pagesOf(asking(), call)
    }
  } catch (error) {
    signal?.throwIfAborted()
    // Of what is no JSON, such as a proxy's page, the SDK passes on how reading it failed.
    throw error instanceof SyntaxError ? foreignAnswer(call) : awsError(error, call)
  } finally {
    client.destroy()
  }
}
