import type {SecurityGroupRule, SecurityGroupRuleRequest} from '@aws-sdk/client-ec2'
import {describe, expect, test} from 'vitest'
import type {Ec2} from '../../../src/lib/aws/ec2.js'
import {familyOf, type Rule, ruleOf} from '../../../src/lib/aws/rule.js'
import {addressOf, type RuleRequest} from '../../../src/lib/aws/rule-request.js'
import {describeUpdate, portsOf} from '../../../src/lib/aws/rule-words.js'
import {type RuleUpdate, updateRule} from '../../../src/lib/aws/security-group-rule.js'
import {errorOf} from '../target/fixtures.js'

const groupId = 'sg-0123456789abcdef0'
const ruleId = 'sgr-0123456789abcdef0'
const request: RuleRequest = {
  groupId,
  ruleId,
  address: addressOf('203.0.113.9'),
  port: undefined,
  description: undefined,
}

const awsRule = (changes: SecurityGroupRule = {}): SecurityGroupRule => ({
  SecurityGroupRuleId: ruleId,
  GroupId: groupId,
  GroupOwnerId: '123456789012',
  IsEgress: false,
  IpProtocol: 'tcp',
  FromPort: 5432,
  ToPort: 5432,
  ...(changes.CidrIpv6 ? {} : {CidrIpv4: '198.51.100.7/32'}),
  Description: 'GITPOD',
  ...changes,
})

const rule = (changes: Partial<Rule> = {}): Rule => ({
  groupId,
  ruleId,
  cidr: '198.51.100.7/32',
  protocol: 'tcp',
  port: 5432,
  toPort: 5432,
  description: 'GITPOD',
  ...changes,
})

describe('a rule of AWS', () => {
  test.each<[string, SecurityGroupRule, Partial<Rule>]>([
    ['as it usually is', {}, {}],
    ['of IPv6', {CidrIpv6: '::/0'}, {cidr: '::/0'}],
    [
      'for every protocol',
      {IpProtocol: '-1', FromPort: -1, ToPort: -1},
      {protocol: '-1', port: null, toPort: null},
    ],
    ['with port 0', {FromPort: 0, ToPort: 65_535}, {port: 0, toPort: 65_535}],
    ['without a description', {Description: ''}, {description: null}],
  ])('%s is one of ours', (_, found, ours) => {
    expect(ruleOf(awsRule(found), request)).toEqual(rule(ours))
  })

  test.each<[string, SecurityGroupRule | undefined, string]>([
    ['is not there', undefined, `there is no rule ${ruleId}`],
    [
      'is another group’s',
      awsRule({GroupId: 'sg-2'}),
      `the rule ${ruleId} belongs to the group sg-2, not to ${groupId}`,
    ],
    [
      'is for what leaves',
      awsRule({IsEgress: true}),
      `the rule ${ruleId} is for traffic that leaves the database (egress)`,
    ],
  ])('that %s is refused', (_, found, message) => {
    const error = errorOf(() => ruleOf(found, request))
    expect([error.code, error.exit, error.message]).toEqual(['RULE_MISMATCH', 1, message])
  })

  test.each<[string, SecurityGroupRule]>([
    ['a prefix list', {PrefixListId: 'pl-1'}],
    ['a group', {ReferencedGroupInfo: {GroupId: 'sg-2'}}],
    ['nothing', {}],
  ])('that admits %s is refused', (_, target) => {
    const {CidrIpv4: _cidr, ...bare} = awsRule()
    expect(errorOf(() => ruleOf({...bare, ...target}, request)).message).toBe(
      `the rule ${ruleId} admits a group or a prefix list, not an address`,
    )
  })
})

test.each([
  ['tcp 5432', {}],
  ['tcp 5432-5440', {toPort: 5440}],
  ['tcp 0-65535', {port: 0, toPort: 65_535}],
  ['every port', {protocol: '-1', port: null, toPort: null}],
  ['icmp 8', {protocol: 'icmp', port: 8, toPort: null}],
  ['icmp', {protocol: 'icmp', port: null, toPort: null}],
  ['50', {protocol: '50', port: null, toPort: null}],
])('ports in words: %s', (words, changes) => {
  expect(portsOf(rule(changes))).toBe(words)
})

test('the family is that of the block', () => {
  expect([familyOf(rule()), familyOf(rule({cidr: '::/0'}))]).toEqual([4, 6])
})

/** An EC2 with one rule and its neighbours, which takes every change. */
function ec2Of(found: SecurityGroupRule, others: SecurityGroupRule[] = []) {
  const sent: [SecurityGroupRuleRequest, boolean][] = []
  let current = found
  const ec2: Ec2 = {
    region: 'ca-central-1',
    rule: async () => current,
    groupRules: async () => [...others, current],
    replace: async (wanted, dryRun) => {
      sent.push([wanted, dryRun])
      if (others.length > 0) return 'duplicate'
      if (!dryRun) {
        const {CidrIpv4: _4, CidrIpv6: _6, Description: _d, ...rest} = current
        current = {...rest, ...wanted}
      }
      return 'done'
    },
  }
  return {ec2, sent}
}

