import {refuse} from './refusal.js'
import type {Xml} from './xml.js'

/** A security group's rule; one of the last four before the description says whom it lets in (or where out). */
export interface FakeRule {
  id: string
  groupId: string
  groupOwnerId: string
  isEgress: boolean
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all. */
  ipProtocol: string
  /** -1 where the protocol is `-1`. */
  fromPort: number
  toPort: number
  cidrIpv4?: string
  cidrIpv6?: string
  prefixListId?: string
  referencedGroupId?: string
  description?: string
}

/** Lets 198.51.100.7 reach PostgreSQL; a test names what is to differ. */
export function fakeRule(changes: Partial<FakeRule> = {}): FakeRule {
  const target = Object.keys(changes).some((name) => /^(?:cidr|prefix|referenced)/.test(name))
  return {
    id: 'sgr-0123456789abcdef0',
    groupId: 'sg-0123456789abcdef0',
    groupOwnerId: '123456789012',
    isEgress: false,
    ipProtocol: 'tcp',
    fromPort: 5432,
    toPort: 5432,
    ...(target ? {} : {cidrIpv4: '198.51.100.7/32'}),
    description: 'GITPOD',
    ...changes,
  }
}

/** A rule as DescribeSecurityGroupRules gives it. */
export function ruleXml(rule: FakeRule, region: string): Xml {
  const {groupId, groupOwnerId, referencedGroupId} = rule
  return {
    securityGroupRuleId: rule.id,
    groupId,
    groupOwnerId,
    isEgress: rule.isEgress,
    ipProtocol: rule.ipProtocol,
    fromPort: rule.fromPort,
    toPort: rule.toPort,
    cidrIpv4: rule.cidrIpv4,
    cidrIpv6: rule.cidrIpv6,
    prefixListId: rule.prefixListId,
    referencedGroupInfo: referencedGroupId && {groupId: referencedGroupId, userId: groupOwnerId},
    description: rule.description,
    tagSet: {},
    securityGroupRuleArn: `arn:aws:ec2:${region}:${groupOwnerId}:security-group-rule/${rule.id}`,
  }
}

const CODES = {sg: 'InvalidGroupId.Malformed', sgr: 'InvalidSecurityGroupRuleId.Malformed'}

/** Refuses an id that is none: `sg-` or `sgr-` and 8 or 17 hexadecimal digits. */
export function checkId(kind: 'sg' | 'sgr', id: string): void {
  if (new RegExp(`^${kind}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) return
  if (id === '' && kind === 'sg') refuse(CODES.sg, "The security-group ID '' is malformed")
  const expected = id.startsWith(`${kind}-`) ? '' : ` (expecting "${kind}-...")`
  refuse(CODES[kind], `Invalid id: "${id}"${expected}`)
}
