import {describe, expect, test} from 'vitest'
import {AWS_LINE, type AwsStage, HOST, NAME, onStage, PLAN} from '../support/rds-create.js'

describe.concurrent('waiting ends at once', () => {
  const START = `start it: aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1`
  const EVENTS = `see why, then delete it: aws rds describe-events --source-type db-instance --source-identifier ${NAME} --duration 1440 --region ca-central-1`
  const MORE = `give it more storage: aws rds modify-db-instance --db-instance-identifier ${NAME} --region ca-central-1 --allocated-storage 23 --apply-immediately`
  test.each([
    ['failed', EVENTS],
    [
      'incompatible-network',
      "check its subnets: not enough addresses, or a zone that the group doesn't cover",
    ],
    ['incompatible-parameters', 'put a parameter group on it that fits, then reboot it'],
    ['incompatible-restore', EVENTS],
    ['incompatible-option-group', EVENTS],
    ['incompatible-create', EVENTS],
    ['insufficient-capacity', EVENTS],
    ['restore-error', EVENTS],
    ['storage-full', MORE],
    [
      'inaccessible-encryption-credentials',
      'make its KMS key usable again, then start the instance',
    ],
    [
      'inaccessible-encryption-credentials-recoverable',
      'make its KMS key usable again, then start the instance',
    ],
    ['deleting', 'it is being deleted: wait until it is gone, then create it again'],
    ['stopping', START],
    ['stopped', START],
  ])('in a state that leads nowhere: %s', (status, hint) =>
    onStage(async (stage) => {
      stage.fake.statuses = [status]
      const {code, json, stderr} = await stage.create(['--json'])
      const message = `the instance "${NAME}" is ${status} and will not become available by itself`
      expect(json).toMatchObject({
        error: {code: 'INSTANCE_FAILED', message, hint, instance: {identifier: NAME, status}},
      })
      expect(stderr).toBe(`${AWS_LINE}${PLAN}${status}\n`)
      expect(code).toBe(1)
    })(),
  )

  test('in such a state after a good one, in words', () =>
    onStage(async (stage) => {
      stage.fake.statuses = ['creating', 'storage-full']
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe('')
      expect(stderr).toBe(`${AWS_LINE}${PLAN}creating
storage-full
Error: the instance "${NAME}" is storage-full and will not become available by itself
  → ${MORE}
`)
      expect(code).toBe(1)
    })())

  /** Looks that fail after the one that finds nothing. */
  const failLooks = ({fake}: AwsStage, code: string): void => {
    fake.fail('DescribeDBInstances', {code: 'DBInstanceNotFound', times: 1})
    fake.fail('DescribeDBInstances', {code})
  }
  const ON = `the instance "${NAME}" goes on being created without us`

  test('when the session expires: exit 3, and the instance goes on being created', () =>
    onStage(async (stage) => {
      failLooks(stage, 'ExpiredToken')
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe('')
      expect(stderr).toBe(`${AWS_LINE}${PLAN}Error: the AWS session has expired; ${ON}
  detail: The security token included in the request is expired
  → log in again: aws sso login
`)
      expect(code).toBe(3)
      expect(stage.fake.instances.has(NAME)).toBe(true)
    })())

  test('when the right to look is taken away: exit 1, and the instance goes on being created', () =>
    onStage(async (stage) => {
      failLooks(stage, 'AccessDenied')
      const {code, json} = await stage.create(['--json'])
      const message = `these AWS credentials may not do rds:DescribeDBInstances; ${ON}`
      expect(json).toMatchObject({error: {code: 'AWS_DENIED', message, policy: {}}})
      expect(code).toBe(1)
    })())

  test('when somebody deletes it', () =>
    onStage(async (stage) => {
      stage.fake.statuses = ['creating']
      const {result, says} = stage.start(['--confirm', NAME])
      await says('creating\n')
      stage.fake.instances.clear()
      const {code, stderr} = await result
      expect(stderr).toBe(`${AWS_LINE}${PLAN}creating
Error: the instance "${NAME}" is not there any more
  → somebody deleted it; run the command again to create it anew
`)
      expect(code).toBe(1)
    })())

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'at %s: exit %i, the instance is left to AWS, and how to look again',
    (signal, exit) =>
      onStage(async (stage) => {
        stage.fake.statuses = ['creating']
        const message = `interrupted; ${ON}`
        const hint = 'run the same command again: it finds the instance and waits on'
        const text = stage.start(['--confirm', NAME])
        await text.says('creating\n')
        text.child.kill(signal)
        expect(await text.result).toEqual({
          code: exit,
          stdout: '',
          stderr: `${AWS_LINE}${PLAN}creating\nError: ${message}\n  → ${hint}\n`,
        })
        const json = stage.start(['--confirm', NAME, '--json'])
        await json.says('creating\n')
        json.child.kill(signal)
        const {code, stdout} = await json.result
        expect(JSON.parse(stdout)).toEqual({error: {code: 'INTERRUPTED', message, hint}})
        expect(code).toBe(exit)
        expect(stage.actions().filter((action) => !/^(Describe|Create)/.test(action))).toEqual([])
        expect(stage.fake.instances.get(NAME)?.DBInstanceStatus).toBe('creating')
      })(),
  )
})

