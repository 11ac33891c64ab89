import {DescribeSecurityGroupRulesCommand, type EC2ServiceException} from '@aws-sdk/client-ec2'
import {DescribeDBInstancesCommand, RDSClient} from '@aws-sdk/client-rds'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import bodies from '../../fixtures/aws/bodies.json' with {type: 'json'}
import {COMMANDS} from '../../fixtures/aws/commands.js'
import {ec2Client, rdsClient, refusalOf, sendBody} from '../../support/aws/clients.js'
import {type FakeAws, fakeInstance, fakeRule, startFakeAws} from '../../support/aws/fake-aws.js'

let fake: FakeAws

beforeEach(async () => {
  fake = await startFakeAws()
})

afterEach(() => fake.close())

const describeInstances = () => rdsClient(fake).send(new DescribeDBInstancesCommand())
const describeRules = () => ec2Client(fake).send(new DescribeSecurityGroupRulesCommand())

test.each(bodies)('takes what the aws command sends: $name', async ({name, body}) => {
  if (name.startsWith('describe')) fake.instances.set('cruddur-db-instance', fakeInstance())
  if (name.includes('IPv6')) {
    fake.rules.set('sgr-0123456789abcdef0', fakeRule({cidrIpv6: '2001:db8::1/128'}))
  }
  const answer = sendBody(fake, body)
  if (name.includes('dry run')) expect((await refusalOf(answer))[0]).toBe('DryRunOperation')
  else await answer
  expect(fake.requests.map((request) => request.body)).toEqual([body])
})

test('the recorded bodies are those of the commands that record.ts runs', () => {
  expect(bodies.map(({name, command}) => ({name, command}))).toEqual(COMMANDS)
})

test('keeps every request with its service, action and parameters', async () => {
  await describeInstances()
  await describeRules()
  expect(fake.requests).toMatchObject([
    {service: 'rds', action: 'DescribeDBInstances', params: {Version: '2014-10-31'}},
    {service: 'ec2', action: 'DescribeSecurityGroupRules', params: {Version: '2016-11-15'}},
  ])
})

test('the variables alone lead the SDK to it', async () => {
  for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value)
  const {DBInstances} = await new RDSClient().send(new DescribeDBInstancesCommand())
  vi.unstubAllEnvs()
  expect(DBInstances).toEqual([])
  expect(fake.requests[0]?.headers.authorization).toContain('/ca-central-1/rds/aws4_request')
})

test('a wrong secret key is refused by its signature', async () => {
  const options = {secret: 'wrong'}
  const message =
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret ' +
    'Access Key and signing method. Consult the service documentation for details.'
  expect(await refusalOf(rdsClient(fake, options).send(new DescribeDBInstancesCommand()))).toEqual([
    'SignatureDoesNotMatch',
    403,
    message,
  ])
  const ec2 = ec2Client(fake, options).send(new DescribeSecurityGroupRulesCommand())
  expect(await refusalOf(ec2)).toEqual(['SignatureDoesNotMatch', 403, message])
})

test('an unknown key is refused in the words of each service', async () => {
  const options = {key: 'AKIAUNKNOWN'}
  expect(await refusalOf(rdsClient(fake, options).send(new DescribeDBInstancesCommand()))).toEqual([
    'InvalidClientTokenId',
    403,
    'The security token included in the request is invalid.',
  ])
  const ec2 = ec2Client(fake, options).send(new DescribeSecurityGroupRulesCommand())
  expect(await refusalOf(ec2)).toEqual([
    'AuthFailure',
    401,
    'AWS was not able to validate the provided access credentials',
  ])
})

test('a request of a clock that is 20 minutes off is refused', async () => {
  const slow = rdsClient(fake)
  slow.config.systemClockOffset = -20 * 60 * 1000
  const [code, status, message] = await refusalOf(slow.send(new DescribeDBInstancesCommand()))
  expect([code, status]).toEqual(['SignatureDoesNotMatch', 403])
  expect(message).toMatch(
    /^Signature expired: \d+T\d+Z is now earlier than \d+T\d+Z \(\d+T\d+Z - 15 min\.\)$/,
  )
  const fast = ec2Client(fake)
  fast.config.systemClockOffset = 20 * 60 * 1000
  const refusal = await refusalOf(fast.send(new DescribeSecurityGroupRulesCommand()))
  expect(refusal).toEqual(['RequestExpired', 400, 'Request has expired.'])
})

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(fake.url, {
    method: 'POST',
    body,
    headers: {'content-type': 'application/x-www-form-urlencoded', ...headers},
  })

