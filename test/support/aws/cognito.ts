import {refuse} from './refusal.js'

/** A user of a fake pool. */
export interface FakeUser {
  Username: string
  Attributes: {Name: string; Value: string}[]
  Enabled: boolean
  UserStatus: string
}

/** A pool's users, made when they are asked for. */
export interface FakePool {
  size: number
  user: (index: number) => FakeUser
  /** Has a list go round: its last page leads to the first. */
  endless?: boolean
}

export interface UserOptions {
  enabled?: boolean
  status?: string
}

/** A `sub` that is another one for each number. */
export function subOf(number: number): string {
  return `${number.toString(16).padStart(8, '0')}-7031-70a3-8f21-0123456789ab`
}

/** A user with the attributes of the documents' pool; without `handle` it has no `preferred_username`. */
export function fakeUser(sub: string, handle?: string, options: UserOptions = {}): FakeUser {
  const attributes = {
    sub,
    email: `${sub}@example.com`,
    email_verified: 'true',
    name: 'Somebody',
    ...(handle === undefined ? {} : {preferred_username: handle}),
  }
  return {
    Username: sub,
    Attributes: Object.entries(attributes).map(([Name, Value]) => ({Name, Value})),
    Enabled: options.enabled ?? true,
    UserStatus: options.status ?? 'CONFIRMED',
  }
}

export function poolOf(users: readonly FakeUser[]): FakePool {
  return {
    size: users.length,
    user: (index) => users[index] ?? refuse('InternalErrorException', 'no such user', 500),
  }
}

interface ListUsers {
  UserPoolId?: string
  Limit?: number
  AttributesToGet?: string[]
  PaginationToken?: string
}

const PATTERN = /^[\w-]+_[0-9a-zA-Z]+$/

function invalid(message: string): never {
  refuse('InvalidParameterException', message)
}

/** Where the token leads, which is good for the same parameters only. */
function startOf({PaginationToken, AttributesToGet}: ListUsers): number {
  if (PaginationToken === undefined) return 0
  const [start, wanted] = Buffer.from(PaginationToken, 'base64').toString().split('|')
  if (wanted !== String(AttributesToGet)) invalid('Invalid pagination token given.')
  return Number(start)
}

function tokenAt(start: number, {AttributesToGet}: ListUsers): string {
  return Buffer.from(`${start}|${AttributesToGet}`).toString('base64')
}

function shown(user: FakeUser, wanted: readonly string[] | undefined): FakeUser {
  if (!wanted) return user
  const Attributes = user.Attributes.filter(({Name}) => wanted.includes(Name))
  if (Attributes.length < wanted.length) invalid('One or more requested attributes do not exist.')
  return {...user, Attributes}
}

/** ListUsers (API reference, 2016-04-18), with the refusals that a list without a filter meets. */
export function actListUsers(
  input: ListUsers,
  region: string,
  pools: ReadonlyMap<string, FakePool>,
): Record<string, unknown> {
  const {UserPoolId = '', Limit = 60, AttributesToGet} = input
  if (!PATTERN.test(UserPoolId))
    invalid(
      `1 validation error detected: Value '${UserPoolId}' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w-]+_[0-9a-zA-Z]+`,
    )
  if (Limit < 1 || Limit > 60)
    invalid(
      `1 validation error detected: Value '${Limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60`,
    )
  const pool = pools.get(UserPoolId)
  if (!pool || !UserPoolId.startsWith(`${region}_`))
    refuse('ResourceNotFoundException', `User pool ${UserPoolId} does not exist.`)
  const start = startOf(input)
  const end = Math.min(pool.size, start + Limit)
  const Users = Array.from({length: end - start}, (_, at) =>
    shown(pool.user(start + at), AttributesToGet),
  )
  if (pool.endless && end === pool.size) return {Users, PaginationToken: tokenAt(0, input)}
  return end < pool.size ? {Users, PaginationToken: tokenAt(end, input)} : {Users}
}
