import {BaseCommand, DatabaseCommand, envFileFlag, quietFlag} from '../lib/cli/base.js'
import {overviewEntries} from '../lib/cli/overview.js'
import {type OverviewJson, overviewJson} from '../lib/cli/overview-json.js'
import {overviewLines} from '../lib/cli/overview-lines.js'
import {readState} from '../lib/cli/overview-state.js'
import {terminalColumns} from '../lib/cli/terminal.js'
import {targetFlags} from '../lib/target/again.js'

const {prod, url} = DatabaseCommand.baseFlags

export default class Overview extends BaseCommand {
  static override baseFlags = {quiet: quietFlag, prod, url, 'env-file': envFileFlag}
  static override summary =
    'Show how things stand: target, server, database, schema, what to do next.'
  static override description =
    'This is what cruddur-db alone shows. It takes 2 seconds at most, starts nothing and ends with 0, whatever it finds.'
  static override examples = [
    {description: 'How things stand here', command: '<%= config.bin %>'},
    {description: 'And in production', command: '<%= config.bin %> overview --prod'},
  ]

  async run(): Promise<OverviewJson> {
    const {flags} = await this.parse(Overview)
    const state = await readState({
      prod: flags.prod,
      url: flags.url,
      context: () => this.targetContext(flags),
      home: ({env}) => this.embeddedHome(env),
      signal: this.signal,
    })
    const circumstances = {
      columns: terminalColumns(process.stdout) ?? Number.POSITIVE_INFINITY,
      flags: targetFlags(flags),
      now: new Date(),
    }
    if ('target' in state) for (const warning of state.target.warnings) this.note(warning)
    for (const line of overviewLines(state, circumstances)) this.log(line)
    return overviewJson(state, overviewEntries(state, circumstances))
  }
}
