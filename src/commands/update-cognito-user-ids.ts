import {Flags} from '@oclif/core'
import {readUserPool, regionRemark, type UserPool} from '../lib/aws/cognito-pool.js'
import {adoptVariables} from '../lib/aws/variables.js'
import {agree, type DryRunResult, dryRunFlag} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag} from '../lib/cli/consent.js'
import {differenceLines} from '../lib/cli/difference-lines.js'
import {openLiveLine} from '../lib/cli/live-line.js'
import {style} from '../lib/cli/style.js'
import {terminalColumns} from '../lib/cli/terminal.js'
import {grouped} from '../lib/cli/text.js'
import {type Difference, type UserIds, withUserIds} from '../lib/cognito/user-ids.js'
import {ambiguityWarning, planOf} from '../lib/cognito/words.js'
import {plural} from '../lib/plural.js'
import type {Survey} from '../lib/postgres/survey.js'
import {targetFlags} from '../lib/target/again.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'

interface Compared {
  userPool: UserPool
  difference: Difference
}

interface UpdateResult extends Compared {
  target: TargetJson
  updated: number
  /** Without the time in which somebody was asked. */
  ms: number
}

const APPEARS_AFTER_MS = 300

export default class UpdateCognitoUserIds extends DatabaseCommand {
  static override summary = "Write each Cognito user's id into users.cognito_user_id."
  static override description =
    'Users of the pool are matched by preferred_username = handle. First the difference is shown, then all ids are set in one transaction; what is ambiguous is left alone. The region is the one in the id of the pool.'
  static override examples = [
    {
      description: 'The ids of the pool in AWS_COGNITO_USER_POOL_ID:',
      command: '<%= config.bin %> update-cognito-user-ids',
    },
    {
      description: 'What would be set from another pool, touching nothing:',
      command:
        '<%= config.bin %> update-cognito-user-ids --user-pool-id ca-central-1_AbCdEf123 --dry-run',
    },
    {
      description: 'What would be set in production, touching nothing:',
      command: '<%= config.bin %> update-cognito-user-ids --prod --dry-run',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    'user-pool-id': Flags.string({
      helpValue: 'ID',
      summary: 'The user pool; AWS_COGNITO_USER_POOL_ID unless told.',
    }),
  }

  async run(): Promise<UpdateResult | (DryRunResult & Compared)> {
    const {flags} = await this.parse(UpdateCognitoUserIds)
    const {'dry-run': dryRun, confirm} = flags
    const {env} = this.targetContext(flags)
    const userPool = readUserPool(env, flags['user-pool-id'])
    const target = await this.target(flags)
    const request = {act: 'set the Cognito ids of users', confirm}
    if (!dryRun || confirm !== undefined) checkConsent(target, request)
    adoptVariables(env, process.env)
    this.#tellPool(userPool, regionRemark(userPool, env))
    const connection = this.connection(flags)
    const elapsed = stopwatch()
    const live = this.quiet ? undefined : openLiveLine()
    let timer: NodeJS.Timeout | undefined
    const endLive = (): void => {
      clearTimeout(timer)
      live?.stop()
    }
    const pool = {
      pool: userPool,
      lookOnly: dryRun,
      targetFlags: targetFlags(flags),
      onUsers: (users: number) => {
        const show = () => live?.show(`reading the pool: ${grouped(users, 'user')}`)
        clearTimeout(timer)
        const early = APPEARS_AFTER_MS - elapsed()
        if (early > 0) timer = setTimeout(show, early)
        else show()
      },
    }
    const act = async ({difference, processId, set}: UserIds) => {
      endLive()
      const read = elapsed()
      this.#show(difference, dryRun)
      const plan = ({sessions, trouble}: Survey) => ({
        ...planOf(difference),
        refusal: trouble ?? undefined,
        sessions: sessions.filter(({process_id}) => process_id !== processId),
      })
      const agreement = await agree(target, {...request, dryRun, plan}, connection)
      if (dryRun) return {...(await this.planned(agreement)), userPool, difference}
      const setting = stopwatch()
      const updated = await set(agreement.verify)
      const ms = read + setting()
      this.say(updated === 0 ? 'nothing to set' : `set ${plural(updated, 'id')} in ${ms} ms`)
      return {target: targetJson(agreement.target), userPool, difference, updated, ms}
    }
    return await withUserIds(target, pool, connection, act).finally(endLive)
  }

  #tellPool({id, region}: UserPool, remark: string | undefined): void {
    if (!this.quiet) this.tell(`${style.magenta('AWS')}  ${region}  user pool ${id}`)
    if (remark !== undefined) this.note(remark)
  }

  /** The difference is what a dry run was asked for. */
  #show(difference: Difference, dryRun: boolean): void {
    for (const line of differenceLines(difference, terminalColumns(process.stdout))) {
      if (dryRun) this.print(line)
      else this.say(line)
    }
    const warning = this.quiet ? ambiguityWarning(difference) : undefined
    if (warning !== undefined) this.tell(style.dim(warning))
  }
}

/** The milliseconds since it was started. */
function stopwatch(): () => number {
  const started = performance.now()
  return () => Math.round(performance.now() - started)
}
