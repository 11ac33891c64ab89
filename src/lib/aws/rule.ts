import type {SecurityGroupRule, SecurityGroupRuleRequest} from '@aws-sdk/client-ec2'
import {CruddurError} from '../error.js'
import type {Family} from './public-address.js'
import type {RuleRequest} from './rule-request.js'

/** A rule that admits one block of addresses. */
export interface Rule {
  groupId: string
  ruleId: string
  /** `203.0.113.9/32` */
  cidr: string
  protocol: string
  /** The only port, or the first; null: the protocol has none. */
  port: number | null
  toPort: number | null
  description: string | null
}

/** A rule that is not what the command is for, or a wish that does not fit it. */
export function mismatch(message: string, hint: string): CruddurError {
  return new CruddurError('RULE_MISMATCH', message, {hint})
}

/**
 * A rule of AWS as one of ours.
 *
 * @throws CruddurError RULE_MISMATCH: it is not a rule of that group by which an address is admitted
 */
export function ruleOf(found: SecurityGroupRule | undefined, {groupId, ruleId}: RuleRequest): Rule {
  if (!found) throw mismatch(`there is no rule ${ruleId}`, 'correct DB_SG_RULE_ID')
  if (found.GroupId !== undefined && found.GroupId !== groupId)
    throw mismatch(
      `the rule ${ruleId} belongs to the group ${found.GroupId}, not to ${groupId}`,
      'correct DB_SG_ID or DB_SG_RULE_ID',
    )
  if (found.IsEgress)
    throw mismatch(
      `the rule ${ruleId} is for traffic that leaves the database (egress)`,
      'name an inbound rule in DB_SG_RULE_ID',
    )
  const cidr = found.CidrIpv4 ?? found.CidrIpv6
  if (cidr === undefined)
    throw mismatch(
      `the rule ${ruleId} admits a group or a prefix list, not an address`,
      'name a rule with an address in DB_SG_RULE_ID: AWS does not change the type of a rule',
    )
  const port = (value: number | undefined) => (value === undefined || value < 0 ? null : value)
  return {
    groupId,
    ruleId,
    cidr,
    protocol: found.IpProtocol ?? '-1',
    port: port(found.FromPort),
    toPort: port(found.ToPort),
    description: found.Description || null,
  }
}

export function familyOf({cidr}: Rule): Family {
  return cidr.includes(':') ? 6 : 4
}

/** Whether nothing would change. */
export function sameRule(one: Rule, other: Rule): boolean {
  const fields = ['cidr', 'port', 'toPort', 'description'] as const
  return fields.every((field) => one[field] === other[field])
}

/** The whole rule, as EC2 replaces it. */
export function requestOf(rule: Rule): SecurityGroupRuleRequest {
  const cidr = familyOf(rule) === 4 ? {CidrIpv4: rule.cidr} : {CidrIpv6: rule.cidr}
  return {
    IpProtocol: rule.protocol,
    FromPort: rule.port ?? -1,
    ToPort: rule.toPort ?? -1,
    ...cidr,
    ...(rule.description === null ? {} : {Description: rule.description}),
  }
}
