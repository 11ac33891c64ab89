import {BaseCommand, DatabaseCommand, envFileFlag, quietFlag} from '../lib/cli/base.js'
import {overviewEntries} from '../lib/cli/overview.js'
import {type OverviewJson, overviewJson} from '../lib/cli/overview-json.js'
import {overviewLines} from '../lib/cli/overview-lines.js'
import {readState} from '../lib/cli/overview-state.js'
import {shellWord} from '../lib/target/text.js'

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
      columns: process.stdout.columns || Number.POSITIVE_INFINITY,
      flags: flagsOf(flags),
      now: new Date(),
    }
    if ('target' in state) for (const warning of state.target.warnings) this.note(warning)
    for (const line of overviewLines(state, circumstances)) this.log(line)
    return overviewJson(state, overviewEntries(state, circumstances))
  }
}

/** Flags that lead another command to the same target. A URL is not repeated: it may hold a password. */
function flagsOf(flags: {
  prod: boolean
  url?: string | undefined
  'env-file'?: string | undefined
}): string {
  const envFile = flags['env-file']
  return [
    flags.prod ? ' --prod' : '',
    flags.url === undefined ? '' : ' --url URL',
    envFile === undefined ? '' : ` --env-file ${shellWord(envFile)}`,
  ].join('')
}
