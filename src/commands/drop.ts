import {Flags} from '@oclif/core'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag, requireConsent} from '../lib/cli/consent.js'
import {withMaintenanceClient} from '../lib/postgres/connect.js'
import {dropDatabase} from '../lib/postgres/databases.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'

export default class Drop extends DatabaseCommand {
  static override summary = 'Drop the database.'
  static override description =
    'Says so and ends with 0 when there is none. While sessions use it nothing is dropped and they are listed; --force ends them.'
  static override examples = [
    '<%= config.bin %> drop',
    '<%= config.bin %> drop --force',
    '<%= config.bin %> drop --prod --confirm cruddur',
  ]
  static override flags = {
    confirm: confirmFlag,
    force: Flags.boolean({summary: 'End the sessions that use the database.'}),
  }

  async run(): Promise<{target: TargetJson; dropped: boolean}> {
    const {flags} = await this.parse(Drop)
    const target = await this.target(flags)
    await requireConsent(target, {act: 'drop the database', confirm: flags.confirm}, this.signal)
    const dropped = await withMaintenanceClient(
      target,
      (client) => dropDatabase(client, target.database, {force: flags.force}),
      this.connection(flags),
    )
    this.say(
      dropped
        ? `dropped the database "${target.database}"`
        : `there is no database "${target.database}"`,
    )
    return {target: targetJson(target), dropped}
  }
}
