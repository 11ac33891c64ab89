import {Flags} from '@oclif/core'
import {agree, type DryRunResult, dryRunFlag} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag} from '../lib/cli/consent.js'
import {type PlanWords, refusalOf} from '../lib/cli/plan.js'
import {style} from '../lib/cli/style.js'
import {withMaintenanceClient} from '../lib/postgres/connection/connect.js'
import {dropDatabase, dropStatement} from '../lib/postgres/databases.js'
import type {Hold} from '../lib/postgres/in-use.js'
import type {Survey} from '../lib/postgres/survey.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'
import {printable} from '../lib/target/text.js'

export default class Drop extends DatabaseCommand {
  static override summary = 'Drop the database.'
  static override description =
    'Says so and ends with 0 when there is none. While sessions use it nothing is dropped and they are listed; --force ends them.'
  static override examples = [
    {description: 'Unless somebody is connected:', command: '<%= config.bin %> drop'},
    {description: 'Whoever is connected:', command: '<%= config.bin %> drop --force'},
    {
      description: 'What would be lost in production, touching nothing:',
      command: '<%= config.bin %> drop --prod --dry-run',
    },
    {
      description: 'Production, in a script, which cannot be asked:',
      command: '<%= config.bin %> drop --prod --confirm cruddur',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    force: Flags.boolean({summary: 'End the sessions that use the database.'}),
  }

  async run(): Promise<{target: TargetJson; dropped: boolean} | DryRunResult> {
    const {flags} = await this.parse(Drop)
    const {force} = flags
    const named = await this.target(flags)
    const {database} = named
    const act = {
      act: 'drop the database',
      confirm: flags.confirm,
      dryRun: flags['dry-run'],
      plan: (survey: Survey) => dropPlan(database, survey, force),
    }
    const connection = this.connection(flags)
    const agreement = await agree(named, act, connection)
    if (act.dryRun) return this.planned(agreement)
    const {target, verify} = agreement
    const dropped = await withMaintenanceClient(
      target,
      (client) =>
        dropDatabase(client, database, {
          force,
          verify: () => verify(client),
          // What is left behind: also with --quiet.
          onNote: (note) => this.tell(style.dim(printable(note))),
        }),
      {...connection, leaves: () => true},
    )
    this.say(dropped ? `dropped the database "${database}"` : `there is no database "${database}"`)
    return {target: targetJson(target), dropped}
  }
}

/** DROP DATABASE takes a slot that nobody reads from along without a word. */
function slotLost({kind, name}: Hold): string {
  return `its ${kind} "${name}"`
}

function dropPlan(database: string, survey: Survey, force: boolean): PlanWords {
  if (survey.oid === null) return {steps: [], loss: null}
  return {
    steps: [dropStatement(database, force)],
    loss: ['everything in it, for good', ...(force ? survey.holds : []).map(slotLost)].join('; '),
    refusal: refusalOf(database, survey, {force, untouched: 'nothing was dropped'}),
  }
}
