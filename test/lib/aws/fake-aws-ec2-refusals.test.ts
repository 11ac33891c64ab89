import type {
  DescribeSecurityGroupRulesCommandInput,
  SecurityGroupRuleRequest,
} from '@aws-sdk/client-ec2'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {refusalOf} from '../../support/aws/clients.js'
import {type FakeAws, fakeRule, startFakeAws} from '../../support/aws/fake-aws.js'
import {
  describeRules,
  GROUP,
  type Modification,
  modifyRule,
  POSTGRES,
  RULE,
  WANTED,
} from '../../support/aws/rule-calls.js'

let fake: FakeAws

beforeEach(async () => {
  fake = await startFakeAws()
})

afterEach(() => fake.close())

const describe = (input?: Parameters<typeof describeRules>[1]) => describeRules(fake, input)
const modify = (change?: Parameters<typeof modifyRule>[1]) => modifyRule(fake, change)
const without = (name: keyof SecurityGroupRuleRequest) => ({...WANTED, [name]: undefined})

const VALUE = 'InvalidParameterValue'
const MALFORMED = 'InvalidGroupId.Malformed'

test.each<[string, Modification, string, string]>([
  [
    'no protocol',
    {rule: without('IpProtocol')},
    VALUE,
    "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
  ],
  [
    'an unknown protocol',
    {rule: {...WANTED, IpProtocol: 'tpc'}},
    VALUE,
    "Invalid value 'tpc' for IP protocol. Unknown protocol.",
  ],
  [
    'no port',
    {rule: without('ToPort')},
    VALUE,
    'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.',
  ],
  [
    'ports the wrong way round',
    {rule: {...WANTED, ToPort: 5431}},
    VALUE,
    'Invalid TCP/UDP port range (5432:5431)',
  ],
  [
    'a port of all protocols',
    {rule: {...WANTED, IpProtocol: '-1'}},
    VALUE,
    'You may not specify all protocols and specific ports. Please specify each protocol and port ranges individually, or all protocols and no port range.',
  ],
  [
    'an address without a mask',
    {rule: {...WANTED, CidrIpv4: '203.0.113.9'}},
    VALUE,
    'CIDR block 203.0.113.9 is malformed',
  ],
  ['a mask alone', {rule: {...WANTED, CidrIpv4: '/32'}}, VALUE, 'CIDR block /32 is malformed'],
  [
    'a mask too long',
    {rule: {...WANTED, CidrIpv4: '203.0.113.9/33'}},
    VALUE,
    'CIDR block 203.0.113.9/33 is malformed',
  ],
  [
    'an IPv6 address as IPv4',
    {rule: {...WANTED, CidrIpv4: '2001:db8::9/128'}},
    VALUE,
    'CIDR block 2001:db8::9/128 is malformed',
  ],
  [
    'an IPv6 address for a rule of IPv4',
    {rule: {...POSTGRES, CidrIpv6: '2001:db8::9/128'}},
    VALUE,
    `Invalid rule type for security group rule '${RULE}'. You may not specify CidrIpv6 for an existing IPv4 CIDR rule.`,
  ],
  [
    'no address',
    {rule: POSTGRES},
    'MissingParameter',
    'The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId',
  ],
  [
    'two addresses',
    {rule: {...WANTED, CidrIpv6: '2001:db8::9/128'}},
    'InvalidParameterCombination',
    'Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified',
  ],
  [
    'a description with an umlaut',
    {rule: {...WANTED, Description: 'für mich'}},
    VALUE,
    'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
  ],
  [
    'a group that does not exist',
    {group: 'sg-0000000000000000f'},
    'InvalidGroup.NotFound',
    "The security group 'sg-0000000000000000f' does not exist",
  ],
  [
    'a rule of another group',
    {group: 'sg-0fedcba9876543210'},
    'InvalidSecurityGroupRuleId.NotFound',
    `The security group rule ID '${RULE}' does not exist`,
  ],
  [
    'a rule that does not exist',
    {id: 'sgr-0000000000000000f'},
    'InvalidSecurityGroupRuleId.NotFound',
    "The security group rule ID 'sgr-0000000000000000f' does not exist",
  ],
  [
    'a group’s id with a tab',
    {group: '\tsg-0123456789abcdef0'},
    MALFORMED,
    'Invalid id: "\tsg-0123456789abcdef0" (expecting "sg-...")',
  ],
  ['a group’s id that is too short', {group: 'sg-012'}, MALFORMED, 'Invalid id: "sg-012"'],
  ['no group’s id', {group: ''}, MALFORMED, "The security-group ID '' is malformed"],
  [
    'a group’s id for a rule’s',
    {id: GROUP},
    'InvalidSecurityGroupRuleId.Malformed',
    `Invalid id: "${GROUP}" (expecting "sgr-...")`,
  ],
])('%s is refused and nothing changed', async (_, modification, code, message) => {
  expect(await refusalOf(modify(modification))).toEqual([code, 400, message])
  expect([...fake.rules.values()]).toEqual([fakeRule()])
})

test.each<[string, DescribeSecurityGroupRulesCommandInput, string]>([
  [
    'a rule that does not exist',
    {SecurityGroupRuleIds: ['sgr-0000000000000000f']},
    'InvalidSecurityGroupRuleId.NotFound',
  ],
  [
    'a rule’s id that is none',
    {SecurityGroupRuleIds: ['sgr-x']},
    'InvalidSecurityGroupRuleId.Malformed',
  ],
  [
    'a group that does not exist',
    {Filters: [{Name: 'group-id', Values: ['sg-0000000000000000f']}]},
    'InvalidGroup.NotFound',
  ],
  ['a group’s id that is none', {Filters: [{Name: 'group-id', Values: ['sg-x']}]}, MALFORMED],
  ['an unknown filter', {Filters: [{Name: 'group', Values: [GROUP]}]}, VALUE],
  ['a page of four', {MaxResults: 4}, VALUE],
  ['a page of ids', {MaxResults: 5, SecurityGroupRuleIds: [RULE]}, 'InvalidParameterCombination'],
  ['a dry run', {DryRun: true}, 'DryRunOperation'],
])('looking for %s is refused', async (_, input, code) => {
  expect((await refusalOf(describe(input)))[0]).toBe(code)
})
