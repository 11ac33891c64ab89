import type pg from 'pg'
import {type DryRunResult, dryRunFlag} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag} from '../lib/cli/consent.js'
import {runFiles, schemaFileFlag, transactionFlag} from '../lib/cli/files.js'
import {appliedLabels} from '../lib/migrations/applied.js'
import {plural} from '../lib/plural.js'
import {type CommandLine, commandFor} from '../lib/target/again.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'

interface SchemaLoadResult {
  target: TargetJson
  file: string
  statements: number
  ms: number
}

export default class SchemaLoad extends DatabaseCommand {
  static override summary = 'Load db/schema.sql into the database.'
  static override description =
    'The file is run whole or not at all, in one transaction. It is looked for in db/ of the working directory, of each folder above it, then in this package.'
  static override examples = [
    {description: 'The tables of db/schema.sql:', command: '<%= config.bin %> schema-load'},
    {
      description: 'Those of another file:',
      command: '<%= config.bin %> schema-load --schema-file db/schema.sql',
    },
    {
      description: 'What another program writes:',
      command: 'cat db/schema.sql | <%= config.bin %> schema-load --schema-file -',
    },
    {
      description: 'What that would do to production, touching nothing:',
      command: '<%= config.bin %> schema-load --prod --dry-run',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    'schema-file': schemaFileFlag,
    transaction: transactionFlag,
  }

  async run(): Promise<SchemaLoadResult | DryRunResult> {
    const {flags} = await this.parse(SchemaLoad)
    const target = await this.target(flags)
    let applied: readonly string[] = []
    const request = {
      fallback: 'schema.sql' as const,
      given: [flags['schema-file']],
      packageRoot: this.config.root,
      transaction: flags.transaction,
      confirm: flags.confirm,
      dryRun: flags['dry-run'],
      quiet: this.quiet,
      beforehand: async (client: pg.Client) => {
        applied = await appliedLabels(client)
      },
    }
    const {agreement, files, result} = await runFiles(target, request, this.connection(flags))
    if (!result) return this.planned(agreement)
    const {statements, ms} = result
    const file = files.join()
    this.say(`ran ${file}: ${plural(statements, 'statement')} in ${ms} ms`)
    if (applied.length > 0) this.note(undone(file, applied, commandFor(flags)))
    return {target: targetJson(agreement.target), file, statements, ms}
  }
}

/** What may be wrong now: the database says that migrations have run, of which the file knows nothing. */
function undone(file: string, applied: readonly string[], command: CommandLine): string {
  const [first] = applied
  const what = applied.length === 1 ? `the migration ${first}` : `${applied.length} migrations`
  return `${file} may have undone ${what} that ran before it: ${command('doctor')} tells, ${command('setup')} builds everything anew`
}
