import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {type InstanceSettings, instanceDefaults} from '../../../src/lib/aws/instance-settings.js'
import {surveyInstance} from '../../../src/lib/aws/survey.js'
import {type FakeAws, fakeInstance, startFakeAws} from '../../support/aws/fake-aws.js'
import {withFakeRds} from '../../support/rds-create.js'

let fake: FakeAws
beforeEach(async () => {
  fake = await startFakeAws()
})
afterEach(() => fake.close())

const survey = (changes: Partial<InstanceSettings> = {}) =>
  withFakeRds(fake, (rds) => surveyInstance(rds, {...instanceDefaults, ...changes}))
const actions = () => fake.requests.map(({action}) => action).sort()
const putInstance = (): void => {
  fake.instances.set('cruddur-db-instance', fakeInstance())
}

describe('where there is no instance', () => {
  test.each(['17', '17.9', '18', '13'])(
    'a version that can be had is no news: %s',
    async (version) => {
      expect(await survey({'engine-version': version})).toEqual({note: undefined})
      expect(actions()).toEqual(['DescribeDBEngineVersions', 'DescribeDBInstances'])
    },
  )

  test.each(['14.6', '99', '17.99', '17.', '1'])(
    'one that cannot is an error: %s',
    async (version) => {
      await expect(survey({'engine-version': version})).rejects.toMatchObject({
        code: 'VERSION_UNAVAILABLE',
        exit: 1,
      })
    },
  )

  test("Aurora's 14.6 is not taken for one of RDS", async () => {
    const error = await survey({'engine-version': '14.6'}).catch((reason: unknown) => reason)
    expect(JSON.stringify(error)).not.toContain('14.6"')
    expect(error).toMatchObject({data: {versions: expect.not.arrayContaining(['14.6', '8.4.8'])}})
  })

  test('all versions are listed, however many pages they take', async () => {
    await fake.close()
    const versions = Array.from({length: 250}, (_, index) => `17.${index + 1}`)
    fake = await startFakeAws({versions})
    await expect(survey({'engine-version': '14.6'})).rejects.toMatchObject({data: {versions}})
  })

  test.each(['AccessDenied', 'InvalidAction', 'Throttling', 'InternalFailure'])(
    'versions that cannot be listed (%s) are no reason to stop',
    async (code) => {
      fake.fail('DescribeDBEngineVersions', {code})
      const {existing, note} = await survey()
      expect(existing).toBeUndefined()
      expect(note).toMatch(/^the version is not checked beforehand: \S/)
    },
  )

  test('a service that lists none at all is no reason to stop', async () => {
    await fake.close()
    fake = await startFakeAws({versions: []})
    expect(await survey()).toEqual({note: undefined})
  })

  test.each([
    ['ExpiredToken', 'AWS_CREDENTIALS', 3],
    ['InvalidClientTokenId', 'AWS_CREDENTIALS', 3],
  ])('but %s is', async (code, ours, exit) => {
    fake.fail('DescribeDBEngineVersions', {code})
    await expect(survey()).rejects.toMatchObject({code: ours, exit})
  })
})

describe('where there is one', () => {
  test('it is found, whatever is known of versions', async () => {
    putInstance()
    fake.fail('DescribeDBEngineVersions', {code: 'ExpiredToken'})
    const {existing} = await survey({'engine-version': '14.6'})
    expect(existing?.DBInstanceIdentifier).toBe('cruddur-db-instance')
  })

  test('it is found in capitals', async () => {
    putInstance()
    const {existing} = await survey({'db-instance-identifier': 'CRUDDUR-db-instance'})
    expect(existing?.DBInstanceIdentifier).toBe('cruddur-db-instance')
  })
})

test.each([
  ['AccessDenied', 'AWS_DENIED'],
  ['ExpiredToken', 'AWS_CREDENTIALS'],
  ['InternalFailure', 'AWS_FAILED'],
])('not to be able to look for the instance is an error: %s', async (code, ours) => {
  fake.fail('DescribeDBInstances', {code})
  await expect(survey()).rejects.toMatchObject({code: ours})
})
