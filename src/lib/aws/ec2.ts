import {
  DescribeSecurityGroupRulesCommand,
  type DescribeSecurityGroupRulesCommandInput,
  EC2Client,
  ModifySecurityGroupRulesCommand,
  type ModifySecurityGroupRulesCommandOutput,
  type SecurityGroupRule,
  type SecurityGroupRuleRequest,
} from '@aws-sdk/client-ec2'
import {abortable} from '../abortable.js'
import {type AwsOptions, clientConfig, regionOfClient, traced} from './client.js'
import {awsError, type Call, foreignAnswer} from './errors.js'
import {awsCode} from './failure.js'
import {type RuleIds, rulePolicy} from './policy.js'

/** The rules of one security group. Every call throws the CruddurErrors of `awsError`. */
export interface Ec2 {
  region: string
  /** The rule itself, as it stands. */
  rule: () => Promise<SecurityGroupRule | undefined>
  /** All rules of the group. */
  groupRules: () => Promise<SecurityGroupRule[]>
  /**
   * Replaces the rule whole: what is left out is cleared.
   *
   * @param dryRun EC2 only says whether it would
   * @returns `duplicate`: another rule of the group says the same already
   */
  replace: (rule: SecurityGroupRuleRequest, dryRun: boolean) => Promise<'done' | 'duplicate'>
}

/**
 * Opens EC2 for one rule, and closes it when `fn` ends. This module brings the SDK with it: import it where it is used.
 *
 * @throws CruddurError AWS_REGION
 */
export async function withEc2<T>(
  {groupId, ruleId}: Pick<RuleIds, 'groupId' | 'ruleId'>,
  options: AwsOptions,
  fn: (ec2: Ec2) => Promise<T>,
): Promise<T> {
  const client = new EC2Client(clientConfig(options))
  let {region} = options
  let account: string | undefined
  const call = (action: string): Call => ({
    action: `ec2:${action}`,
    region,
    policy: rulePolicy({region, account, groupId, ruleId}),
  })
  const {signal} = options
  const abortSignal = signal ? {abortSignal: signal} : {}
  const run = async <R>(action: string, send: () => Promise<R>): Promise<R> => {
    try {
      return await abortable(traced(action, region, send), signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw awsError(error, call(action))
    }
  }
  const describe = (input: DescribeSecurityGroupRulesCommandInput): Promise<SecurityGroupRule[]> =>
    run('DescribeSecurityGroupRules', async () => {
      const command = new DescribeSecurityGroupRulesCommand(input)
      const rules = (await client.send(command, abortSignal)).SecurityGroupRules
      if (!rules) throw foreignAnswer(call('DescribeSecurityGroupRules'))
      account ??= rules[0]?.GroupOwnerId
      return rules
    })
  try {
    region = await regionOfClient(client, call('DescribeSecurityGroupRules'))
    return await fn({
      region,
      rule: async () => (await describe({SecurityGroupRuleIds: [ruleId]}))[0],
      groupRules: () => describe({Filters: [{Name: 'group-id', Values: [groupId]}]}),
      replace: (rule, dryRun) =>
        run('ModifySecurityGroupRules', async () => {
          const command = new ModifySecurityGroupRulesCommand({
            GroupId: groupId,
            SecurityGroupRules: [{SecurityGroupRuleId: ruleId, SecurityGroupRule: rule}],
            ...(dryRun ? {DryRun: true} : {}),
          })
          const outcome = await replaceOutcome(client.send(command, abortSignal), dryRun)
          if (outcome === 'foreign') throw foreignAnswer(call('ModifySecurityGroupRules'))
          return outcome
        }),
    })
  } finally {
    client.destroy()
  }
}

/** Two of EC2's errors are good news: a dry run that would have gone well, and a rule that is there already. */
async function replaceOutcome(
  sent: Promise<ModifySecurityGroupRulesCommandOutput>,
  dryRun: boolean,
): Promise<'done' | 'duplicate' | 'foreign'> {
  try {
    const {Return} = await sent
    return Return && !dryRun ? 'done' : 'foreign'
  } catch (error) {
    const code = awsCode(error)
    if (code === 'DryRunOperation' && dryRun) return 'done'
    if (code === 'InvalidPermission.Duplicate') return 'duplicate'
    throw error
  }
}