describe('an update', () => {
  const never = () => Promise.reject(new Error('the address was looked up'))

  test('sends the rule whole, and only once', async () => {
    const {ec2, sent} = ec2Of(awsRule())
    const steps: string[] = []
    const onStep = (step: string) => steps.push(step)
    const update = await updateRule(ec2, request, {dryRun: false, ownAddress: never, onStep})
    expect(sent).toEqual([
      [
        {
          IpProtocol: 'tcp',
          FromPort: 5432,
          ToPort: 5432,
          CidrIpv4: '203.0.113.9/32',
          Description: 'GITPOD',
        },
        false,
      ],
    ])
    expect(update).toEqual({
      rule: rule({cidr: '203.0.113.9/32'}),
      previous: rule(),
      previousCidr: '198.51.100.7/32',
      changed: true,
      outcome: 'changed',
      duplicateOf: null,
    })
    expect(steps).toEqual([
      'reading the rule',
      "looking up this machine's address",
      'changing the rule',
      'reading the rule back',
    ])
  })

  test('of a rule without ports and description sends -1 and none', async () => {
    const {ec2, sent} = ec2Of(
      awsRule({IpProtocol: '-1', FromPort: -1, ToPort: -1, Description: ''}),
    )
    await updateRule(ec2, request, {dryRun: false, ownAddress: never})
    expect(sent).toEqual([
      [{IpProtocol: '-1', FromPort: -1, ToPort: -1, CidrIpv4: '203.0.113.9/32'}, false],
    ])
  })

  test('asks for the address of the rule’s family', async () => {
    const {ec2, sent} = ec2Of(awsRule({CidrIpv6: '2001:db8::1/128'}))
    const ownAddress = async (family: number) => addressOf(family === 6 ? '2001:db8::9' : '1.1.1.1')
    await updateRule(ec2, {...request, address: undefined}, {dryRun: false, ownAddress})
    expect(sent).toMatchObject([[{CidrIpv6: '2001:db8::9/128'}, false]])
  })

  test('of a rule that is right sends nothing, dry run or not', async () => {
    for (const dryRun of [true, false]) {
      const {ec2, sent} = ec2Of(awsRule({CidrIpv4: '203.0.113.9/32'}))
      const update = await updateRule(ec2, request, {dryRun, ownAddress: never})
      expect([update.outcome, update.changed, sent]).toEqual(['unchanged', false, []])
    }
  })

  test('of a rule of the other family sends nothing', async () => {
    const {ec2, sent} = ec2Of(awsRule({CidrIpv6: '::/0'}))
    const update = updateRule(ec2, request, {dryRun: false, ownAddress: never})
    await expect(update).rejects.toMatchObject({code: 'RULE_MISMATCH'})
    expect(sent).toEqual([])
  })

  test('does nothing when the address cannot be had', async () => {
    const {ec2, sent} = ec2Of(awsRule())
    const update = updateRule(
      ec2,
      {...request, address: undefined},
      {dryRun: false, ownAddress: never},
    )
    await expect(update).rejects.toThrow('the address was looked up')
    expect(sent).toEqual([])
  })

  test('that is only tried leaves the rule, and shows it as it would be', async () => {
    const {ec2, sent} = ec2Of(awsRule())
    const update = await updateRule(ec2, request, {dryRun: true, ownAddress: never})
    expect(update).toMatchObject({
      changed: false,
      outcome: 'would-change',
      rule: {cidr: '203.0.113.9/32'},
    })
    expect(sent).toMatchObject([[{}, true]])
  })

  test('that another rule makes needless names that one, and not one that looks like it', async () => {
    const same = {CidrIpv4: '203.0.113.9/32'}
    const {ec2} = ec2Of(awsRule(), [
      awsRule({...same, SecurityGroupRuleId: 'sgr-udp', IpProtocol: 'udp'}),
      awsRule({...same, SecurityGroupRuleId: 'sgr-range', ToPort: 5440}),
      awsRule({...same, SecurityGroupRuleId: 'sgr-egress', IsEgress: true}),
      awsRule({...same, SecurityGroupRuleId: 'sgr-same', Description: 'another'}),
    ])
    const update = await updateRule(ec2, request, {dryRun: false, ownAddress: never})
    expect(update).toMatchObject({
      changed: false,
      outcome: 'duplicate',
      duplicateOf: 'sgr-same',
      rule: rule(),
    })
  })
})

describe('an update in words', () => {
  const update: RuleUpdate = {
    rule: rule({cidr: '203.0.113.9/32'}),
    previous: rule({cidr: '0.0.0.0/0'}),
    previousCidr: '0.0.0.0/0',
    changed: true,
    outcome: 'changed',
    duplicateOf: null,
  }

  test.each<[Partial<RuleUpdate>, string]>([
    [{}, `${ruleId} now admits 203.0.113.9/32 on tcp 5432; before: 0.0.0.0/0`],
    [
      {previous: rule({cidr: '203.0.113.9/32', port: 5431, toPort: 5431})},
      `${ruleId} now admits 203.0.113.9/32 on tcp 5432; before: 203.0.113.9/32 on tcp 5431`,
    ],
    [
      {previous: rule({cidr: '203.0.113.9/32', description: null})},
      `${ruleId} now admits 203.0.113.9/32 on tcp 5432 ("GITPOD"); before: 203.0.113.9/32 on tcp 5432`,
    ],
    [{outcome: 'unchanged'}, `${ruleId} admits 203.0.113.9/32 on tcp 5432 already: nothing to do`],
    [
      {outcome: 'would-change'},
      `EC2 would change ${ruleId} to admit 203.0.113.9/32 on tcp 5432; now: 0.0.0.0/0`,
    ],
    [
      {outcome: 'duplicate', rule: rule(), previous: rule()},
      `another rule of ${groupId} admits this address already; ${ruleId} stays at 198.51.100.7/32 on tcp 5432`,
    ],
    [
      {outcome: 'duplicate', rule: rule(), previous: rule(), duplicateOf: 'sgr-1'},
      `another rule of ${groupId}, sgr-1, admits this address already; ${ruleId} stays at 198.51.100.7/32 on tcp 5432`,
    ],
  ])('%j', (changes, words) => {
    expect(describeUpdate({...update, ...changes})).toBe(words)
  })
})
