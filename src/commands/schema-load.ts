import {Flags} from '@oclif/core'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag, requireConsent} from '../lib/cli/consent.js'
import {loadFiles, readFiles, transactionFlag} from '../lib/cli/files.js'
import {plural} from '../lib/cli/text.js'
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
    '<%= config.bin %> schema-load',
    '<%= config.bin %> schema-load --schema-file other.sql',
  ]
  static override flags = {
    confirm: confirmFlag,
    'schema-file': Flags.string({helpValue: 'FILE', summary: 'Run FILE instead of db/schema.sql.'}),
    transaction: transactionFlag,
  }

  async run(): Promise<SchemaLoadResult> {
    const {flags} = await this.parse(SchemaLoad)
    const target = await this.target(flags)
    const [file] = await readFiles('schema.sql', [flags['schema-file']], this.config.root, flags)
    await requireConsent(target, {act: `run ${file.path}`, confirm: flags.confirm}, this.signal)
    const {statements, ms} = await loadFiles(target, [file], flags, this.connection(flags))
    this.say(`ran ${file.path}: ${plural(statements, 'statement')} in ${ms} ms`)
    return {target: targetJson(target), file: file.path, statements, ms}
  }
}
