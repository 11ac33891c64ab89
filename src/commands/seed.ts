import {Flags} from '@oclif/core'
import {type DryRunResult, dryRunFlag} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag} from '../lib/cli/consent.js'
import {runFiles, transactionFlag} from '../lib/cli/files.js'
import {plural} from '../lib/plural.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'

interface SeedResult {
  target: TargetJson
  files: string[]
  statements: number
  rows: number
  ms: number
}

export default class Seed extends DatabaseCommand {
  static override summary = 'Load db/seed.sql into the database.'
  static override description =
    'All files are run whole or not at all, in one transaction. db/seed.sql is looked for like db/schema.sql.'
  static override examples = [
    {description: 'The rows of db/seed.sql:', command: '<%= config.bin %> seed'},
    {
      description: 'Those of several files, all or none:',
      command: '<%= config.bin %> seed --seed-file users.sql --seed-file activities.sql',
    },
    {
      description: 'What another program writes:',
      command: 'cat db/seed.sql | <%= config.bin %> seed --seed-file -',
    },
    {
      description: 'What that would do to production, touching nothing:',
      command: '<%= config.bin %> seed --prod --dry-run',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    'seed-file': Flags.string({
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      summary:
        'Run FILE (- for standard input) instead of db/seed.sql; may be given several times.',
    }),
    transaction: transactionFlag,
  }

  async run(): Promise<SeedResult | DryRunResult> {
    const {flags} = await this.parse(Seed)
    const target = await this.target(flags)
    const request = {
      fallback: 'seed.sql' as const,
      given: flags['seed-file'] ?? [],
      packageRoot: this.config.root,
      transaction: flags.transaction,
      confirm: flags.confirm,
      dryRun: flags['dry-run'],
      quiet: this.quiet,
    }
    const {agreement, files, result} = await runFiles(target, request, this.connection(flags))
    if (!result) return this.planned(agreement)
    const {statements, rows, ms} = result
    const counts = `${plural(statements, 'statement')}, ${plural(rows, 'row')}`
    this.say(`ran ${files.join(', ')}: ${counts} in ${ms} ms`)
    return {target: targetJson(agreement.target), files, statements, rows, ms}
  }
}
