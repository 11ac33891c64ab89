import type {DBInstance} from '@aws-sdk/client-rds'
import {Flags} from '@oclif/core'
import {type CreateOutcome, createInstance} from '../lib/aws/create-instance.js'
import {createRequest} from '../lib/aws/create-request.js'
import {
  type Instance,
  instanceOf,
  instanceTarget,
  instanceUrl,
  isUsable,
} from '../lib/aws/instance.js'
import {instancePlan} from '../lib/aws/instance-plan.js'
import {type InstanceSettings, settingsProblems} from '../lib/aws/instance-settings.js'
import {instancePolicy} from '../lib/aws/policy.js'
import type {Rds} from '../lib/aws/rds.js'
import {surveyInstance} from '../lib/aws/survey.js'
import {waitForInstance} from '../lib/aws/wait-instance.js'
import {AwsCommand} from '../lib/cli/aws-command.js'
import {askNamed, checkNamed} from '../lib/cli/consent.js'
import {instanceConsent, refuseOther, refuseProblems} from '../lib/cli/instance-checks.js'
import {instanceFlags} from '../lib/cli/instance-flags.js'
import {instanceLines, planLines} from '../lib/cli/instance-report.js'
import {masterPassword, refusePasswordFlag} from '../lib/cli/master-password.js'
import {openStatusLine, SILENT_STATUS} from '../lib/cli/status-line.js'
import {style} from '../lib/cli/style.js'
import {CruddurError} from '../lib/error.js'
import type {TargetJson} from '../lib/target/target.js'
import {printable} from '../lib/target/text.js'

interface CreateResult {
  /** The instance as `--prod` will name it; null until it has an endpoint. */
  target: TargetJson | null
  instance: Instance
  created: boolean
  /** With PASSWORD in place of the password. */
  connectionUrl: string | null
}

interface DryRunResult {
  target: null
  plan: {
    region: string | null
    request: Record<string, unknown>
    warnings: string[]
    exists: boolean | null
  }
}

/** A dry run does without AWS where AWS cannot be asked. */
const NOT_ASKED = new Set(['AWS_CREDENTIALS', 'AWS_DENIED', 'AWS_REGION', 'AWS_UNREACHABLE'])

export default class RdsCreate extends AwsCommand {
  static override summary = 'Create the RDS instance that production runs on.'
  static override description =
    'Shows what will be created and what it costs and exposes, and asks. An instance of that name that is there already is looked at and left as it is. The password is typed, or read from RDS_MASTER_PASSWORD, or made up and kept by AWS (--manage-master-user-password); never a flag.'
  static override examples = [
    {
      description: 'What would be created, and what it exposes; nothing is:',
      command: '<%= config.bin %> rds-create --dry-run',
    },
    {
      description: 'Asks for the password, then for a yes:',
      command: '<%= config.bin %> rds-create --availability-zone ca-central-1a',
    },
    {
      description: 'In a script, with a password that AWS makes up and keeps:',
      command:
        '<%= config.bin %> rds-create --manage-master-user-password --no-wait --confirm cruddur-db-instance',
    },
  ]
  static override flags = {
    ...instanceFlags,
    confirm: Flags.string({
      helpValue: 'IDENTIFIER',
      summary: "Consent for a script: the instance's identifier, as the prompt would ask for it.",
    }),
    'dry-run': Flags.boolean({summary: 'Show the plan and the request; create nothing.'}),
    wait: Flags.boolean({
      allowNo: true,
      default: true,
      summary: 'Wait until it is available, up to an hour.',
    }),
  }

