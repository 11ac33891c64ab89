import type {DBInstance} from '@aws-sdk/client-rds'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {
  growingPause,
  type WaitOptions,
  waitForInstance,
} from '../../../src/lib/aws/wait-instance.js'
import {CruddurError} from '../../../src/lib/error.js'
import type {ErrorCode} from '../../../src/lib/error-codes.js'
import {type FakeAws, fakeInstance, startFakeAws} from '../../support/aws/fake-aws.js'
import {withFakeRds} from '../../support/rds-create.js'

const NAME = 'cruddur-db-instance'
const AGAIN = 'run the same command again: it finds the instance and waits on'

type Look = string | CruddurError | Error | DBInstance | undefined

/** Looks that find a status, nothing, or fail; the last one again and again. */
function looks(...answers: Look[]) {
  let count = 0
  const find = async (): Promise<DBInstance | undefined> => {
    const answer = answers[Math.min(count++, answers.length - 1)]
    if (answer instanceof Error) throw answer
    if (typeof answer !== 'string') return answer
    const Endpoint = {Address: 'host', Port: 5432}
    const status = {DBInstanceIdentifier: NAME, DBInstanceStatus: answer}
    return answer === 'creating' ? status : {...status, Endpoint}
  }
  return {find, count: () => count}
}

async function wait(answers: Look[], options: WaitOptions = {}) {
  const told: (string | [string, string])[] = []
  const {find, count} = looks(...answers)
  const onStatus = (status: string, trouble?: string): void => {
    told.push(trouble === undefined ? status : [status, trouble])
  }
  const ended = await waitForInstance(NAME, find, {pauseMs: () => 0, onStatus, ...options}).then(
    (there) => ({there}),
    (error: unknown) => ({error}),
  )
  return {told, looks: count(), ...ended}
}

const trouble = (code: ErrorCode, exit: 1 | 3 = 3) =>
  new CruddurError(code, `${code} it is`, {exit})

describe('waiting', () => {
  test('ends with the instance once it is available', async () => {
    const {
      there,
      told,
      looks: count,
    } = (await wait(['creating', 'backing-up', 'available'])) as {
      there: DBInstance
      told: unknown
      looks: number
    }
    expect(there.Endpoint?.Address).toBe('host')
    expect(told).toEqual(['creating', 'backing-up', 'available'])
    expect(count).toBe(3)
  })

  test('looks at once, without a pause before', async () => {
    const pauseMs = vi.fn(() => 0)
    expect(await wait(['available'], {pauseMs})).toMatchObject({looks: 1})
    expect(pauseMs).not.toHaveBeenCalled()
  })

  test('goes on while it is available and has no endpoint', async () => {
    const bare = {DBInstanceIdentifier: NAME, DBInstanceStatus: 'available'}
    expect(await wait([bare, bare, 'available'])).toMatchObject({looks: 3, there: {Endpoint: {}}})
  })

  test('ends while storage is optimised, in which it is in use', async () => {
    expect(await wait(['modifying', 'storage-optimization'])).toMatchObject({looks: 2, there: {}})
  })

  test.each([
    'modifying',
    'rebooting',
    'configuring-enhanced-monitoring',
    'configuring-iam-database-auth',
    'a-status-of-next-year',
  ])('goes on through %s', async (status) => {
    expect(await wait(['creating', status, 'available'])).toMatchObject({
      looks: 3,
      told: ['creating', status, 'available'],
    })
  })

  test.each([
    'failed',
    'incompatible-network',
    'incompatible-parameters',
    'incompatible-restore',
    'incompatible-option-group',
    'insufficient-capacity',
    'storage-full',
    'inaccessible-encryption-credentials',
    'deleting',
    'stopped',
    'stopping',
  ])('ends at once when it is %s', async (status) => {
    const result = await wait(['creating', status, 'available'])
    expect(result).toMatchObject({
      looks: 2,
      told: ['creating', status],
      error: {
        code: 'INSTANCE_FAILED',
        exit: 1,
        message: `the instance "${NAME}" is ${status} and will not become available by itself`,
        data: {instance: {identifier: NAME, status}},
      },
    })
    expect((result as unknown as {error: CruddurError}).error.details.hint).toBeTruthy()
  })
})

describe('trouble', () => {
  test.each(['AWS_UNREACHABLE', 'AWS_THROTTLED', 'AWS_FAILED'] as const)(
    'that passes is told and lived through, however long: %s',
    async (code) => {
      const many = Array.from({length: 50}, () => trouble(code))
      const result = await wait(['creating', ...many, 'available'])
      expect(result).toMatchObject({looks: 52, there: {}})
      expect(result.told.slice(0, 2)).toEqual(['creating', ['creating', `${code} it is`]])
      expect(result.told.at(-1)).toBe('available')
    },
  )

  test.each([
    ['AWS_CREDENTIALS', 3],
    ['AWS_DENIED', 1],
    ['AWS_REFUSED', 1],
    ['AWS_REGION', 1],
  ] as const)('that does not pass ends it, and says that AWS goes on: %s', async (code, exit) => {
    const cause = new CruddurError(code, 'so it is', {
      exit,
      hint: 'the cure',
      detail: 'the detail',
      excerpt: 'the policy',
      data: {awsCode: 'X'},
    })
    const {error} = (await wait(['creating', cause])) as unknown as {error: CruddurError}
    expect(error).toMatchObject({
      code,
      exit,
      message: `so it is; the instance "${NAME}" goes on being created without us`,
      details: {hint: 'the cure', detail: 'the detail'},
      excerpt: 'the policy',
      data: {awsCode: 'X'},
    })
  })

  test('that nobody knows is passed on as it is', async () => {
    const fault = new TypeError('a fault of ours')
    expect(await wait(['creating', fault])).toMatchObject({error: fault})
  })
})

