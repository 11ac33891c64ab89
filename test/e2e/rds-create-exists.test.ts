import {describe, expect, test} from 'vitest'
import {AWS_LINE, HOST, NAME, onStage, PLAN} from '../support/rds-create.js'
import {
  AVAILABLE,
  availableJson,
  creatingJson,
  instanceJson,
  putInstance,
} from '../support/rds-instance.js'

const AS_ASKED = 'it exists already and is as asked for\n'
const LOOKS = ['DescribeDBEngineVersions', 'DescribeDBInstances']

describe.concurrent('an instance that is there already', () => {
  test(
    'and is as asked for is shown with its endpoint, and nothing is asked or created',
    onStage(async (stage) => {
      putInstance(stage)
      const {code, stdout, stderr} = await stage.run(['--confirm', NAME])
      expect(stdout).toBe(AVAILABLE)
      expect(stderr).toBe(AWS_LINE + AS_ASKED)
      expect(code).toBe(0)
      expect(stage.actions().sort()).toEqual(LOOKS)
    }),
  )

  test(
    'is not created, in JSON',
    onStage(async (stage) => {
      putInstance(stage, {AvailabilityZone: 'ca-central-1b'})
      const {code, json} = await stage.create(['--json'])
      expect(json).toEqual(availableJson(false))
      expect(code).toBe(0)
    }),
  )

  test(
    'is found whatever became of its version',
    onStage(async (stage) => {
      putInstance(stage, {EngineVersion: '14.6'})
      const {code, stdout} = await stage.create(['--engine-version', '14.6'])
      expect(stdout).toContain('PostgreSQL 14.6, db.t3.micro')
      expect(code).toBe(0)
    }),
  )

  test(
    'and still being created is waited for',
    onStage(async (stage) => {
      await stage.create(['--no-wait'])
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe(AVAILABLE)
      expect(stderr).toBe(`${AWS_LINE}${AS_ASKED}backing-up\navailable\n`)
      expect(code).toBe(0)
    }),
  )

  test(
    'and still being created is not waited for with --no-wait',
    onStage(async (stage) => {
      await stage.create(['--no-wait'])
      const {code, json} = await stage.create(['--no-wait', '--json'])
      expect(json).toEqual(creatingJson(false))
      expect(code).toBe(0)
    }),
  )

  test(
    'and stopped is not waited for: it says how to start it',
    onStage(async (stage) => {
      putInstance(stage, {DBInstanceStatus: 'stopped'})
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe('')
      expect(stderr).toBe(`${AWS_LINE}${AS_ASKED}stopped
Error: the instance "${NAME}" is stopped and will not become available by itself
  → start it: aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1
`)
      expect(code).toBe(1)
    }),
  )

  test(
    'and stopped is shown as it is with --no-wait',
    onStage(async (stage) => {
      putInstance(stage, {DBInstanceStatus: 'stopped'})
      const {code, json} = await stage.create(['--no-wait', '--json'])
      expect(json).toMatchObject({created: false, instance: {status: 'stopped', endpoint: HOST}})
      expect(code).toBe(0)
    }),
  )

  test(
    'and differs is exit 1: every difference, its status and endpoint',
    onStage(async (stage) => {
      putInstance(stage, {AllocatedStorage: 100, EngineVersion: '16.9', PubliclyAccessible: false})
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe('')
      expect(
        stderr,
      ).toBe(`${AWS_LINE}Error: the instance "${NAME}" exists already (available, ${HOST}) and is not as asked for:
  --engine-version: asked for 17, is 16.9
  --allocated-storage: asked for 20, is 100
  --publicly-accessible: asked for true, is false
  → change it with aws rds modify-db-instance, or name another --db-instance-identifier
`)
      expect(code).toBe(1)
      expect(stage.actions().sort()).toEqual(LOOKS)
    }),
  )

  test(
    'and differs is the same in JSON, with what is there',
    onStage(async (stage) => {
      putInstance(stage, {MasterUsername: 'postgres', AvailabilityZone: 'ca-central-1b'})
      const {code, json, stderr} = await stage.create(['--json'])
      expect(json).toEqual({
        error: {
          code: 'INSTANCE_DIFFERS',
          message: `the instance "${NAME}" exists already (available, ${HOST}) and is not as asked for:`,
          hint: 'change it with aws rds modify-db-instance, or name another --db-instance-identifier',
          instance: instanceJson({user: 'postgres'}),
          differences: [{flag: 'master-username', asked: 'cruddurroot', there: 'postgres'}],
        },
      })
      expect(stderr).toBe(AWS_LINE)
      expect(code).toBe(1)
    }),
  )

  test(
    'and is being created is compared once more when all of it can be seen',
    onStage(async (stage) => {
      putInstance(stage, {DBInstanceStatus: 'creating', PerformanceInsightsEnabled: false})
      const {result, says} = stage.start(['--confirm', NAME])
      await says('creating\n')
      stage.setStatus('available')
      expect(await result).toEqual({
        code: 1,
        stdout: '',
        stderr: `${AWS_LINE}${AS_ASKED}creating
available
Error: the instance "${NAME}" exists already (available, ${HOST}) and is not as asked for:
  --enable-performance-insights: asked for true, is false
  → change it with aws rds modify-db-instance, or name another --db-instance-identifier
`,
      })
    }),
  )

  test(
    'since a moment ago is found, whoever made it, and waited for',
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBInstances', {code: 'DBInstanceNotFound', times: 1})
      putInstance(stage)
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe(AVAILABLE)
      expect(stderr).toBe(AWS_LINE + PLAN + AS_ASKED)
      expect(code).toBe(0)
    }),
  )

  test(
    'since a moment ago is told apart when it differs',
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBInstances', {code: 'DBInstanceNotFound', times: 1})
      putInstance(stage, {DBName: 'other'})
      const {code, json} = await stage.create(['--json'])
      const differences = [{flag: 'db-name', asked: 'cruddur', there: 'other'}]
      expect(json).toMatchObject({error: {code: 'INSTANCE_DIFFERS', differences}})
      expect(code).toBe(1)
    }),
  )
})