  async run(): Promise<CreateResult | DryRunResult> {
    const {flags} = await this.parse(RdsCreate)
    refusePasswordFlag(flags['master-user-password'])
    const {env, region} = this.awsContext(flags)
    const settings: InstanceSettings = flags
    const dryRun = flags['dry-run']
    const password = masterPassword(settings, env, {needed: !dryRun})
    refuseProblems([...settingsProblems(settings, region), ...password.problems])
    const consent = instanceConsent(settings, flags.confirm)
    if (!dryRun) checkNamed(consent)
    const policy = instancePolicy(settings['manage-master-user-password'])
    const {withRds} = await import('../lib/aws/rds.js')
    const open = <T>(fn: (rds: Rds) => Promise<T>) =>
      withRds({region, signal: this.signal, policy}, fn)
    if (dryRun) return this.#dryRun(settings, {region, source: password.source}, open)

    return open(async (rds) => {
      this.tellAws(rds.region, settings['db-instance-identifier'])
      refuseProblems(settingsProblems(settings, rds.region))
      const {existing, note} = await surveyInstance(rds, settings)
      if (note) this.note(note)
      if (existing)
        return this.#finish(rds, settings, {there: existing, created: false}, flags.wait)
      for (const line of planLines(instancePlan(settings, rds.region, password.source)))
        this.tell(line)
      await askNamed(consent, this.signal)
      const request = createRequest(settings, await password.get(this.signal))
      const outcome = await createInstance(rds, request)
      return this.#finish(rds, settings, outcome, flags.wait)
    })
  }

  /** Waits for the instance if asked to, and says what is there. */
  async #finish(
    rds: Rds,
    settings: InstanceSettings,
    {there, created}: CreateOutcome,
    wait: boolean,
  ): Promise<CreateResult> {
    if (!created) {
      refuseOther(settings, there)
      this.note('it exists already and is as asked for')
    }
    const ready = wait && !isUsable(instanceOf(there)) ? await this.#wait(rds, settings) : there
    // Only now everything about one that was being created can be seen.
    if (!created && ready !== there) refuseOther(settings, ready)
    const instance = instanceOf(ready)
    for (const line of instanceLines(instance, rds.region)) this.print(line)
    const connectionUrl = instanceUrl(instance) ?? null
    return {target: instanceTarget(instance), instance, created, connectionUrl}
  }

  async #wait(rds: Rds, settings: InstanceSettings): Promise<DBInstance> {
    const identifier = settings['db-instance-identifier']
    const status = this.quiet ? SILENT_STATUS : openStatusLine()
    let reached = false
    try {
      const options = {signal: this.signal, onStatus: status.update}
      const ready = await waitForInstance(identifier, () => rds.find(identifier), options)
      reached = true
      return ready
    } finally {
      status.stop(reached)
    }
  }

  /** The plan, compared with AWS as far as AWS can be asked. */
  async #dryRun(
    settings: InstanceSettings,
    {region, source}: {region: string | undefined; source: string},
    open: <T>(fn: (rds: Rds) => Promise<T>) => Promise<T>,
  ): Promise<DryRunResult> {
    const survey = await open(async (rds) => {
      this.tellAws(rds.region, settings['db-instance-identifier'])
      refuseProblems(settingsProblems(settings, rds.region))
      return {region: rds.region, ...(await surveyInstance(rds, settings))}
    }).catch((error: unknown) => {
      if (!(error instanceof CruddurError) || !NOT_ASKED.has(error.code)) throw error
      return {note: `not compared with AWS: ${error.message}`}
    })
    // Part of the plan: also with --quiet.
    const remark = (text: string) => this.tell(style.dim(printable(text)))
    if (survey.note) remark(survey.note)
    const where = 'region' in survey ? survey.region : region
    const plan = instancePlan(settings, where, source)
    const exists = 'region' in survey ? survey.existing !== undefined : null
    const request = {...createRequest(settings, '***')}
    for (const line of planLines(plan)) this.tell(line)
    if (exists) remark('an instance of that name exists: nothing would be created')
    for (const line of JSON.stringify(request, null, 2).split('\n')) this.print(line)
    return {
      target: null,
      plan: {region: where ?? null, request, warnings: plan.warnings, exists},
    }
  }
}
