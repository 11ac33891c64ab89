import {Flags} from '@oclif/core'
import {withDeadline} from '../lib/abortable.js'
import {addressServices, publicAddress} from '../lib/aws/public-address.js'
import {addressOf, type RuleRequest, readRuleRequest} from '../lib/aws/rule-request.js'
import {describeUpdate} from '../lib/aws/rule-words.js'
import {type RuleUpdate, type UpdateStep, updateRule} from '../lib/aws/security-group-rule.js'
import {AwsCommand} from '../lib/cli/aws-command.js'
import {CruddurError, reworded} from '../lib/error.js'

interface RuleResult extends RuleUpdate {
  target: null
}

/** A workspace's start waits for this command: it ends within 20 s, of which up to 6 go to the name lookup under way. */
const LIMIT_MS = 13_000

export default class RdsUpdateSgRule extends AwsCommand {
  static override summary =
    'Let this machine reach RDS: open its security group rule to its address.'
  static override description =
    'Reads the rule first, changes nothing when it is right already, and reads it back after. A rule is only ever opened to one address. Ends within 20 seconds.'
  static override examples = [
    {
      description: 'Whether it may be changed; nothing is:',
      command: '<%= config.bin %> rds-update-sg-rule --dry-run',
    },
    {
      description: 'The rule of DB_SG_ID and DB_SG_RULE_ID, for this machine:',
      command: '<%= config.bin %> rds-update-sg-rule',
    },
    {
      description: 'Another rule, for another machine:',
      command:
        '<%= config.bin %> rds-update-sg-rule --group-id sg-0123456789abcdef0 --rule-id sgr-0123456789abcdef0 --ip 203.0.113.9',
    },
  ]
  static override flags = {
    description: Flags.string({
      helpValue: 'TEXT',
      summary: "The rule's new description; as it is unless told.",
    }),
    'dry-run': Flags.boolean({summary: 'Ask EC2 whether it would, and change nothing.'}),
    'group-id': Flags.string({
      helpValue: 'ID',
      summary: 'The security group; DB_SG_ID unless told.',
    }),
    ip: Flags.string({
      helpValue: 'ADDRESS',
      summary: 'The address to admit; GITPOD_IP, else the one this machine has on the internet.',
    }),
    port: Flags.integer({
      helpValue: 'PORT',
      max: 65_535,
      min: 1,
      summary: "The rule's new port; as it is unless told.",
    }),
    'rule-id': Flags.string({
      helpValue: 'ID',
      summary: 'The rule of that group; DB_SG_RULE_ID unless told.',
    }),
  }

  async run(): Promise<RuleResult> {
    const {flags} = await this.parse(RdsUpdateSgRule)
    const {env, region} = this.awsContext(flags)
    const request = readRuleRequest(flags, env)
    // Of the services that are named nothing depends on the family, which only the rule tells.
    if (!request.address) addressServices(process.env, 4)
    if (request.address && flags.ip === undefined && !process.env['GITPOD_IP'])
      this.note('the address is that of GITPOD_IP in the environment file')
    const update = await this.#update(request, {dryRun: flags['dry-run'], region})
    // What a dry run finds out is what it was asked for.
    if (flags['dry-run']) this.print(describeUpdate(update))
    else this.say(describeUpdate(update))
    return {target: null, ...update}
  }

  async #update(
    request: RuleRequest,
    {dryRun, region}: {dryRun: boolean; region: string | undefined},
  ): Promise<RuleUpdate> {
    let step: UpdateStep | 'loading the AWS SDK' = 'loading the AWS SDK'
    const run = async (signal: AbortSignal): Promise<RuleUpdate> => {
      const {withEc2} = await import('../lib/aws/ec2.js')
      return withEc2(request, {region, signal}, (ec2) => {
        this.tellAws(ec2.region, `${request.ruleId} of ${request.groupId}`)
        return updateRule(ec2, request, {
          dryRun,
          ownAddress: async (family) =>
            addressOf(await publicAddress(addressServices(process.env, family), family, signal)),
          onStep: (next) => {
            step = next
          },
        })
      })
    }
    try {
      return await withDeadline(LIMIT_MS, () => tooLate(step), run, this.signal)
    } catch (error) {
      const open = !dryRun && /^(?:changing|reading the rule back)/.test(step)
      throw open ? perhapsChanged(error, request.ruleId) : error
    }
  }
}

function tooLate(step: string): CruddurError {
  const seconds = LIMIT_MS / 1000
  return new CruddurError('AWS_TIMEOUT', `not done within ${seconds} s: it ended while ${step}`, {
    exit: 3,
    hint: 'check the way to AWS and how its credentials are had, then run it again',
  })
}

/** What is broken off when the change is on its way leaves open whether it was made. */
function perhapsChanged(error: unknown, ruleId: string): unknown {
  if (!(error instanceof CruddurError) || !/^(?:AWS_TIMEOUT|INTERRUPTED)$/.test(error.code))
    return error
  return reworded(error, {
    hint: `AWS may have changed ${ruleId} already: run the command again to see`,
  })
}