describe('an instance that is not there', () => {
  const GONE = {code: 'INSTANCE_GONE', exit: 1, data: {identifier: NAME}}

  test('was deleted, if it was seen before', async () => {
    expect(await wait(['creating', undefined, 'available'])).toMatchObject({looks: 2, error: GONE})
  })

  test('is not known to all of AWS yet, if it is new', async () => {
    const none = Array.from({length: 5}, () => undefined)
    expect(await wait([...none, 'creating', 'available'])).toMatchObject({looks: 7, there: {}})
  })

  test('is given up after six looks that never saw it', async () => {
    expect(await wait([undefined])).toMatchObject({looks: 6, error: GONE})
  })

  test('was not deleted because AWS could not be asked for a while', async () => {
    const answers = [trouble('AWS_UNREACHABLE'), trouble('AWS_UNREACHABLE'), 'available']
    expect(await wait(answers)).toMatchObject({there: {}})
  })

  test('and new is still looked for after trouble has taken all the looks', async () => {
    const many = Array.from({length: 8}, () => trouble('AWS_UNREACHABLE'))
    expect(await wait([...many, undefined, 'available'])).toMatchObject({there: {}})
  })
})

describe('the end of patience', () => {
  test('says what the instance is, and that the same command goes on', async () => {
    const options = {limitMs: 90_000, pauseMs: () => 100_000}
    expect(await wait(['backing-up'], options)).toMatchObject({
      looks: 1,
      error: {
        code: 'INSTANCE_NOT_READY',
        exit: 1,
        message: `the instance "${NAME}" is still backing-up after 2 min`,
        details: {hint: AGAIN},
        data: {identifier: NAME, status: 'backing-up'},
      },
    })
  })

  test('comes though AWS cannot be reached all the time', async () => {
    const options = {limitMs: 50, pauseMs: () => 5}
    expect(await wait([trouble('AWS_UNREACHABLE')], options)).toMatchObject({
      error: {code: 'INSTANCE_NOT_READY'},
    })
  })

  test('is an hour where nobody says', async () => {
    expect(await wait(['creating'], {pauseMs: () => 3_600_001})).toMatchObject({
      error: {message: `the instance "${NAME}" is still creating after 60 min`},
    })
  })
})

describe('an interruption', () => {
  const interrupted = new CruddurError('INTERRUPTED', 'interrupted', {exit: 130})
  const EXPECTED = {
    code: 'INTERRUPTED',
    exit: 130,
    message: `interrupted; the instance "${NAME}" goes on being created without us`,
    details: {hint: AGAIN},
  }

  test('ends a pause at once, and says that AWS goes on and how to look again', async () => {
    const controller = new AbortController()
    const onStatus = (): void => void setImmediate(() => controller.abort(interrupted))
    const {signal} = controller
    const {find} = looks('creating')
    const started = Date.now()
    await expect(
      waitForInstance(NAME, find, {signal, onStatus, pauseMs: () => 60_000}),
    ).rejects.toMatchObject(EXPECTED)
    expect(Date.now() - started).toBeLessThan(5000)
  })

  test('of a look says the same', async () => {
    expect(await wait(['creating', interrupted])).toMatchObject({error: EXPECTED})
  })

  test('leaves no listener on the signal', async () => {
    const {signal} = new AbortController()
    const add = vi.spyOn(signal, 'addEventListener')
    const remove = vi.spyOn(signal, 'removeEventListener')
    expect(await wait(['creating', 'creating', 'available'], {signal})).toMatchObject({there: {}})
    expect(remove.mock.calls.length).toBe(add.mock.calls.length)
  })
})

test('pauses grow from half a second to a quarter of a minute', () => {
  const pauses = Array.from({length: 40}, (_, index) => growingPause(index + 1))
  expect(pauses[0]).toBe(500)
  expect(pauses).toEqual(pauses.toSorted((one, other) => one - other))
  expect(pauses.at(-1)).toBe(15_000)
})

describe('with the SDK', () => {
  let fake: FakeAws
  beforeEach(async () => {
    fake = await startFakeAws()
    fake.instances.set(NAME, fakeInstance({DBInstanceStatus: 'creating'}))
  })
  afterEach(() => fake.close())

  test('throttling, failures, lost connections and pages that are not of AWS are lived through', async () => {
    fake.fail('DescribeDBInstances', {code: 'Throttling', times: 3})
    fake.fail('DescribeDBInstances', {code: 'InternalFailure', times: 3})
    fake.fail('DescribeDBInstances', {how: 'reset', times: 3})
    fake.fail('DescribeDBInstances', {how: 'garbage', times: 1})
    const told: string[] = []
    const onStatus = (status: string, why?: string): void => {
      told.push(why ?? status)
      if (told.length < 5) return
      const instance = fake.instances.get(NAME)
      if (instance) Object.assign(instance, {DBInstanceStatus: 'available'})
    }
    const there = await withFakeRds(fake, (rds) =>
      waitForInstance(NAME, () => rds.find(NAME), {onStatus, pauseMs: () => 1}),
    )
    expect(there.DBInstanceStatus).toBe('available')
    expect(told).toEqual([
      'AWS takes no more requests from this account at the moment',
      'AWS failed at rds:DescribeDBInstances',
      'cannot reach RDS in ca-central-1: read ECONNRESET',
      'cannot reach RDS in ca-central-1: what answers there is not AWS',
      'creating',
      'available',
    ])
  })
})
