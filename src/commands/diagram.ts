import {Flags} from '@oclif/core'
import {DatabaseCommand} from '../lib/cli/base.js'
import {drawSchema} from '../lib/diagram/diagram.js'
import {FORMATS, type Format, formatOf} from '../lib/diagram/format.js'
import {MERMAID_LIMIT} from '../lib/diagram/mermaid.js'
import {saveFile} from '../lib/diagram/save.js'
import {CruddurError} from '../lib/error.js'
import {plural} from '../lib/plural.js'
import {withClient} from '../lib/postgres/connection/connect.js'
import {readSchema} from '../lib/postgres/schema/read.js'
import {type CommandLine, commandFor} from '../lib/target/again.js'
import {type Target, type TargetJson, targetJson} from '../lib/target/target.js'

interface DiagramResult {
  target: TargetJson
  format: Format
  tables: number
  /** Where it was written to. */
  file?: string
  /** The picture itself, where no file was named. */
  diagram?: string
}

export default class Diagram extends DatabaseCommand {
  static override summary = 'Draw the tables of the database: their columns and keys.'
  static override description =
    'Writes an SVG picture, or text that GitHub and others draw with mermaid, to stdout or to a file. It only reads, so that production is not asked about.'
  static override examples = [
    {
      description: 'A picture of the tables and their keys:',
      command: '<%= config.bin %> diagram --output schema.svg',
    },
    {description: 'For a Markdown file:', command: '<%= config.bin %> diagram --format mermaid'},
    {
      description: 'Of production, from the catalogue alone:',
      command: '<%= config.bin %> diagram --prod --output production.svg',
    },
  ]
  static override flags = {
    format: Flags.option({
      options: FORMATS,
      summary: `Draw it as this; by default what fits FILE (.svg, .mmd), else svg.`,
    })(),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write to FILE, whole or not at all, instead of to stdout (also: -).',
    }),
  }

  async run(): Promise<DiagramResult> {
    const {flags} = await this.parse(Diagram)
    const file = flags.output === '-' ? undefined : flags.output
    const format = formatOf(flags.format, file)
    const target = await this.target(flags)
    const schema = await withClient(target, (client) => readSchema(client), this.connection(flags))
    const tables = schema.tables.length
    if (tables === 0) throw noTables(target, commandFor(flags))
    // Graphviz lets no signal through while it works, and there is nothing yet to be cleaned up.
    const diagram = await this.withoutSignals(() => drawSchema(schema, format))
    if (file !== undefined) await saveFile(file, diagram, this.signal)
    const result = {target: targetJson(target), format, tables}
    if (file !== undefined) this.say(`drew ${plural(tables, 'table')} into ${file}`)
    else this.log(diagram.trimEnd())
    this.#remark(diagram, format, file)
    return file === undefined ? {...result, diagram} : {...result, file}
  }

  #remark(diagram: string, format: Format, file: string | undefined): void {
    if (format === 'mermaid' && diagram.length > MERMAID_LIMIT) {
      this.note(
        'this is longer than mermaid draws unless its maxTextSize is raised; SVG has no limit',
      )
    }
    if (format === 'svg' && file === undefined && process.stdout.isTTY && !this.jsonEnabled()) {
      this.note('this is a picture: --output schema.svg writes it to a file')
    }
  }
}

function noTables({database}: Target, command: CommandLine): CruddurError {
  return new CruddurError('NO_TABLES', `there are no tables in the database "${database}"`, {
    hint: `load some: ${command('schema-load')}`,
  })
}
