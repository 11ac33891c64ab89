import {createServer} from 'node:http'
import {text} from 'node:stream/consumers'
import {describe, expect, test} from 'vitest'
import {Refusal} from '../support/aws/refusal.js'
import {listen} from '../support/aws/server.js'
import {errorXml} from '../support/aws/xml.js'
import {AWS_LINE, type AwsStage, onStage, PLAN} from '../support/rds-create.js'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What a refusal is in both forms. */
async function expectError(
  stage: AwsStage,
  expected: {
    exit: number
    code: string
    message: string
    hint: string
    detail?: string
    awsCode?: string
  },
  options: {args?: string[]; env?: Record<string, string | undefined>; before?: string} = {},
): Promise<void> {
  const {exit, ...error} = expected
  const {args = [], env = {}, before = AWS_LINE} = options
  const json = await stage.create([...args, '--json'], env)
  const requestId = {requestId: expect.stringMatching(UUID)}
  expect(json.json).toEqual({error: {...error, ...(error.awsCode ? requestId : {})}})
  expect(json.stderr).toBe(before)
  expect(json.code).toBe(exit)
  const text = await stage.create(args, env)
  const detail = error.detail ? `  detail: ${error.detail}\n` : ''
  expect(text.stderr).toBe(`${before}Error: ${error.message}\n${detail}  → ${error.hint}\n`)
  expect(text.stdout).toBe('')
  expect(text.code).toBe(exit)
}

const QUOTA = 'delete what is not needed, or ask for more in the Service Quotas console'
const KEYS = 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or log in again'
const ORDERABLE =
  'take another one: aws rds describe-orderable-db-instance-options --engine postgres'
const GENERAL = 'correct what it names, then run the command again'

