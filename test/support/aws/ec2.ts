import {
  boolean,
  checkNames,
  filters,
  integer,
  list,
  members,
  type Parameters,
  page,
} from './parameters.js'
import {refuse, refuseCombination, refuseValue} from './refusal.js'
import {checkId, type FakeRule, ruleXml} from './rule.js'
import {checkDuplicate, checkKind, readRuleRequest} from './rule-request.js'
import type {Xml} from './xml.js'

export interface Ec2State {
  rules: Map<string, FakeRule>
  /** Ids of the security groups there are. */
  securityGroups: () => string[]
  /** How many Describes after a change still show the rule as it was. */
  staleReads: number
  /** The rules as they were, and how many Describes of them are still to come. */
  stale: Map<string, {rule: FakeRule; left: number}>
}

const DESCRIBE_PARAMETERS = [
  'DryRun',
  'Filter.N.Name',
  'Filter.N.Value.N',
  'MaxResults',
  'NextToken',
  'SecurityGroupRuleId.N',
]

const MODIFY_PARAMETERS = [
  'DryRun',
  'GroupId',
  'SecurityGroupRule.N.SecurityGroupRuleId',
  ...['CidrIpv4', 'CidrIpv6', 'Description', 'FromPort', 'IpProtocol', 'PrefixListId'].map(
    (name) => `SecurityGroupRule.N.SecurityGroupRule.${name}`,
  ),
  'SecurityGroupRule.N.SecurityGroupRule.ReferencedGroupId',
  'SecurityGroupRule.N.SecurityGroupRule.ToPort',
]

function refuseDryRun(params: Parameters): void {
  if (!boolean(params, 'DryRun')) return
  refuse('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
}

function existingGroup(id: string, state: Ec2State): string {
  checkId('sg', id)
  if (state.securityGroups().includes(id)) return id
  return refuse('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
}

/** The rule, which must belong to the group where one is named. */
function existingRule(id: string, state: Ec2State, groupId?: string): FakeRule {
  checkId('sgr', id)
  const rule = state.rules.get(id)
  if (rule && (groupId === undefined || rule.groupId === groupId)) return rule
  return refuse(
    'InvalidSecurityGroupRuleId.NotFound',
    `The security group rule ID '${id}' does not exist`,
  )
}

function filtered(params: Parameters, state: Ec2State): FakeRule[] {
  let rules = [...state.rules.values()]
  for (const {name, values} of filters(params, 'ec2')) {
    if (name === 'group-id') {
      for (const id of values) existingGroup(id, state)
      rules = rules.filter((rule) => values.includes(rule.groupId))
    } else if (name === 'security-group-rule-id') {
      for (const id of values) checkId('sgr', id)
      rules = rules.filter((rule) => values.includes(rule.id))
    } else {
      refuseValue(`The filter '${name}' is invalid`)
    }
  }
  return rules
}

/** The rule, or what it was while the change has not got round. */
function shown(rule: FakeRule, state: Ec2State): FakeRule {
  const old = state.stale.get(rule.id)
  if (!old || old.left <= 0) return rule
  old.left -= 1
  return old.rule
}

function describeRules(params: Parameters, region: string, state: Ec2State): Xml {
  checkNames(params, DESCRIBE_PARAMETERS)
  const ids = list(params, 'SecurityGroupRuleId')
  const size = integer(params, 'MaxResults')
  if (size !== undefined && ids.length > 0) {
    refuseCombination(
      'The parameter securityGroupRuleIds cannot be used with the parameter maxResults',
    )
  }
  if (size !== undefined && (size < 5 || size > 1000)) {
    refuseValue(
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
    )
  }
  const chosen = filtered(params, state)
  const asked = ids.map((id) => existingRule(id, state))
  const rules = ids.length > 0 ? asked.filter((rule) => chosen.includes(rule)) : chosen
  refuseDryRun(params)
  const {items, next} = page(rules, size ?? rules.length, params['NextToken'])
  const item = items.map((rule) => ruleXml(shown(rule, state), region))
  return {securityGroupRuleSet: {item}, nextToken: next}
}

/** One rule's replacement, checked; done only when all of the request's are. */
function prepareUpdate(update: Parameters, groupId: string, state: Ec2State): () => void {
  const id = update['SecurityGroupRuleId']
  if (id === undefined)
    refuse('MissingParameter', 'The request must contain the parameter SecurityGroupRuleId')
  const rule = existingRule(id, state, groupId)
  const wanted = Object.entries(update).flatMap(([name, value]) =>
    name.startsWith('SecurityGroupRule.') ? [[name.replace('SecurityGroupRule.', ''), value]] : [],
  )
  const change = readRuleRequest(Object.fromEntries(wanted) as Parameters)
  checkKind(rule, change)
  checkDuplicate(rule, change, state.rules.values())
  const {groupOwnerId, isEgress} = rule
  return () => {
    state.stale.set(id, {rule, left: state.staleReads})
    state.rules.set(id, {id, groupId, groupOwnerId, isEgress, ...change})
  }
}

function modifyRules(params: Parameters, state: Ec2State): Xml {
  checkNames(params, MODIFY_PARAMETERS)
  const {GroupId} = params
  if (GroupId === undefined)
    refuse('MissingParameter', 'The request must contain the parameter GroupId')
  const groupId = existingGroup(GroupId, state)
  const updates = members(params, 'SecurityGroupRule')
  if (updates.length === 0) {
    refuse('MissingParameter', 'The request must contain the parameter SecurityGroupRule')
  }
  const changes = updates.map((update) => prepareUpdate(update, groupId, state))
  refuseDryRun(params)
  for (const change of changes) change()
  return {return: true}
}

/**
 * Does one action of EC2 (2016-11-15) in `region`.
 *
 * @throws Refusal with AWS's code and words
 */
export function actOnEc2(action: string, params: Parameters, region: string, state: Ec2State): Xml {
  if (action === 'DescribeSecurityGroupRules') return describeRules(params, region, state)
  if (action === 'ModifySecurityGroupRules') return modifyRules(params, state)
  return refuse('InvalidAction', `The action ${action} is not valid for this web service.`)
}
