import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {listUsers, type PoolPage} from '../../../src/lib/aws/cognito.js'
import {
  type FakeCognito,
  fakeUser,
  poolOf,
  startFakeCognito,
  subOf,
} from '../../support/aws/fake-cognito.js'

const ID = 'ca-central-1_AbCdEf123'
const pool = {id: ID, region: 'ca-central-1'}
let fake: FakeCognito

beforeEach(async () => {
  fake = await startFakeCognito({[ID]: {size: 150, user: (at) => fakeUser(subOf(at), `u${at}`)}})
  for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value)
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await fake.close()
})

async function read(signal?: AbortSignal): Promise<PoolPage[]> {
  const pages: PoolPage[] = []
  for await (const page of listUsers(pool, {signal})) pages.push(page)
  return pages
}
const asked = (): unknown[] => fake.requests.map(({AttributesToGet}) => AttributesToGet)

describe('the users of a pool', () => {
  test('come in pages of 60, all of them, with the two attributes that are needed', async () => {
    const pages = await read()
    expect(pages.map(({first, users}) => [first, users.length])).toEqual([
      [true, 60],
      [false, 60],
      [false, 30],
    ])
    expect(pages.flatMap(({users}) => users).map(({handle, sub}) => [handle, sub])).toEqual(
      Array.from({length: 150}, (_, at) => [`u${at}`, subOf(at)]),
    )
    expect(asked()).toEqual(Array(3).fill(['sub', 'preferred_username']))
  })

  test('come a page at a time: the next one is asked for when the one before was taken', async () => {
    const pages = listUsers(pool, {})
    await pages.next()
    expect(fake.requests).toHaveLength(1)
    await pages.return()
    expect(fake.requests).toHaveLength(1)
  })

  test('begin anew with all attributes where one has no preferred_username, which Cognito refuses', async () => {
    const user = (at: number) => fakeUser(subOf(at), at === 70 ? undefined : `u${at}`)
    fake.pools.set(ID, {size: 150, user})
    const pages = await read()
    expect(pages.map(({first}) => first)).toEqual([true, true, false, false])
    expect(pages.slice(1).flatMap(({users}) => users)[70]).toEqual({
      sub: subOf(70),
      handle: undefined,
      confirmed: true,
      enabled: true,
    })
    expect(asked().map((wanted) => wanted === undefined)).toEqual([false, false, true, true, true])
  })

  test('are told apart by whether they are confirmed and enabled', async () => {
    const status = (state: string) => fakeUser(subOf(1), 'a', {status: state})
    const states = ['UNCONFIRMED', 'CONFIRMED', 'FORCE_CHANGE_PASSWORD', 'EXTERNAL_PROVIDER']
    fake.pools.set(ID, poolOf([...states.map(status), fakeUser(subOf(2), 'b', {enabled: false})]))
    const [page] = await read()
    expect(page?.users.map(({confirmed, enabled}) => [confirmed, enabled])).toEqual([
      [false, true],
      [true, true],
      [true, true],
      [true, true],
      [true, false],
    ])
  })

  test('may be none', async () => {
    fake.pools.set(ID, poolOf([]))
    expect(await read()).toEqual([{users: [], first: true}])
  })
})

describe('reading them', () => {
  test('goes on after Cognito asks to slow down', async () => {
    fake.fail({code: 'TooManyRequestsException', times: 2}, 1)
    expect((await read()).flatMap(({users}) => users)).toHaveLength(150)
    expect(fake.requests).toHaveLength(5)
  })

  test('asks again where an answer has begun and does not end', {timeout: 20_000}, async () => {
    fake.fail({how: 'stall', times: 1}, 1)
    expect((await read()).flatMap(({users}) => users)).toHaveLength(150)
    expect(fake.requests).toHaveLength(4)
  })

  const failures = [
    [
      'AccessDeniedException',
      'AWS_DENIED',
      1,
      'these AWS credentials may not do cognito-idp:ListUsers',
    ],
    ['ExpiredTokenException', 'AWS_CREDENTIALS', 3, 'the AWS session has expired'],
    ['UnrecognizedClientException', 'AWS_CREDENTIALS', 3, 'AWS does not know this access key'],
    [
      'InvalidSignatureException',
      'AWS_CREDENTIALS',
      3,
      "the secret key does not belong to the access key, or this machine's clock is wrong",
    ],
    ['ResourceNotFoundException', 'AWS_NOT_FOUND', 1, 'there is no such user pool in this account'],
    ['InvalidParameterException', 'AWS_REFUSED', 1, 'AWS refuses cognito-idp:ListUsers'],
    ['InternalErrorException', 'AWS_FAILED', 1, 'AWS failed at cognito-idp:ListUsers'],
  ] as const
  test.each(failures)('ends with what %s means', async (awsCode, code, exit, message) => {
    fake.fail({code: awsCode}, 1)
    await expect(read()).rejects.toMatchObject({code, exit, message})
  })

  test('says which policy is missing', async () => {
    fake.fail({code: 'AccessDeniedException'})
    await expect(read()).rejects.toMatchObject({
      data: {
        policy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['cognito-idp:ListUsers'],
              Resource: `arn:aws:cognito-idp:ca-central-1:*:userpool/${ID}`,
            },
          ],
        },
      },
    })
  })

  test('takes neither the page of a proxy, nor a list without an end, nor ids that are no UUIDs for those of a pool', async () => {
    const unreachable = {
      code: 'AWS_UNREACHABLE',
      exit: 3,
      message: 'cannot reach COGNITO-IDP in ca-central-1: what answers there is not AWS',
    }
    fake.fail({how: 'garbage', times: 1})
    await expect(read()).rejects.toMatchObject(unreachable)
    fake.pools.set(ID, {...poolOf([fakeUser(subOf(1), 'a')]), endless: true})
    await expect(read()).rejects.toMatchObject(unreachable)
    fake.pools.set(ID, {size: 150, user: (at) => fakeUser(subOf(at), `u${at}`), endless: true})
    await expect(read()).rejects.toMatchObject(unreachable)
    expect(fake.requests.length).toBeLessThan(20)
    fake.pools.set(ID, poolOf([fakeUser('no-uuid', 'a')]))
    await expect(read()).rejects.toMatchObject(unreachable)
  })

  test('ends at once with the reason of the signal', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    fake.before((request) => {
      if (request < 2) return undefined
      controller.abort(reason)
      return new Promise(() => {})
    })
    await expect(read(controller.signal)).rejects.toBe(reason)
    expect(fake.requests).toHaveLength(2)
  })
})
