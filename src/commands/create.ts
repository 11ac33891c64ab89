import {DatabaseCommand} from '../lib/cli/base.js'
import {withMaintenanceClient} from '../lib/postgres/connection/connect.js'
import {createDatabase} from '../lib/postgres/databases.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'

export default class Create extends DatabaseCommand {
  static override summary = 'Create the database.'
  static override description = 'Says so and ends with 0 when it exists already.'
  static override examples = [
    {description: 'An empty database:', command: '<%= config.bin %> create'},
    {
      description: 'On a server that has just been started, as in docker compose:',
      command: '<%= config.bin %> create --wait 30',
    },
    {description: 'In production:', command: '<%= config.bin %> create --prod'},
  ]

  async run(): Promise<{target: TargetJson; created: boolean}> {
    const {flags} = await this.parse(Create)
    const target = await this.target(flags)
    const created = await withMaintenanceClient(
      target,
      (client) => createDatabase(client, target.database),
      {...this.connection(flags), leaves: () => true},
    )
    this.say(
      created
        ? `created the database "${target.database}"`
        : `the database "${target.database}" exists already`,
    )
    return {target: targetJson(target), created}
  }
}