describe.concurrent('what AWS says to CreateDBInstance is told in words, with what to do:', () => {
  const existing = 'there is an instance of that name already'
  test.each([
    [
      'DBInstanceAlreadyExists',
      'INSTANCE_EXISTS',
      existing,
      'name another --db-instance-identifier',
    ],
    [
      'StorageQuotaExceeded',
      'AWS_QUOTA',
      'this account has as much database storage as it may',
      QUOTA,
    ],
    [
      'InstanceQuotaExceeded',
      'AWS_QUOTA',
      'this account has as many DB instances as it may',
      QUOTA,
    ],
    [
      'TenantDatabaseQuotaExceeded',
      'AWS_QUOTA',
      'this account has as many tenant databases as it may',
      QUOTA,
    ],
    [
      'InsufficientDBInstanceCapacity',
      'AWS_REFUSED',
      'AWS has no machine of that class free in that zone',
      'name another --availability-zone, or another --db-instance-class',
    ],
    [
      'DBSubnetGroupDoesNotCoverEnoughAZs',
      'AWS_REFUSED',
      'the subnet group covers fewer than two availability zones',
      'add a subnet in another zone to it, or name another with --db-subnet-group-name',
    ],
    [
      'DBSubnetGroupNotFoundFault',
      'AWS_NOT_FOUND',
      'there is no such subnet group in this region',
      'list them: aws rds describe-db-subnet-groups',
    ],
    [
      'InvalidSubnet',
      'AWS_REFUSED',
      'there are no subnets for the instance',
      'create a default VPC (aws ec2 create-default-vpc), or name a --db-subnet-group-name',
    ],
    [
      'InvalidVPCNetworkStateFault',
      'AWS_REFUSED',
      'the network does not fit: a zone that the region or the subnet group does not have',
      'leave --availability-zone out, or name one of the region',
    ],
    [
      'StorageTypeNotSupported',
      'AWS_REFUSED',
      'the class does not take that storage type',
      ORDERABLE,
    ],
    [
      'ProvisionedIopsNotAvailableInAZFault',
      'AWS_REFUSED',
      'that zone has no storage with provisioned IOPS',
      'name another --availability-zone, or --storage-type gp3',
    ],
    [
      'KMSKeyNotAccessibleFault',
      'AWS_REFUSED',
      'the key that encrypts the storage cannot be used',
      'check that the key is enabled and that these credentials may use it',
    ],
    [
      'DBParameterGroupNotFound',
      'AWS_NOT_FOUND',
      'there is no such parameter group',
      'list them: aws rds describe-db-parameter-groups',
    ],
    [
      'DBSecurityGroupNotFound',
      'AWS_NOT_FOUND',
      'there is no such security group',
      'list them: aws ec2 describe-security-groups',
    ],
    [
      'CertificateNotFound',
      'AWS_NOT_FOUND',
      'there is no such certificate authority',
      'list them: aws rds describe-certificates',
    ],
    [
      'AuthorizationNotFound',
      'AWS_NOT_FOUND',
      'there is no such authorisation in the security group',
      'list the groups: aws ec2 describe-security-groups',
    ],
    [
      'NetworkTypeNotSupported',
      'AWS_REFUSED',
      'the subnet group does not have that kind of network',
      'name another --db-subnet-group-name',
    ],
    [
      'VpcEncryptionControlViolationException',
      'AWS_REFUSED',
      'the VPC demands encryption that this instance would not have',
      'choose another --db-instance-class, or leave --no-storage-encrypted out',
    ],
    ['InvalidParameterCombination', 'AWS_REFUSED', 'AWS refuses rds:CreateDBInstance', GENERAL],
    ['InvalidParameterValue', 'AWS_REFUSED', 'AWS refuses rds:CreateDBInstance', GENERAL],
    ['MissingParameter', 'AWS_REFUSED', 'AWS refuses rds:CreateDBInstance', GENERAL],
    ['SomethingNew', 'AWS_REFUSED', 'AWS refuses rds:CreateDBInstance', GENERAL],
    [
      'Throttling',
      'AWS_THROTTLED',
      'AWS takes no more requests from this account at the moment',
      'try again in a minute',
    ],
    [
      'InternalFailure',
      'AWS_FAILED',
      'AWS failed at rds:CreateDBInstance',
      'try again in a minute; https://health.aws.amazon.com tells of disturbances',
    ],
    [
      'ExpiredToken',
      'AWS_CREDENTIALS',
      'the AWS session has expired',
      'log in again: aws sso login',
    ],
    ['InvalidClientTokenId', 'AWS_CREDENTIALS', 'AWS does not know this access key', KEYS],
    [
      'SignatureDoesNotMatch',
      'AWS_CREDENTIALS',
      'the secret key does not belong to the access key',
      KEYS,
    ],
  ])('%s', (awsCode, code, message, hint) =>
    onStage(async (stage) => {
      const detail = `What AWS says of ${awsCode}.`
      stage.fake.fail('CreateDBInstance', {code: awsCode, message: detail})
      const result = await stage.create(['--json'])
      const rest = {detail, awsCode, requestId: expect.stringMatching(UUID)}
      expect(result.json).toEqual({error: {code, message, hint, ...rest}})
      expect(result.stderr).toBe(AWS_LINE + PLAN)
      expect(result.code).toBe(code === 'AWS_CREDENTIALS' ? 3 : 1)
      expect(stage.fake.instances.size).toBe(0)
    })(),
  )

  test('in words as in JSON', () =>
    onStage(async (stage) => {
      const [awsCode, detail] = ['StorageQuotaExceeded', 'What AWS says.']
      stage.fake.fail('CreateDBInstance', {code: awsCode, message: detail})
      const message = 'this account has as much database storage as it may'
      const expected = {exit: 1, code: 'AWS_QUOTA', message, hint: QUOTA, detail, awsCode}
      await expectError(stage, expected, {before: AWS_LINE + PLAN})
    })())

  test.each([
    ['', ['rds:CreateDBInstance', 'rds:DescribeDBEngineVersions', 'rds:DescribeDBInstances']],
    [
      '--manage-master-user-password',
      [
        'rds:CreateDBInstance',
        'rds:DescribeDBEngineVersions',
        'rds:DescribeDBInstances',
        'kms:DescribeKey',
        'secretsmanager:CreateSecret',
        'secretsmanager:TagResource',
      ],
    ],
  ])('AccessDenied: the least policy that is enough %s', (flag, Action) =>
    onStage(async (stage) => {
      stage.fake.fail('CreateDBInstance', {code: 'AccessDenied'})
      const policy = {Version: '2012-10-17', Statement: [{Effect: 'Allow', Action, Resource: '*'}]}
      const args = flag ? [flag] : []
      const {code, json} = await stage.create([...args, '--json'])
      const detail =
        'User: arn:aws:iam::123456789012:user/cruddur is not authorized to perform: rds:CreateDBInstance because no identity-based policy allows the rds:CreateDBInstance action'
      const message = 'these AWS credentials may not do rds:CreateDBInstance'
      const hint = 'have this policy attached to the user or role'
      const rest = {detail, awsCode: 'AccessDenied', requestId: expect.stringMatching(UUID), policy}
      expect(json).toEqual({error: {code: 'AWS_DENIED', message, hint, ...rest}})
      expect(code).toBe(1)
      const {stderr} = await stage.create(args)
      expect(stderr.slice(stderr.indexOf('Error:'))).toBe(
        `Error: ${message}\n${JSON.stringify(policy, null, 2)}\n  detail: ${detail}\n  → ${hint}\n`,
      )
    })(),
  )
})

