import {
  paginateDescribeSecurityGroupRules,
  type SecurityGroupRuleRequest,
} from '@aws-sdk/client-ec2'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {ec2Client, refusalOf} from '../../support/aws/clients.js'
import {type FakeAws, fakeRule, startFakeAws} from '../../support/aws/fake-aws.js'
import {
  describeRules,
  GROUP,
  modifyRule,
  POSTGRES,
  RULE,
  WANTED,
} from '../../support/aws/rule-calls.js'

const DEFAULT = {
  SecurityGroupRuleId: RULE,
  GroupId: GROUP,
  GroupOwnerId: '123456789012',
  IsEgress: false,
  ...POSTGRES,
  CidrIpv4: '198.51.100.7/32',
  Description: 'GITPOD',
  Tags: [],
  SecurityGroupRuleArn: `arn:aws:ec2:ca-central-1:123456789012:security-group-rule/${RULE}`,
}

let fake: FakeAws

beforeEach(async () => {
  fake = await startFakeAws()
})

afterEach(() => fake.close())

const describe = (input?: Parameters<typeof describeRules>[1]) => describeRules(fake, input)
const modify = (change?: Parameters<typeof modifyRule>[1]) => modifyRule(fake, change)
const without = (name: keyof SecurityGroupRuleRequest) => ({...WANTED, [name]: undefined})

test('a rule is found by its id, and by its group', async () => {
  expect(await describe()).toEqual([DEFAULT])
  expect(await describe({Filters: [{Name: 'group-id', Values: [GROUP]}]})).toEqual([DEFAULT])
  expect(await describe({Filters: [{Name: 'group-id', Values: ['sg-0fedcba9876543210']}]})).toEqual(
    [],
  )
  expect(
    await describe({Filters: [{Name: 'security-group-rule-id', Values: [RULE]}]}),
  ).toHaveLength(1)
})

test('rules come page by page where a page is asked for', async () => {
  for (let port = 1; port <= 6; port++) {
    const id = `sgr-0123456789abcdef${port}`
    fake.rules.set(id, fakeRule({id, fromPort: port, toPort: port}))
  }
  const pages = paginateDescribeSecurityGroupRules({client: ec2Client(fake), pageSize: 5}, {})
  const sizes: number[] = []
  for await (const {SecurityGroupRules = []} of pages) sizes.push(SecurityGroupRules.length)
  expect(sizes).toEqual([5, 2])
  expect(await describe({})).toHaveLength(7)
})

test('a change replaces the whole rule', async () => {
  expect((await modify()).Return).toBe(true)
  expect(await describe()).toEqual([{...DEFAULT, CidrIpv4: '203.0.113.9/32'}])
})

test('a description that is left out is gone', async () => {
  await modify({rule: without('Description')})
  const {Description, ...rest} = DEFAULT
  expect(await describe()).toEqual([{...rest, CidrIpv4: '203.0.113.9/32'}])
})

test.each([
  ['CidrIpv4', '203.0.113.9/24', '203.0.113.0/24'],
  ['CidrIpv4', '0.0.0.0/0', '0.0.0.0/0'],
  ['CidrIpv6', '2001:0DB8:0:0:0:0:0:0009/128', '2001:db8::9/128'],
  ['CidrIpv6', '2001:db8:1:2:3::/48', '2001:db8:1::/48'],
  ['CidrIpv6', '::/0', '::/0'],
] as const)('%s %s is stored as %s', async (name, given, stored) => {
  if (name === 'CidrIpv6') fake.rules.set(RULE, fakeRule({cidrIpv6: '2001:db8::1/128'}))
  await modify({rule: {...POSTGRES, [name]: given}})
  expect((await describe())[0]).toHaveProperty(name, stored)
})

test('all protocols stand there with the ports -1', async () => {
  await modify({rule: {IpProtocol: '-1', CidrIpv4: '203.0.113.9/32'}})
  expect((await describe())[0]).toMatchObject({IpProtocol: '-1', FromPort: -1, ToPort: -1})
})

test('a dry run changes nothing, says it would have, and refuses what would be refused', async () => {
  expect(await refusalOf(modify({dryRun: true}))).toEqual([
    'DryRunOperation',
    412,
    'Request would have succeeded, but DryRun flag is set.',
  ])
  expect(await describe()).toEqual([DEFAULT])
  const refused = refusalOf(modify({dryRun: true, rule: without('IpProtocol')}))
  expect((await refused)[0]).toBe('InvalidParameterValue')
})

test('after a change the old rule is still read as often as told', async () => {
  fake.staleReads = 2
  await modify()
  const read = async () => (await describe())[0]?.CidrIpv4
  expect([await read(), await read(), await read()]).toEqual([
    '198.51.100.7/32',
    '198.51.100.7/32',
    '203.0.113.9/32',
  ])
})

test('what another rule of the group already is, is a duplicate', async () => {
  const other = fakeRule({
    id: 'sgr-0123456789abcdef1',
    cidrIpv4: '203.0.113.9/32',
    description: 'other',
  })
  fake.rules.set(other.id, other)
  expect(await refusalOf(modify())).toEqual([
    'InvalidPermission.Duplicate',
    400,
    'the specified rule "peer: 203.0.113.9/32, TCP, from port: 5432, to port: 5432, ALLOW" already exists',
  ])
  fake.rules.set(other.id, {...other, isEgress: true})
  await modify()
})
