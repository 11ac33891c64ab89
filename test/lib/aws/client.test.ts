import {DescribeDBInstancesCommand, RDSClient} from '@aws-sdk/client-rds'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {clientConfig, regionOfClient} from '../../../src/lib/aws/client.js'
import {awsError} from '../../../src/lib/aws/errors.js'
import {instancePolicy} from '../../../src/lib/aws/policy.js'
import {type FakeAws, startFakeAws} from '../../support/aws/fake-aws.js'

const call = {action: 'rds:DescribeDBInstances', region: 'x', policy: instancePolicy(false)}

describe('a service that takes the request and never answers', () => {
  let fake: FakeAws
  beforeEach(async () => {
    fake = await startFakeAws()
  })
  afterEach(() => fake.close())

  test('is given up after 8 s, as one that cannot be reached', async () => {
    fake.fail('DescribeDBInstances', {how: 'silence'})
    const client = new RDSClient({
      ...clientConfig({region: 'ca-central-1'}),
      credentials: {accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake'},
      endpoint: fake.url,
      maxAttempts: 1,
    })
    const started = Date.now()
    const error: unknown = await client.send(new DescribeDBInstancesCommand()).then(
      () => 'an answer',
      (reason: unknown) => reason,
    )
    expect(awsError(error, call)).toMatchObject({code: 'AWS_UNREACHABLE', exit: 3})
    expect(Date.now() - started).toBeGreaterThan(7000)
    client.destroy()
  }, 15_000)
})

test('a service whose address takes no connection is given up after 3 s', () => {
  expect(clientConfig({}).requestHandler.connectionTimeout).toBe(3000)
})

test('a region that the SDK cannot find out is an error in our words', async () => {
  const config = {region: () => Promise.reject(new Error('Region is missing'))}
  await expect(regionOfClient({config}, call)).rejects.toMatchObject({code: 'AWS_REGION', exit: 2})
})
