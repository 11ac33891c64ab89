import {withDeadline} from '../../abortable.js'
import {instanceOf} from '../../aws/instance.js'
import {type Rule, ruleOf} from '../../aws/rule.js'
import {CruddurError} from '../../error.js'
import type {Seen} from './look.js'

/** Less than a check may take, so that it can say what it knows without them. */
const ANSWER_MS = 8000

function late(): CruddurError {
  return new CruddurError('AWS_TIMEOUT', `EC2 has not answered within ${ANSWER_MS / 1000} s`)
}

async function rulesOfGroup(groupId: string, region: string, signal: AbortSignal): Promise<Rule[]> {
  const {withEc2} = await import('../../aws/ec2.js')
  const options = {region, signal}
  const found = await withEc2({groupId, ruleId: '*'}, options, (ec2) => ec2.groupRules())
  return found.flatMap((rule) => {
    const ruleId = rule.SecurityGroupRuleId ?? ''
    const as = {groupId, ruleId, address: undefined, port: undefined, description: undefined}
    try {
      return [ruleOf(rule, as)]
    } catch (error) {
      // It is for what leaves, or admits other groups, and no address.
      if (error instanceof CruddurError && error.code === 'RULE_MISMATCH') return []
      throw error
    }
  })
}

const asked = new WeakMap<Seen, Promise<Rule[]>>()

/**
 * The inbound rules of the instance's security groups that admit addresses; asked for once.
 *
 * @throws CruddurError AWS_TIMEOUT, and those of `awsError`
 */
export function rulesOf(seen: Seen, signal: AbortSignal): Promise<Rule[]> {
  const ask = (limit: AbortSignal): Promise<Rule[]> =>
    Promise.all(
      instanceOf(seen.instance).securityGroups.map((group) =>
        rulesOfGroup(group, seen.region, limit),
      ),
    ).then((groups) => groups.flat())
  const rules = asked.get(seen) ?? withDeadline(ANSWER_MS, late, ask, signal)
  asked.set(seen, rules)
  return rules
}
