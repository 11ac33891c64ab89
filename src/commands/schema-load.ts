import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag, requireConsent} from '../lib/cli/consent.js'
import {loadFiles, nameFiles, readFiles, schemaFileFlag, transactionFlag} from '../lib/cli/files.js'
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
    'schema-file': schemaFileFlag,
    transaction: transactionFlag,
  }

  async run(): Promise<SchemaLoadResult> {
    const {flags} = await this.parse(SchemaLoad)
    const target = await this.target(flags)
    const named = [flags['schema-file']]
    const {names, paths, stdinTaken} = nameFiles('schema.sql', named, this.config.root)
    const file = paths.join()
    const request = {act: `run ${file}`, confirm: flags.confirm, stdinTaken}
    checkConsent(target, request)
    const script = await readFiles(names, {
      transaction: flags.transaction,
      database: target.database,
      signal: this.signal,
    })
    await requireConsent(target, request, this.signal)
    const {statements, ms} = await loadFiles(target, script, this.connection(flags))
    this.say(`ran ${file}: ${plural(statements, 'statement')} in ${ms} ms`)
    return {target: targetJson(target), file, statements, ms}
  }
}
