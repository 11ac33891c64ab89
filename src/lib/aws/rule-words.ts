import type {Rule} from './rule.js'
import type {RuleUpdate} from './security-group-rule.js'

/** `tcp 5432`, `tcp 5432-5440`, `icmp 8`, `icmp`, `every port`. */
export function portsOf({port, protocol, toPort}: Rule): string {
  if (protocol === '-1') return 'every port'
  if (port === null) return protocol
  return `${protocol} ${toPort === null || port === toPort ? port : `${port}-${toPort}`}`
}

/** All of a rule that can change. */
export function inWords(rule: Rule): string {
  const {cidr, description} = rule
  return `${cidr} on ${portsOf(rule)}${description === null ? '' : ` ("${description}")`}`
}

/** The rule now and before, as far as the two differ; the address and the ports of the rule now are always told. */
function nowAndBefore(rule: Rule, previous: Rule): [string, string] {
  if (rule.description !== previous.description) return [inWords(rule), inWords(previous)]
  const words = ({cidr}: Rule, ports: string) => `${cidr} on ${ports}`
  const [ports, oldPorts] = [portsOf(rule), portsOf(previous)]
  return [words(rule, ports), ports === oldPorts ? previous.cidr : words(previous, oldPorts)]
}

/** What came of an update, as one line. */
export function describeUpdate({duplicateOf, outcome, previous, rule}: RuleUpdate): string {
  const {groupId, ruleId} = rule
  const [now, before] = nowAndBefore(rule, previous)
  switch (outcome) {
    case 'changed':
      return `${ruleId} now admits ${now}; before: ${before}`
    case 'unchanged':
      return `${ruleId} admits ${now} already: nothing to do`
    case 'would-change':
      return `EC2 would change ${ruleId} to admit ${now}; now: ${before}`
    case 'duplicate':
      return `another rule of ${groupId}${duplicateOf === null ? '' : `, ${duplicateOf},`} admits this address already; ${ruleId} stays at ${now}`
  }
}
