import {Flags} from '@oclif/core'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag, requireConsent} from '../lib/cli/consent.js'
import {loadFiles, nameFiles, readFiles, transactionFlag} from '../lib/cli/files.js'
import {plural} from '../lib/cli/text.js'
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
    '<%= config.bin %> seed',
    '<%= config.bin %> seed --seed-file users.sql --seed-file activities.sql',
  ]
  static override flags = {
    confirm: confirmFlag,
    'seed-file': Flags.string({
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      summary:
        'Run FILE (- for standard input) instead of db/seed.sql; may be given several times.',
    }),
    transaction: transactionFlag,
  }

  async run(): Promise<SeedResult> {
    const {flags} = await this.parse(Seed)
    const target = await this.target(flags)
    const {
      names,
      paths: files,
      stdinTaken,
    } = nameFiles('seed.sql', flags['seed-file'] ?? [], this.config.root)
    const request = {act: `run ${files.join(', ')}`, confirm: flags.confirm, stdinTaken}
    checkConsent(target, request)
    const script = await readFiles(names, {
      transaction: flags.transaction,
      database: target.database,
      signal: this.signal,
    })
    await requireConsent(target, request, this.signal)
    const {statements, rows, ms} = await loadFiles(target, script, this.connection(flags))
    const counts = `${plural(statements, 'statement')}, ${plural(rows, 'row')}`
    this.say(`ran ${files.join(', ')}: ${counts} in ${ms} ms`)
    return {target: targetJson(target), files, statements, rows, ms}
  }
}
