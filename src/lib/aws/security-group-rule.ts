import {setTimeout as sleep} from 'node:timers/promises'
import {CruddurError, reworded} from '../error.js'
import type {Ec2} from './ec2.js'
import {isPassing} from './errors.js'
import type {Family} from './public-address.js'
import {familyOf, mismatch, type Rule, requestOf, ruleOf, sameRule} from './rule.js'
import {type Address, cidrOf, type RuleRequest} from './rule-request.js'
import {inWords} from './rule-words.js'

export interface RuleUpdate {
  /** As it stands now, read back from AWS; for `would-change` as it would be. */
  rule: Rule
  /** As it stood before. */
  previous: Rule
  previousCidr: string
  changed: boolean
  /** `duplicate`: another rule of the group says the same already, and AWS takes no second one. */
  outcome: 'changed' | 'unchanged' | 'duplicate' | 'would-change'
  /** That other rule, when it could be found. */
  duplicateOf: string | null
}

export type UpdateStep =
  | 'reading the rule'
  | "looking up this machine's address"
  | 'changing the rule'
  | 'looking for the rule that says the same'
  | 'reading the rule back'

export interface UpdateOptions {
  dryRun: boolean
  /** This machine's address, asked for only when the request names none. */
  ownAddress: (family: Family) => Promise<Address>
  /** Told before each step, as a phrase behind "while". */
  onStep?: ((step: UpdateStep) => void) | undefined
}

/** EC2 is eventually consistent: what was changed may show for some seconds as it was. */
const READ_BACKS = 8
const READ_BACK_MS = 500

function withPort(rule: Rule, port: number | undefined): Rule {
  if (port === undefined) return rule
  if (rule.protocol !== 'tcp' && rule.protocol !== '6')
    throw mismatch(
      `the rule ${rule.ruleId} is not for tcp, so --port means nothing to it`,
      'leave --port out, or name a tcp rule',
    )
  return {...rule, port, toPort: port}
}

function wantedRule(rule: Rule, address: Address, request: RuleRequest): Rule {
  const family = familyOf(rule)
  if (address.family !== family)
    throw mismatch(
      `the rule ${rule.ruleId} is for IPv${family}, and ${address.text} is IPv${address.family}`,
      `name an IPv${family} address with --ip, or another rule: AWS does not change the type of a rule`,
    )
  const {description = rule.description} = request
  const wanted = {...rule, cidr: cidrOf(address), description: description || null}
  return withPort(wanted, request.port)
}

/**
 * Opens a rule to one address. It is read first; what is not meant to change is sent as it was, because EC2 replaces
 * a rule whole; nothing is sent when it is right already; it is read back after.
 *
 * @throws CruddurError RULE_MISMATCH, RULE_NOT_CHANGED, and those of `awsError` and `ownAddress`
 */
export async function updateRule(
  ec2: Ec2,
  request: RuleRequest,
  {dryRun, ownAddress, onStep}: UpdateOptions,
): Promise<RuleUpdate> {
  onStep?.('reading the rule')
  const before = ruleOf(await ec2.rule(), request)
  onStep?.("looking up this machine's address")
  const address = request.address ?? (await ownAddress(familyOf(before)))
  const wanted = wantedRule(before, address, request)
  const unchanged: RuleUpdate = {
    rule: before,
    previous: before,
    previousCidr: before.cidr,
    changed: false,
    outcome: 'unchanged',
    duplicateOf: null,
  }
  if (sameRule(before, wanted)) return unchanged

  onStep?.('changing the rule')
  const outcome = await ec2.replace(requestOf(wanted), dryRun)
  if (outcome === 'duplicate') {
    onStep?.('looking for the rule that says the same')
    return {...unchanged, outcome, duplicateOf: await duplicateOf(ec2, wanted)}
  }
  if (dryRun) return {...unchanged, outcome: 'would-change', rule: wanted}
  onStep?.('reading the rule back')
  const rule = await readBack(ec2, request, wanted)
  return {...unchanged, outcome: 'changed', changed: true, rule}
}

/** The errors with which the whole command ends, whatever it is about. */
const ENDS = new Set(['AWS_TIMEOUT', 'INTERRUPTED'])

/** The rule that admits the same already; AWS says that there is one, so not finding it is no failure. */
async function duplicateOf(ec2: Ec2, wanted: Rule): Promise<string | null> {
  const rules = await ec2.groupRules().catch((error: unknown) => {
    if (error instanceof CruddurError && !ENDS.has(error.code)) return []
    throw error
  })
  const same = rules.find(
    (rule) =>
      rule.SecurityGroupRuleId !== wanted.ruleId &&
      !rule.IsEgress &&
      (rule.CidrIpv4 ?? rule.CidrIpv6) === wanted.cidr &&
      rule.IpProtocol === wanted.protocol &&
      rule.FromPort === (wanted.port ?? -1) &&
      rule.ToPort === (wanted.toPort ?? -1),
  )
  return same?.SecurityGroupRuleId ?? null
}

/** Looks until the change shows. A look that fails does not undo it. */
async function readBack(ec2: Ec2, request: RuleRequest, wanted: Rule): Promise<Rule> {
  let seen: string | CruddurError = 'nothing'
  for (let look = 1; look <= READ_BACKS; look++) {
    if (look > 1) await sleep(READ_BACK_MS)
    try {
      const rule = ruleOf(await ec2.rule(), request)
      if (sameRule(rule, wanted)) return rule
      seen = inWords(rule)
    } catch (error) {
      if (!(error instanceof CruddurError) || ENDS.has(error.code)) throw error
      seen = error
      if (!isPassing(error)) break
    }
  }
  throw unconfirmed(wanted, seen)
}

/** @param seen what AWS shows instead, or why it cannot be seen */
function unconfirmed(wanted: Rule, seen: string | CruddurError): CruddurError {
  const took = `AWS took the change of ${wanted.ruleId} to ${inWords(wanted)}`
  if (typeof seen !== 'string')
    return reworded(seen, {message: `${took}, but it cannot be read back: ${seen.message}`})
  return new CruddurError('RULE_NOT_CHANGED', `${took}, but shows it with ${seen}`, {
    hint: 'somebody else may change the same rule; run the command again',
  })
}
