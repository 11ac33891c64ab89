import {inspect} from 'node:util'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {createInstance} from '../../../src/lib/aws/create-instance.js'
import {createRequest} from '../../../src/lib/aws/create-request.js'
import {instanceDefaults} from '../../../src/lib/aws/instance-settings.js'
import type {Rds} from '../../../src/lib/aws/rds.js'
import {CruddurError} from '../../../src/lib/error.js'
import {type FakeAws, fakeInstance, startFakeAws} from '../../support/aws/fake-aws.js'
import {withFakeRds} from '../../support/rds-create.js'

const LOOK = 'AWS may have begun to create it: run the same command again to see'
const PASSWORD = 'p$ssw*rd.[x]'
const request = createRequest(instanceDefaults, PASSWORD)

let fake: FakeAws
beforeEach(async () => {
  fake = await startFakeAws()
})
afterEach(() => fake.close())

const create = () => withFakeRds(fake, (rds) => createInstance(rds, request))
const actions = () => fake.requests.map(({action}) => action)

test('creates', async () => {
  const {created, there} = await create()
  expect(created).toBe(true)
  expect(there).toMatchObject({
    DBInstanceIdentifier: 'cruddur-db-instance',
    DBInstanceStatus: 'creating',
  })
  expect(actions()).toEqual(['CreateDBInstance'])
})

test('finds the one that somebody made first', async () => {
  fake.instances.set('cruddur-db-instance', fakeInstance())
  const {created, there} = await create()
  expect(created).toBe(false)
  expect(there.DBInstanceStatus).toBe('available')
})

test('says so when that one is gone again', async () => {
  fake.fail('CreateDBInstance', {code: 'DBInstanceAlreadyExists'})
  await expect(create()).rejects.toMatchObject({code: 'INSTANCE_EXISTS', exit: 1})
})

test('sends a request again that AWS failed at, and makes one instance', async () => {
  fake.fail('CreateDBInstance', {code: 'InternalFailure', times: 2})
  expect((await create()).created).toBe(true)
  expect(actions()).toEqual(['CreateDBInstance', 'CreateDBInstance', 'CreateDBInstance'])
  expect(fake.instances.size).toBe(1)
})

describe('a request that may have got through', () => {
  test.each(['reset', 'garbage'] as const)('is said to be one: %s', async (how) => {
    fake.fail('CreateDBInstance', {how})
    await expect(create()).rejects.toMatchObject({
      code: 'AWS_UNREACHABLE',
      exit: 3,
      details: {hint: LOOK},
    })
  })

  test('is said to be one when it is interrupted', async () => {
    const interrupted = new CruddurError('INTERRUPTED', 'interrupted', {exit: 130})
    const rds: Rds = {
      region: 'ca-central-1',
      find: async () => undefined,
      versions: async () => [],
      create: () => Promise.reject(interrupted),
    }
    await expect(createInstance(rds, request)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      exit: 130,
      details: {hint: LOOK},
    })
  })

  test('is not said to be one when AWS refused it', async () => {
    fake.fail('CreateDBInstance', {code: 'InstanceQuotaExceeded'})
    const error = await create().catch((reason: unknown) => reason)
    expect(error).toMatchObject({code: 'AWS_QUOTA', data: {awsCode: 'InstanceQuotaExceeded'}})
    expect(JSON.stringify(error)).not.toContain('begun')
  })
})

test('the password is nowhere in an error that repeats it, nor in its cause', async () => {
  const message = `Invalid: ${PASSWORD}, I said ${PASSWORD}`
  fake.fail('CreateDBInstance', {code: 'InvalidParameterValue', message})
  const error = (await create().catch((reason: unknown) => reason)) as CruddurError
  expect(error.details.detail).toBe('Invalid: ***, I said ***')
  expect(inspect(error, {depth: 10, showHidden: true})).not.toContain(PASSWORD)
})

test('without a password AWS’s words stay as they are', async () => {
  const managed = {...instanceDefaults, 'manage-master-user-password': true}
  fake.fail('CreateDBInstance', {code: 'InvalidParameterValue', message: 'x is undefined'})
  const creating = withFakeRds(fake, (rds) =>
    createInstance(rds, createRequest(managed, undefined)),
  )
  await expect(creating).rejects.toMatchObject({details: {detail: 'x is undefined'}})
})

test('an error that is none of AWS is passed on as it is', async () => {
  const fault = new TypeError('a fault of ours')
  const rds = {
    region: 'x',
    find: async () => undefined,
    versions: async () => [],
    create: () => Promise.reject(fault),
  }
  await expect(createInstance(rds, request)).rejects.toBe(fault)
})
