import type {Rule} from '../../aws/rule.js'
import {CruddurError} from '../../error.js'
import type {HostAddress} from '../../target/target.js'
import type {Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {withSocket} from '../outer/socket.js'
import {envFileFlag} from '../words.js'
import {instanceCheck} from './instance-check.js'
import type {Seen} from './look.js'
import {rulesOf} from './rules.js'

/** Within AWS, or by a VPN, an answer takes milliseconds. */
const ANSWER_MS = 3000

function answers(host: HostAddress, signal: AbortSignal): Promise<boolean> {
  return withSocket(host, {limitMs: ANSWER_MS, signal}, async () => true).catch(() => false)
}

/** The rule that admits the whole internet; undefined also when the rules may not be read. */
async function openToAll(seen: Seen, signal: AbortSignal): Promise<Rule | undefined> {
  try {
    const rules = await rulesOf(seen, signal)
    return rules.find(({cidr}) => /^(?:0\.0\.0\.0|::)\/0$/.test(cidr))
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CruddurError) return undefined
    throw error
  }
}

async function judge(seen: Seen, facts: Facts, signal: AbortSignal): Promise<Finding> {
  const {aws, elsewhere, host, identifier, instance} = seen
  if (instance.PubliclyAccessible) {
    const rule = await openToAll(seen, signal)
    const message = `"${identifier}" has a public address, which is how it is reached from outside`
    if (rule === undefined) {
      return {status: 'ok', message: `${message}: its security group says by whom`}
    }
    return {
      status: 'warn',
      message: `${message}, and the rule ${rule.ruleId} lets everybody on the internet try to log in`,
      fix: `narrow it to one address: cruddur-db rds-update-sg-rule --group-id ${rule.groupId} --rule-id ${rule.ruleId}${elsewhere}${envFileFlag(facts)}`,
    }
  }
  if (await answers(host, signal)) {
    return {
      status: 'ok',
      message: `"${identifier}" has no public address, and answers this machine`,
    }
  }
  return {
    status: 'fail',
    message: `"${identifier}" has no public address, and does not answer this machine`,
    fix: aws('modify-db-instance', '--publicly-accessible --apply-immediately'),
  }
}

export const publicCheck = instanceCheck('rds-public', judge)