test('a request without a signature, or half of one, is refused as RDS writes errors', async () => {
  const body = 'Action=DescribeDBInstances&Version=2014-10-31'
  const response = await post(body)
  const id = response.headers.get('x-amzn-requestid')
  expect([response.status, await response.text()]).toEqual([
    403,
    '<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type>' +
      '<Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token</Message>' +
      `</Error><RequestId>${id}</RequestId></ErrorResponse>`,
  ])
  const half = await post(body, {authorization: 'AWS4-HMAC-SHA256 Credential=AKIAFAKEFORTESTS0000'})
  expect(await half.text()).toContain('<Code>IncompleteSignature</Code>')
})

test('the same as EC2 writes errors', async () => {
  const response = await post('Action=DescribeSecurityGroupRules&Version=2016-11-15')
  const id = response.headers.get('x-amzn-requestid')
  expect(await response.text()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>MissingAuthenticationToken</Code>' +
      `<Message>Request is missing Authentication Token</Message></Error></Errors><RequestID>${id}</RequestID></Response>`,
  )
})

test.each([
  ['an unknown action', 'Action=DropDBInstance&Version=2014-10-31', 'InvalidAction'],
  ['an unknown action of EC2', 'Action=RunInstances&Version=2016-11-15', 'InvalidAction'],
  [
    'a mistyped parameter',
    'Action=CreateDBInstance&Version=2014-10-31&MultiAz=true',
    'UnknownParameter',
  ],
  [
    'a list member of EC2 under RDS’s name',
    'Action=DescribeSecurityGroupRules&Version=2016-11-15&SecurityGroupRuleIds.1=sgr-1',
    'UnknownParameter',
  ],
  [
    'a parameter that comes twice',
    'Action=DescribeDBInstances&Version=2014-10-31&Marker=a&Marker=b',
    'MalformedQueryString',
  ],
  [
    'a number that is none',
    'Action=DescribeDBEngineVersions&Version=2014-10-31&MaxRecords=many',
    'MalformedInput',
  ],
  ['another version', 'Action=DescribeDBInstances&Version=2011-01-01', 'InvalidAction'],
  ['no action', 'Version=2014-10-31', 'MissingAction'],
])('%s is refused', async (_, body, code) => {
  expect((await refusalOf(sendBody(fake, body)))[0]).toBe(code)
})

test('an action fails as told and as often as told, and is then itself again', async () => {
  fake.fail('DescribeSecurityGroupRules', {code: 'RequestLimitExceeded', times: 2})
  fake.fail('DescribeSecurityGroupRules', {code: 'UnauthorizedOperation', message: 'no', times: 1})
  const limit = ['RequestLimitExceeded', 503, 'Request limit exceeded.']
  expect(await refusalOf(describeRules())).toEqual(limit)
  expect(await refusalOf(describeRules())).toEqual(limit)
  expect(await refusalOf(describeRules())).toEqual(['UnauthorizedOperation', 403, 'no'])
  expect((await describeRules()).SecurityGroupRules).toHaveLength(1)
  expect(await describeInstances()).toBeTruthy()
})

test('a failure without a number of times lasts until it is forgotten', async () => {
  fake.fail('DescribeDBInstances', {})
  for (let count = 0; count < 3; count++) {
    expect((await refusalOf(describeInstances())).slice(0, 2)).toEqual(['InternalFailure', 500])
  }
  fake.fail('DescribeDBInstances', {times: 0})
  await describeInstances()
})

test('a connection that is reset, a log-in page and silence are what they are', async () => {
  fake.fail('DescribeSecurityGroupRules', {how: 'reset', times: 1})
  await expect(describeRules()).rejects.toMatchObject({code: 'ECONNRESET'})
  fake.fail('DescribeSecurityGroupRules', {how: 'garbage', times: 1})
  const error = (await describeRules().catch((reason: unknown) => reason)) as EC2ServiceException
  expect(error.$metadata?.httpStatusCode ?? error.$response?.statusCode).toBe(200)
  fake.fail('DescribeSecurityGroupRules', {how: 'silence'})
  const abort = new AbortController()
  const silent = ec2Client(fake).send(new DescribeSecurityGroupRulesCommand(), {
    abortSignal: abort.signal,
  })
  await expect.poll(() => fake.requests.length).toBe(3)
  abort.abort()
  await expect(silent).rejects.toMatchObject({name: 'AbortError'})
})
