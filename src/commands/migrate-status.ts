import {DatabaseCommand} from '../lib/cli/base.js'
import {versionJson} from '../lib/cli/migration-report.js'
import {style, styleOut} from '../lib/cli/style.js'
import {table} from '../lib/cli/table.js'
import {CruddurError} from '../lib/error.js'
import {toMigrate} from '../lib/migrations/decide.js'
import {readMigrations} from '../lib/migrations/folder.js'
import {readHistory} from '../lib/migrations/history.js'
import {labelOf} from '../lib/migrations/label.js'
import {isUpToDate, type MigrationStatus, statesOf} from '../lib/migrations/states.js'
import {plural} from '../lib/plural.js'
import {withClient} from '../lib/postgres/connection/connect.js'
import {type CommandLine, commandFor} from '../lib/target/again.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'
import {printable} from '../lib/target/text.js'

interface MigrateStatusResult {
  target: TargetJson
  migrations: {
    version: number | string
    name: string
    file: string | null
    state: MigrationStatus['state']
    appliedAt: string | null
    /** Pending, though one with a higher number is applied. */
    outOfOrder: boolean
  }[]
  pending: number
  upToDate: boolean
}

export default class MigrateStatus extends DatabaseCommand {
  static override summary = 'Show which migrations the database has had.'
  static override description =
    'Ends with 1 when one is pending, was changed after it was applied, or stopped half way. Changes nothing.'
  static override examples = [
    {description: 'Those of db/migrations:', command: '<%= config.bin %> migrate-status'},
    {
      description: 'Whether production is up to date, for a script:',
      command: '<%= config.bin %> migrate-status --prod --quiet',
    },
    {
      description: 'The names of those that are pending:',
      command: `<%= config.bin %> migrate-status --json | jq -r '.migrations[] | select(.state == "pending").name'`,
    },
  ]

  async run(): Promise<MigrateStatusResult> {
    const {flags} = await this.parse(MigrateStatus)
    const target = await this.target(flags)
    const {signal} = this
    const options = {cwd: process.cwd(), packageRoot: this.config.root, signal}
    const {migrations, path, warnings} = await readMigrations(options)
    for (const warning of warnings) this.tell(style.dim(printable(warning)))
    const {records} = await withClient(target, readHistory, this.connection(flags))
    const statuses = statesOf(migrations, records)
    const none =
      path === undefined ? 'there is no folder db/migrations' : `there are no migrations in ${path}`
    this.log(statuses.length > 0 ? tableOf(statuses) : none)
    const pending = statuses.filter(({state}) => state === 'pending').length
    for (const line of nextOf(statuses, commandFor(flags))) this.note(line)
    return this.#ended({
      target: targetJson(target),
      migrations: statuses.map(jsonOf),
      pending,
      upToDate: isUpToDate(statuses),
    })
  }

  /** Not by an error, which would take the place of the table. */
  #ended(result: MigrateStatusResult): MigrateStatusResult {
    if (result.upToDate) return result
    if (this.jsonEnabled()) this.logJson(result)
    return this.exit(1)
  }
}

/** What is to be done: to run what is pending, or first what `migrate` would ask for. */
function nextOf(statuses: readonly MigrationStatus[], command: CommandLine): string[] {
  try {
    const {steps} = toMigrate({command})(statuses)
    if (steps.length === 0) return []
    return [`${plural(steps.length, 'migration')} pending: ${command('migrate')}`]
  } catch (error) {
    if (!(error instanceof CruddurError)) throw error
    const {details, message} = error
    return [message.replace(/; nothing was run$/, ''), `  → ${details.hint}`]
  }
}

const COLUMNS = ['version', 'name', 'state', 'applied at'] as const

const PAINTS: Readonly<Record<MigrationStatus['state'], (line: string) => string>> = {
  applied: String,
  pending: styleOut.magenta,
  changed: styleOut.red,
  unfinished: styleOut.red,
  missing: styleOut.dim,
}

/** Each line in the colour of its state: cells are measured without. */
function tableOf(statuses: readonly MigrationStatus[]): string {
  const [heading = '', ...lines] = table(COLUMNS, statuses.map(rowOf)).split('\n')
  const painted = statuses.map(({state}, at) => PAINTS[state](lines[at] ?? ''))
  return [heading, ...painted].join('\n')
}

function rowOf(status: MigrationStatus): (string | null)[] {
  const {name, outOfOrder, record, state} = status
  const [number = ''] = /^\d+/.exec(labelOf(status)) ?? []
  const when = record?.finishedAt?.replace('T', ' ').replace(/\.\d+Z$/, ' UTC') ?? null
  return [number, name, outOfOrder ? `${state}, out of order` : state, when]
}

function jsonOf({migration, name, outOfOrder, record, state, version}: MigrationStatus) {
  return {
    version: versionJson(version),
    name,
    file: migration?.path ?? null,
    state,
    appliedAt: record?.finishedAt ?? null,
    outOfOrder,
  }
}
