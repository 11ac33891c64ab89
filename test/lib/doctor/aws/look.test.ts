import {describe, expect, it, vi} from 'vitest'
import {NAME} from '../../../support/rds-create.js'
import {onStage} from './scene.js'

const rest = ({'rds-status': _, ...others}: Record<string, unknown>): unknown[] =>
  Object.values(others)

const UNKNOWN = {
  status: 'skipped',
  message: 'nothing is known of the instance: see rds-status',
}

describe('AWS', () => {
  it('is asked once about the instance, and once about its group, for all checks', () =>
    onStage(async ({all, fake}) => {
      await all()
      expect(fake.requests.map(({action}) => action)).toEqual([
        'DescribeDBInstances',
        'DescribeSecurityGroupRules',
      ])
    }))

  it('is asked in the region of the host', () =>
    onStage(async ({fake, see}) => {
      await see('rds-status', {AWS_REGION: 'eu-west-1'})
      expect(fake.requests[0]?.headers.authorization).toContain('/ca-central-1/rds/')
    }))

  it('without credentials is not looked at, which is no fault', () =>
    onStage(async ({all}) => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
      const found = await all()
      expect(found['rds-status']).toEqual({
        status: 'skipped',
        message:
          'no AWS credentials can be had: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set AWS_PROFILE and log in: aws sso login',
      })
      expect(rest(found)).toEqual(Array(6).fill(UNKNOWN))
    }))

  it('without a region is not looked at', () =>
    onStage(
      async ({see}) => {
        vi.stubEnv('AWS_REGION', undefined)
        expect(await see('rds-status')).toEqual({
          status: 'skipped',
          message: 'no AWS region is named: set AWS_REGION, as in AWS_REGION=ca-central-1',
        })
      },
      {host: {host: 'odd.rds.amazonaws.com', port: 5432}},
    ))

  it.each([
    [
      {code: 'AccessDenied'},
      'these AWS credentials may not do rds:DescribeDBInstances',
      /^have this policy attached to the user or role: \{.*"rds:DescribeDBInstances".*\}$/,
    ],
    [{code: 'ExpiredToken'}, 'the AWS session has expired', /^log in again: aws sso login$/],
    [
      {code: 'InvalidClientTokenId'},
      'AWS does not know this access key',
      /^check AWS_ACCESS_KEY_ID/,
    ],
    [
      {how: 'garbage'} as const,
      /^cannot reach RDS in ca-central-1: /,
      /^check that this machine is online/,
    ],
  ])('that answers with %o is told, and nothing more', (failure, message, fix) =>
    onStage(async ({all, fake}) => {
      fake.fail('DescribeDBInstances', failure)
      const found = await all()
      const expected = typeof message === 'string' ? message : expect.stringMatching(message)
      const told = {status: 'warn', message: expected, fix: expect.stringMatching(fix)}
      expect(found['rds-status']).toEqual(told)
      expect(rest(found)).toEqual(Array(6).fill(UNKNOWN))
      fake.fail('DescribeDBInstances', {times: 0})
      expect((await all())['rds-status']).toMatchObject({status: 'ok'})
    }),
  )

  it('of another account has no such instance, or another one of that name', () =>
    onStage(async ({fake, see, set}) => {
      const other = {
        status: 'warn',
        message: `this AWS account has no instance "${NAME}" with that endpoint in ca-central-1: it was deleted, or belongs to another account`,
        fix: 'compare the endpoints: aws rds describe-db-instances --region ca-central-1',
      }
      set({
        Endpoint: {
          Address: `${NAME}.other.ca-central-1.rds.amazonaws.com`,
          Port: 5432,
          HostedZoneId: 'Z',
        },
      })
      expect(await see('rds-status')).toEqual(other)
      fake.instances.clear()
      expect(await see('rds-status')).toEqual(other)
    }))

  it.each([
    ['localhost', 'the target is no instance of RDS'],
    [
      'db.cluster-c9akciq32rmm.ca-central-1.rds.amazonaws.com',
      'the host is the endpoint of a proxy or a cluster, not of an instance',
    ],
    [
      'db.proxy-c9akciq32rmm.ca-central-1.rds.amazonaws.com',
      'the host is the endpoint of a proxy or a cluster, not of an instance',
    ],
  ])('is not asked about %s', (host, message) =>
    onStage(
      async ({fake, see}) => {
        expect(await see('rds-status')).toEqual({status: 'skipped', message})
        expect(fake.requests).toEqual([])
      },
      {host: {host, port: 5432}},
    ),
  )
})