const ONLINE = 'check that this machine is online and that the region is spelt right'

describe.concurrent('when AWS cannot be asked', () => {
  const keys = {AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined}

  test('for want of credentials: exit 3', () =>
    onStage(async (stage) => {
      const expected = {
        exit: 3,
        code: 'AWS_CREDENTIALS',
        message: 'no AWS credentials can be had',
        detail: 'Could not load credentials from any providers',
        hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set AWS_PROFILE and log in: aws sso login',
      }
      await expectError(stage, expected, {env: keys})
      expect(stage.actions()).toEqual([])
    })())

  test('for want of a region: exit 2', () =>
    onStage(async (stage) => {
      const hint = 'set AWS_REGION, as in AWS_REGION=ca-central-1'
      const expected = {exit: 2, code: 'AWS_REGION', message: 'no AWS region is named', hint}
      await expectError(stage, expected, {env: {AWS_REGION: undefined}, before: ''})
      expect(stage.actions()).toEqual([])
    })())

  test('because the region is none: exit 2, before anything is sent', () =>
    onStage(async (stage) => {
      const message = '"evil.com/#" is no name of an AWS region'
      const hint = 'set AWS_REGION, as in AWS_REGION=ca-central-1'
      const options = {args: ['--region', 'evil.com/#'], before: ''}
      await expectError(stage, {exit: 2, code: 'AWS_REGION', message, hint}, options)
      expect(stage.actions()).toEqual([])
    })())

  test('because the key is unknown: exit 3, nothing is created', () =>
    onStage(async (stage) => {
      const expected = {
        exit: 3,
        code: 'AWS_CREDENTIALS',
        message: 'AWS does not know this access key',
        detail: 'The security token included in the request is invalid.',
        hint: KEYS,
        awsCode: 'InvalidClientTokenId',
      }
      await expectError(stage, expected, {env: {AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN'}})
      expect(stage.actions()).not.toContain('CreateDBInstance')
    })())

  test('because the secret key is another: exit 3, in one line of AWS', () =>
    onStage(async (stage) => {
      const {code, json} = await stage.create(['--json'], {AWS_SECRET_ACCESS_KEY: 'wrong'})
      const awsCode = 'SignatureDoesNotMatch'
      expect(json).toMatchObject({error: {code: 'AWS_CREDENTIALS', awsCode, hint: KEYS}})
      expect(code).toBe(3)
    })())

  test('because nobody listens there: exit 3', () =>
    onStage(async (stage) => {
      const message = 'cannot reach RDS in ca-central-1: connect ECONNREFUSED 127.0.0.1:1'
      const expected = {exit: 3, code: 'AWS_UNREACHABLE', message, hint: ONLINE}
      await expectError(stage, expected, {env: {AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:1'}})
    })())

  test('because the name does not resolve: exit 3', () =>
    onStage(async (stage) => {
      const env = {AWS_ENDPOINT_URL_RDS: 'http://rds.invalid'}
      const {code, json} = await stage.create(['--json'], env)
      const message = expect.stringMatching(
        /^cannot reach RDS in ca-central-1: getaddrinfo E\w+ rds\.invalid$/,
      )
      expect(json).toEqual({error: {code: 'AWS_UNREACHABLE', message, hint: ONLINE}})
      expect(code).toBe(3)
    })())

  test('because the connection ends: exit 3', () =>
    onStage(async (stage) => {
      stage.fake.fail('DescribeDBInstances', {how: 'reset'})
      const message = 'cannot reach RDS in ca-central-1: read ECONNRESET'
      await expectError(stage, {exit: 3, code: 'AWS_UNREACHABLE', message, hint: ONLINE})
    })())

  test('because creating it ended without an answer: that AWS may have begun', () =>
    onStage(async (stage) => {
      stage.fake.fail('CreateDBInstance', {how: 'reset'})
      const {code, json} = await stage.create(['--json'])
      const hint = 'AWS may have begun to create it: run the same command again to see'
      expect(json).toMatchObject({error: {code: 'AWS_UNREACHABLE', hint}})
      expect(code).toBe(3)
    })())
})

type Page = readonly [status: number, type: string, body: string]

/** A server that answers each action with a page, as a proxy or a Wi-Fi's log-in does. */
async function withPages<T>(
  pageOf: (action: string) => Page,
  fn: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(async (message, response) => {
    const action = new URLSearchParams(await text(message)).get('Action') ?? ''
    const [status, type, body] = pageOf(action)
    response.writeHead(status, {'content-type': type}).end(body)
  })
  const {url, close} = await listen(server)
  try {
    return await fn(url)
  } finally {
    await close()
  }
}

describe.concurrent('an answer that is none of AWS', () => {
  const html = '<html><body>Welcome! Please log in.</body></html>'
  const message = 'cannot reach RDS in ca-central-1: what answers there is not AWS'
  const pages: [string, Page][] = [
    ['a page that is no XML', [200, 'text/html', '<html><body>Welcome!<br></body></html>']],
    ['a page that is XML', [200, 'text/html', html]],
    ['nothing', [200, 'text/xml', '']],
    ['JSON', [200, 'application/json', '{"ok": true}']],
    ['a proxy that blocks', [403, 'text/html', html]],
    ['a proxy that wants a login', [407, 'text/html', html]],
    ['a way to somewhere else', [302, 'text/html', '']],
  ]
  test.each(pages)('is no instance, and none is created on its word: %s', (_, page) =>
    onStage((stage) =>
      withPages(
        () => page,
        async (url) => {
          const env = {AWS_ENDPOINT_URL_RDS: url}
          const {code, json} = await stage.create(['--no-wait', '--json'], env)
          expect(json).toEqual({error: {code: 'AWS_UNREACHABLE', message, hint: ONLINE}})
          expect(code).toBe(3)
        },
      ),
    )(),
  )

  test('with a 502 is a failure of AWS for all one can tell, and its page is not shown', () =>
    onStage((stage) =>
      withPages(
        () => [502, 'text/html', '<html><body>Bad gateway<br></body></html>'],
        async (url) => {
          const {code, json} = await stage.create(['--json'], {AWS_ENDPOINT_URL_RDS: url})
          const hint = 'try again in a minute; https://health.aws.amazon.com tells of disturbances'
          const words = 'AWS failed at rds:DescribeDBInstances'
          expect(json).toEqual({error: {code: 'AWS_FAILED', message: words, hint}})
          expect(code).toBe(1)
        },
      ),
    )())

  test('to CreateDBInstance is not taken for an instance: AWS may have begun', () =>
    onStage((stage) => {
      const none = errorXml('rds', new Refusal('DBInstanceNotFound', 'not found', 404), 'id')
      return withPages(
        (action) =>
          action === 'CreateDBInstance' ? [200, 'text/html', html] : [404, 'text/xml', none],
        async (url) => {
          const env = {AWS_ENDPOINT_URL_RDS: url}
          const {code, json} = await stage.create(['--no-wait', '--json'], env)
          const hint = 'AWS may have begun to create it: run the same command again to see'
          expect(json).toEqual({error: {code: 'AWS_UNREACHABLE', message, hint}})
          expect(code).toBe(3)
        },
      )
    })())
})
