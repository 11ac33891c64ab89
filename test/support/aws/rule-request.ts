import {canonicalCidr} from './cidr.js'
import {integer, type Parameters} from './parameters.js'
import {refuse, refuseCombination, refuseValue} from './refusal.js'
import {checkId, type FakeRule} from './rule.js'

/** What a request may change of a rule: all but its id, its group and its direction. */
export type RuleChange = Omit<FakeRule, 'id' | 'groupId' | 'groupOwnerId' | 'isEgress'>

type Target = Pick<FakeRule, 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'referencedGroupId'>

const TARGETS = {
  cidrIpv4: {wire: 'CidrIpv4', kind: 'IPv4 CIDR'},
  cidrIpv6: {wire: 'CidrIpv6', kind: 'IPv6 CIDR'},
  prefixListId: {wire: 'PrefixListId', kind: 'prefix list'},
  referencedGroupId: {wire: 'ReferencedGroupId', kind: 'security group'},
} as const

const NAMES = Object.keys(TARGETS) as (keyof Target)[]

/** Which of the four a rule has. */
const targetName = (rule: Target) => NAMES.find((name) => rule[name] !== undefined)

function cidr(text: string, family: 'ipv4' | 'ipv6'): string {
  return canonicalCidr(text, family) ?? refuseValue(`CIDR block ${text} is malformed`)
}

function targetOf(params: Parameters): Target {
  const given = NAMES.filter((name) => params[TARGETS[name].wire] !== undefined)
  const words = 'cidrIp, cidrIpv6, prefixListId, or referencedGroupId'
  if (given.length > 1) refuseCombination(`Only one of ${words} can be specified`)
  const [name] = given
  if (!name) {
    refuse('MissingParameter', `The request must contain exactly one of: ${words}`)
  }
  const text = params[TARGETS[name].wire] ?? ''
  if (name === 'cidrIpv4') return {cidrIpv4: cidr(text, 'ipv4')}
  if (name === 'cidrIpv6') return {cidrIpv6: cidr(text, 'ipv6')}
  if (name === 'referencedGroupId') checkId('sg', text)
  return {[name]: text}
}

function protocolOf(params: Parameters): string {
  const text = params['IpProtocol']
  if (!text) {
    refuseValue(
      "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
    )
  }
  const names: Record<string, string> = {
    '6': 'tcp',
    '17': 'udp',
    '1': 'icmp',
    '58': 'icmpv6',
    all: '-1',
  }
  const name = names[text.toLowerCase()] ?? text.toLowerCase()
  if (!/^(?:tcp|udp|icmp|icmpv6|-1|\d{1,3})$/.test(name)) {
    refuseValue(`Invalid value '${text}' for IP protocol. Unknown protocol.`)
  }
  return name
}

function portsOf(params: Parameters, protocol: string): {fromPort: number; toPort: number} {
  const fromPort = integer(params, 'FromPort')
  const toPort = integer(params, 'ToPort')
  if (protocol === '-1') {
    if ([fromPort, toPort].some((port) => port !== undefined && port !== -1)) {
      refuseValue(
        'You may not specify all protocols and specific ports. Please specify each protocol and port ranges ' +
          'individually, or all protocols and no port range.',
      )
    }
    return {fromPort: -1, toPort: -1}
  }
  if (protocol !== 'tcp' && protocol !== 'udp')
    return {fromPort: fromPort ?? -1, toPort: toPort ?? -1}
  if (fromPort === undefined || toPort === undefined) {
    refuseValue('Invalid value for portRange. Must specify both from and to ports with TCP/UDP.')
  }
  if (fromPort < 0 || toPort > 65_535 || fromPort > toPort) {
    refuseValue(`Invalid TCP/UDP port range (${fromPort}:${toPort})`)
  }
  return {fromPort, toPort}
}

function descriptionOf(params: Parameters): {description?: string} {
  const description = params['Description']
  if (!description) return {}
  if (!/^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/.test(description)) {
    refuseValue(
      'Invalid rule description. Valid descriptions are strings less than 256 characters from the following ' +
        'set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
    )
  }
  return {description}
}

/** The whole of what a rule is to become; what the request leaves out, the rule will not have. */
export function readRuleRequest(params: Parameters): RuleChange {
  const target = targetOf(params)
  const ipProtocol = protocolOf(params)
  return {ipProtocol, ...portsOf(params, ipProtocol), ...target, ...descriptionOf(params)}
}

/** Refuses to make a rule of one kind into one of another ("you cannot change the rule type", API reference). */
export function checkKind(rule: FakeRule, change: RuleChange): void {
  const [before, after] = [targetName(rule), targetName(change)]
  if (!before || !after || before === after) return
  refuseValue(
    `Invalid rule type for security group rule '${rule.id}'. You may not specify ${TARGETS[after].wire} for an ` +
      `existing ${TARGETS[before].kind} rule.`,
  )
}

const keyOf = (rule: RuleChange) =>
  [rule.ipProtocol, rule.fromPort, rule.toPort, ...NAMES.map((name) => rule[name])].join(' ')

/** Refuses what another rule of the group already is; the description makes no difference. */
export function checkDuplicate(
  rule: FakeRule,
  change: RuleChange,
  rules: Iterable<FakeRule>,
): void {
  for (const other of rules) {
    const same = other.groupId === rule.groupId && other.isEgress === rule.isEgress
    if (!same || other.id === rule.id || keyOf(other) !== keyOf(change)) continue
    const peer = NAMES.map((name) => change[name]).find((text) => text !== undefined)
    const what =
      change.ipProtocol === '-1'
        ? 'ALL'
        : `${change.ipProtocol.toUpperCase()}, from port: ${change.fromPort}, to port: ${change.toPort}`
    refuse(
      'InvalidPermission.Duplicate',
      `the specified rule "peer: ${peer}, ${what}, ALLOW" already exists`,
    )
  }
}
