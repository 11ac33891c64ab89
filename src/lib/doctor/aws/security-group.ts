import {instanceOf} from '../../aws/instance.js'
import {regionFlag} from '../../aws/instance-command.js'
import {addressServices, publicAddress} from '../../aws/public-address.js'
import {admits} from '../../aws/reachability.js'
import type {Rule} from '../../aws/rule.js'
import {addressOf, cidrOf, readRuleRequest} from '../../aws/rule-request.js'
import {CruddurError} from '../../error.js'
import type {Environment} from '../../target/environment.js'
import type {Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {envFileFlag} from '../words.js'
import {instanceCheck} from './instance-check.js'
import type {Seen} from './look.js'
import {rulesOf} from './rules.js'

/** The ids that rds-update-sg-rule is given by variables; undefined: none that can be read. */
function namedRule(env: Environment): {groupId: string; ruleId: string} | undefined {
  try {
    return readRuleRequest({}, {...env, GITPOD_IP: undefined})
  } catch {
    return undefined
  }
}

/** The command that lets this machine in: by the rule that the variables name, else by one that admits one address. */
function opening(seen: Seen, rules: readonly Rule[], address: string, facts: Facts): string {
  const {env} = facts
  const {elsewhere, host, instance, region} = seen
  const own = `${elsewhere}${envFileFlag(facts)}`
  const named = namedRule(env)
  if (rules.some(({ruleId}) => ruleId === named?.ruleId)) {
    return `cruddur-db rds-update-sg-rule${own}`
  }
  const single = rules.find(({cidr, port}) => cidr.endsWith('/32') && port === host.port)
  if (single) {
    const {groupId, ruleId} = single
    return `cruddur-db rds-update-sg-rule --group-id ${groupId} --rule-id ${ruleId}${own}`
  }
  const [group = 'sg-…'] = instanceOf(instance).securityGroups
  const cidr = cidrOf(addressOf(address))
  return `aws ec2 authorize-security-group-ingress --group-id ${group} --protocol tcp --port ${host.port} --cidr ${cidr}${regionFlag(region)}`
}

async function judge(seen: Seen, facts: Facts, signal: AbortSignal): Promise<Finding> {
  const groups = instanceOf(seen.instance).securityGroups.join(', ')
  const {port} = seen.host
  try {
    const services = addressServices(process.env, 4)
    const [address, rules] = await Promise.all([
      publicAddress(services, 4, signal),
      rulesOf(seen, signal),
    ])
    const rule = rules.find((one) => admits(one, address, port))
    if (rule) {
      const message = `${rule.groupId} admits this machine (${address}): ${rule.ruleId}`
      return {status: 'ok', message}
    }
    return {
      status: 'fail',
      message: `no rule of ${groups} admits this machine (${address}) to port ${port}`,
      fix: opening(seen, rules, address, facts),
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CruddurError)) throw error
    const message = `whether ${groups} admits this machine is not known: ${error.message}`
    return {status: 'skipped', message}
  }
}

export const securityGroupCheck = instanceCheck('rds-security-group', judge)
