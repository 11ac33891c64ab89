import {describe, expect, test} from 'vitest'
import {AWS_LINE, NAME, onStage, PLAN, planWith} from '../support/rds-create.js'
import {CREATING, putInstance} from '../support/rds-instance.js'

const LOOKS = ['DescribeDBEngineVersions', 'DescribeDBInstances']
const REQUEST = {
  DBInstanceIdentifier: NAME,
  DBInstanceClass: 'db.t3.micro',
  Engine: 'postgres',
  EngineVersion: '17',
  MasterUsername: 'cruddurroot',
  MasterUserPassword: '***',
  AllocatedStorage: 20,
  BackupRetentionPeriod: 0,
  Port: 5432,
  MultiAZ: false,
  DBName: 'cruddur',
  StorageType: 'gp2',
  PubliclyAccessible: true,
  StorageEncrypted: true,
  EnablePerformanceInsights: true,
  PerformanceInsightsRetentionPeriod: 7,
  DeletionProtection: false,
}
const REQUEST_TEXT = `${JSON.stringify(REQUEST, null, 2)}\n`
const WARNINGS = PLAN.split('\n').flatMap((line) => line.split('  ! ')[1] ?? [])
const NOWHERE = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_REGION: undefined,
}

describe.concurrent('a dry run', () => {
  test(
    'shows plan and request without the password, and creates nothing',
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.run(['--dry-run'])
      expect(stdout).toBe(REQUEST_TEXT)
      expect(stderr).toBe(AWS_LINE + PLAN)
      expect(code).toBe(0)
      expect(stage.actions().sort()).toEqual(LOOKS)
    }),
  )

  test(
    'is a plan in JSON',
    onStage(async (stage) => {
      const {code, json} = await stage.run(['--dry-run', '--json'])
      const plan = {region: 'ca-central-1', request: REQUEST, warnings: WARNINGS, exists: false}
      expect(json).toEqual({target: null, plan})
      expect(code).toBe(0)
    }),
  )

  test(
    'needs no password',
    onStage(async (stage) => {
      const env = {RDS_MASTER_PASSWORD: undefined}
      const {code, stdout, stderr} = await stage.run(['--dry-run'], env)
      expect(stdout).toBe(REQUEST_TEXT)
      expect(stderr).toBe(AWS_LINE + planWith('none yet'))
      expect(code).toBe(0)
    }),
  )

  test.each([
    ['credentials', {...NOWHERE, AWS_REGION: 'ca-central-1'}, 'no AWS credentials can be had'],
    ['a region', {AWS_REGION: undefined}, 'no AWS region is named'],
    ['either', NOWHERE, 'no AWS region is named'],
    [
      'a network',
      {AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:1'},
      'cannot reach RDS in ca-central-1: connect ECONNREFUSED 127.0.0.1:1',
    ],
  ])('does without %s, and says that it was not compared', (_, env, why) =>
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.run(['--dry-run'], env)
      expect(stdout).toBe(REQUEST_TEXT)
      const known = 'AWS_REGION' in env ? env.AWS_REGION !== undefined : true
      const plan = known ? PLAN : PLAN.replace('ca-central-1', 'not known')
      expect(stderr).toBe(`${known ? AWS_LINE : ''}not compared with AWS: ${why}\n${plan}`)
      expect(code).toBe(0)
      expect(stage.actions()).toEqual([])
    })(),
  )

  test(
    'without a region does not claim in JSON to know one, nor whether the instance exists',
    onStage(async (stage) => {
      const {json} = await stage.run(['--dry-run', '--json'], NOWHERE)
      const plan = {region: null, request: REQUEST, warnings: WARNINGS, exists: null}
      expect(json).toEqual({target: null, plan})
    }),
  )

  test(
    'without the right to look goes on',
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBInstances', {code: 'AccessDenied'})
      const {code, stderr} = await stage.run(['--dry-run'])
      const why = 'these AWS credentials may not do rds:DescribeDBInstances'
      expect(stderr).toBe(`${AWS_LINE}not compared with AWS: ${why}\n${PLAN}`)
      expect(code).toBe(0)
    }),
  )

  test(
    'says that the instance exists already',
    onStage(async (stage) => {
      putInstance(stage)
      const {code, stderr} = await stage.run(['--dry-run'])
      const note = 'an instance of that name exists: nothing would be created\n'
      expect(stderr).toBe(AWS_LINE + PLAN + note)
      expect(code).toBe(0)
      expect((await stage.run(['--dry-run', '--json'])).json).toMatchObject({plan: {exists: true}})
    }),
  )

  test(
    'finds out that the version cannot be had',
    onStage(async (stage) => {
      const {code, json} = await stage.run(['--dry-run', '--engine-version', '14.6', '--json'])
      expect(json).toMatchObject({error: {code: 'VERSION_UNAVAILABLE'}})
      expect(code).toBe(1)
    }),
  )
})

const OFFERED = `  13: 13.20, 13.21, 13.22, 13.23
  14: 14.18, 14.19, 14.20, 14.21, 14.22
  15: 15.13, 15.14, 15.15, 15.16, 15.17
  16: 16.9, 16.10, 16.11, 16.12, 16.13
  17: 17.5, 17.6, 17.7, 17.8, 17.9
  18: 18.1, 18.2, 18.3
`

describe.concurrent('a version', () => {
  test.each([
    ['14.6', ' any more', '14'],
    ['12.1', ' any more', '18'],
    ['99', '', '18'],
    ['17.99', '', '17'],
  ])('%s that cannot be had: which can', (version, when, major) =>
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.create(['--engine-version', version])
      expect(stdout).toBe('')
      expect(
        stderr,
      ).toBe(`${AWS_LINE}Error: PostgreSQL ${version} cannot be created on RDS in ca-central-1${when}; these can:
${OFFERED}  → take the major version alone, which stands for a current one of it: --engine-version ${major}
`)
      expect(code).toBe(1)
      expect(stage.actions()).not.toContain('CreateDBInstance')
    })(),
  )

  test(
    'that cannot be had: the list in JSON, oldest first',
    onStage(
      async (stage) => {
        const {code, json} = await stage.create(['--engine-version', '14.6', '--json'])
        expect(json).toEqual({
          error: {
            code: 'VERSION_UNAVAILABLE',
            message:
              'PostgreSQL 14.6 cannot be created on RDS in ca-central-1 any more; these can:',
            hint: 'take the major version alone, which stands for a current one of it: --engine-version 17',
            versions: ['16.9', '16.10', '17.9'],
          },
        })
        expect(code).toBe(1)
      },
      {versions: ['16.9', '16.10', '17.9']},
    ),
  )

  test.each([
    ['AccessDenied', 'these AWS credentials may not do rds:DescribeDBEngineVersions'],
    ['InvalidAction', 'AWS refuses rds:DescribeDBEngineVersions'],
  ])('that cannot be looked up (%s) is left to AWS, with a note', (code, why) =>
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBEngineVersions', {code})
      const result = await stage.create(['--no-wait'])
      expect(result.stderr).toBe(
        `${AWS_LINE}the version is not checked beforehand: ${why}\n${PLAN}`,
      )
      expect(result.stdout).toBe(CREATING)
      expect(result.code).toBe(0)
    })(),
  )
})
