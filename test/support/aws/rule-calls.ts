import {
  DescribeSecurityGroupRulesCommand,
  type DescribeSecurityGroupRulesCommandInput,
  ModifySecurityGroupRulesCommand,
  type ModifySecurityGroupRulesCommandOutput,
  type SecurityGroupRule,
  type SecurityGroupRuleRequest,
} from '@aws-sdk/client-ec2'
import {ec2Client} from './clients.js'
import type {FakeAws} from './fake-aws.js'

/** The fake's own rule, and its group. */
export const GROUP = 'sg-0123456789abcdef0'
export const RULE = 'sgr-0123456789abcdef0'

export const POSTGRES = {IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432}
/** That rule with another address. */
export const WANTED: SecurityGroupRuleRequest = {
  ...POSTGRES,
  CidrIpv4: '203.0.113.9/32',
  Description: 'GITPOD',
}

export interface Modification {
  rule?: SecurityGroupRuleRequest | undefined
  id?: string
  group?: string
  dryRun?: boolean
}

/** What the real SDK reads of the fake's rules; the fake's own unless told. */
export async function describeRules(
  fake: FakeAws,
  input: DescribeSecurityGroupRulesCommandInput = {SecurityGroupRuleIds: [RULE]},
): Promise<SecurityGroupRule[]> {
  const {SecurityGroupRules} = await ec2Client(fake).send(
    new DescribeSecurityGroupRulesCommand(input),
  )
  return SecurityGroupRules ?? []
}

/** Has the real SDK change a rule. */
export function modifyRule(
  fake: FakeAws,
  {rule = WANTED, id = RULE, group = GROUP, dryRun = false}: Modification = {},
): Promise<ModifySecurityGroupRulesCommandOutput> {
  const SecurityGroupRules = [{SecurityGroupRuleId: id, SecurityGroupRule: rule}]
  const input = {GroupId: group, SecurityGroupRules, ...(dryRun ? {DryRun: true} : {})}
  return ec2Client(fake).send(new ModifySecurityGroupRulesCommand(input))
}
