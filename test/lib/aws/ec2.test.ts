import {createServer, type ServerResponse} from 'node:http'
import {text} from 'node:stream/consumers'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {type Ec2, withEc2} from '../../../src/lib/aws/ec2.js'
import {type FakeAws, fakeRule, startFakeAws} from '../../support/aws/fake-aws.js'
import {listen} from '../../support/aws/server.js'
import {until} from '../../support/wait.js'

const ids = {groupId: 'sg-0123456789abcdef0', ruleId: 'sgr-0123456789abcdef0'}
const WANTED = {IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, CidrIpv4: '203.0.113.9/32'}

let fake: FakeAws
const before = {...process.env}

beforeAll(async () => {
  fake = await startFakeAws()
  // The SDK reads the process's variables.
  Object.assign(process.env, fake.env, {AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true'})
})
afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
  await fake.close()
})
beforeEach(() => {
  fake.requests.length = 0
  fake.rules.clear()
  fake.rules.set(ids.ruleId, fakeRule())
})
afterEach(() => {
  for (const action of ['DescribeSecurityGroupRules', 'ModifySecurityGroupRules'])
    fake.fail(action, {times: 0})
})

const on = <T>(fn: (ec2: Ec2) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  withEc2(ids, {region: 'eu-west-1', signal}, fn)

describe('EC2 for one rule', () => {
  test('reads it', async () => {
    expect(await on((ec2) => ec2.rule())).toMatchObject({
      SecurityGroupRuleId: ids.ruleId,
      GroupId: ids.groupId,
      CidrIpv4: '198.51.100.7/32',
    })
  })

  test('reads those of its group and of no other', async () => {
    const others = [
      fakeRule({id: 'sgr-01111111111111111'}),
      fakeRule({id: 'sgr-02222222222222222', groupId: 'sg-0fedcba9876543210'}),
    ]
    for (const rule of others) fake.rules.set(rule.id, rule)
    const found = await on((ec2) => ec2.groupRules())
    expect(found.map(({SecurityGroupRuleId}) => SecurityGroupRuleId)).toEqual([
      ids.ruleId,
      'sgr-01111111111111111',
    ])
  })

  test('replaces it whole', async () => {
    expect(await on((ec2) => ec2.replace(WANTED, false))).toBe('done')
    const {description: _, ...rest} = fakeRule({cidrIpv4: '203.0.113.9/32'})
    expect(fake.rules.get(ids.ruleId)).toEqual(rest)
  })

  test('only asks whether it would', async () => {
    expect(await on((ec2) => ec2.replace(WANTED, true))).toBe('done')
    expect(fake.requests.at(-1)?.params['DryRun']).toBe('true')
    expect(fake.rules.get(ids.ruleId)).toEqual(fakeRule())
  })

  test('says that another rule is the same', async () => {
    const other = fakeRule({id: 'sgr-01111111111111111', cidrIpv4: '203.0.113.9/32'})
    fake.rules.set(other.id, other)
    expect(await on((ec2) => ec2.replace(WANTED, false))).toBe('duplicate')
    expect(await on((ec2) => ec2.replace(WANTED, true))).toBe('duplicate')
  })

  test('knows its region', async () => {
    expect(await on(async ({region}) => region)).toBe('eu-west-1')
    expect(await withEc2(ids, {}, async ({region}) => region)).toBe('ca-central-1')
  })

  test('gives back what is returned, and throws what is thrown, untouched', async () => {
    const error = new Error('of the caller')
    await expect(on(() => Promise.reject(error))).rejects.toBe(error)
  })

  test('puts the account into the policy once it is known', async () => {
    fake.fail('ModifySecurityGroupRules', {code: 'UnauthorizedOperation'})
    const policyOf = (fn: (ec2: Ec2) => Promise<unknown>) =>
      on(fn).then(
        () => '',
        (error: unknown) => JSON.stringify(error),
      )
    const change = (ec2: Ec2) => ec2.replace(WANTED, false)
    expect(await policyOf(change)).toContain(`eu-west-1:*:security-group/${ids.groupId}`)
    const readFirst = await policyOf(async (ec2) => {
      await ec2.rule()
      return change(ec2)
    })
    expect(readFirst).toContain(`eu-west-1:123456789012:security-group/${ids.groupId}`)
  })
})

test('the policy names the region that the profile names', async () => {
  fake.fail('DescribeSecurityGroupRules', {code: 'UnauthorizedOperation'})
  const denied = withEc2(ids, {}, (ec2) => ec2.rule())
  await expect(denied).rejects.toMatchObject({
    excerpt: expect.stringContaining(`arn:aws:ec2:ca-central-1:*:security-group/${ids.groupId}`),
  })
})

describe('an abort', () => {
  test.each([
    ['reading', 'DescribeSecurityGroupRules', (ec2: Ec2) => ec2.rule()],
    ['changing', 'ModifySecurityGroupRules', (ec2: Ec2) => ec2.replace(WANTED, false)],
  ] as const)('ends %s at once, with its reason', async (_, action, act) => {
    fake.fail(action, {how: 'silence'})
    const stop = new AbortController()
    const reason = new Error('reason')
    const refused = expect(on<unknown>(act, stop.signal)).rejects.toBe(reason)
    await until(
      () => fake.requests.length === 1,
      () => 'the request',
    )
    stop.abort(reason)
    await refused
  })

  test('that came before sends nothing', async () => {
    const reason = new Error('reason')
    const signal = AbortSignal.abort(reason)
    await expect(on((ec2) => ec2.rule(), signal)).rejects.toBe(reason)
    expect(fake.requests).toEqual([])
  })
})

describe('an answer that EC2 would not give', () => {
  /** Answers changes so, on an endpoint of its own. */
  async function answering<T>(answer: string, fn: (ec2: Ec2) => Promise<T>): Promise<T> {
    const respond = (response: ServerResponse) =>
      response.writeHead(200, {'content-type': 'text/xml'}).end(answer)
    const server = await listen(
      createServer((request, response) => void text(request).then(() => respond(response))),
    )
    process.env['AWS_ENDPOINT_URL_EC2'] = server.url
    try {
      return await on(fn)
    } finally {
      process.env['AWS_ENDPOINT_URL_EC2'] = fake.url
      await server.close()
    }
  }
  const xml = (inside: string) =>
    `<ModifySecurityGroupRulesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>${inside}</ModifySecurityGroupRulesResponse>`

  test.each([
    ['a dry run that was no dry run', xml('<return>true</return>'), true],
    ['a change that is not confirmed', xml('<return>false</return>'), false],
    ['a page', '<html><body><p>Please log in.</p></body></html>', false],
    ['a page, to a dry run', '<html><body><p>Please log in.</p></body></html>', true],
    ['nothing', '', false],
  ])('%s is no success', async (_, answer, dryRun) => {
    const change = answering(answer, (ec2) => ec2.replace(WANTED, dryRun))
    await expect(change).rejects.toMatchObject({code: 'AWS_UNREACHABLE', exit: 3})
  })

  test.each([
    ['a page', '<html><body><p>Please log in.</p></body></html>'],
    ['nothing', ''],
  ])('%s is not the lack of a rule', async (_, answer) => {
    const read = answering(answer, (ec2) => ec2.rule())
    await expect(read).rejects.toMatchObject({code: 'AWS_UNREACHABLE', exit: 3})
  })

  test('a DryRunOperation where none was asked for is no success', async () => {
    fake.fail('ModifySecurityGroupRules', {code: 'DryRunOperation'})
    await expect(on((ec2) => ec2.replace(WANTED, false))).rejects.toMatchObject({
      data: {awsCode: 'DryRunOperation'},
    })
  })
})