describe.concurrent('an interruption is not kept waiting by an AWS that is silent', () => {
  test.each([
    ['DescribeDBInstances', AWS_LINE, ''],
    [
      'CreateDBInstance',
      `${AWS_LINE}${PLAN}`,
      '  → AWS may have begun to create it: run the same command again to see\n',
    ],
  ])('at %s', (action, before, hint) =>
    onStage(async (stage) => {
      stage.fake.fail(action, {how: 'silence'})
      const {child, result} = stage.start(['--confirm', NAME])
      await stage.asked(action, 1)
      const interrupted = Date.now()
      child.kill('SIGINT')
      expect(await result).toEqual({
        code: 130,
        stdout: '',
        stderr: `${before}Error: interrupted\n${hint}`,
      })
      expect(Date.now() - interrupted).toBeLessThan(5000)
    })(),
  )
})

describe.concurrent('waiting goes on', () => {
  /** The SDK asks three times before a look has failed. */
  const trouble = [
    [
      'throttling',
      {code: 'Throttling'},
      'AWS takes no more requests from this account at the moment',
    ],
    ['an error of AWS', {code: 'InternalFailure'}, 'AWS failed at rds:DescribeDBInstances'],
    ['a lost connection', {how: 'reset'}, 'cannot reach RDS in ca-central-1: read ECONNRESET'],
    [
      'a page of a Wi-Fi',
      {how: 'garbage'},
      'cannot reach RDS in ca-central-1: what answers there is not AWS',
    ],
  ] as const
  test.each(trouble)('after %s, which is said', (_, failure, words) =>
    onStage(async (stage) => {
      stage.fake.statuses = ['creating']
      const {result, says} = stage.start(['--confirm', NAME])
      await says('creating\n')
      stage.fake.fail('DescribeDBInstances', {...failure, times: 3})
      await says('; trying again\n')
      stage.fake.fail('DescribeDBInstances', {times: 0})
      stage.setStatus('available')
      const {code, stdout, stderr} = await result
      expect(stderr).toBe(`${AWS_LINE}${PLAN}creating\n${words}; trying again\navailable\n`)
      expect(stdout).toContain(`endpoint        ${HOST}:5432`)
      expect(code).toBe(0)
    })(),
  )

  test('after a look that is never answered', () =>
    onStage(async (stage) => {
      stage.fake.statuses = ['creating']
      const {result, says} = stage.start(['--confirm', NAME])
      await says('creating\n')
      stage.fake.fail('DescribeDBInstances', {how: 'silence', times: 1})
      const looks = stage.actions().filter((action) => action === 'DescribeDBInstances').length
      await stage.asked('DescribeDBInstances', looks + 1)
      stage.setStatus('available')
      const {code, stdout, stderr} = await result
      expect(stderr).toBe(`${AWS_LINE}${PLAN}creating\navailable\n`)
      expect(stdout).toContain(`endpoint        ${HOST}:5432`)
      expect(code).toBe(0)
    })())

  test('though the very first look fails, and says so', () =>
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBInstances', {code: 'DBInstanceNotFound', times: 1})
      stage.fake.fail('DescribeDBInstances', {code: 'InternalFailure', times: 3})
      stage.fake.statuses = ['available']
      const {code, stderr} = await stage.create()
      expect(stderr).toContain('AWS failed at rds:DescribeDBInstances; trying again\n')
      expect(code).toBe(0)
    })())

  test('though AWS does not know the new instance yet', () =>
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBInstances', {code: 'DBInstanceNotFound', times: 3})
      stage.fake.statuses = ['available']
      const {code, stdout} = await stage.create()
      expect(stdout).toContain(`endpoint        ${HOST}:5432`)
      expect(code).toBe(0)
    })())
})
