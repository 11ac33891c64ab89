import {type Command, CommandHelp, Help, type Interfaces} from '@oclif/core'
import {grouped} from './help-groups.js'

/** Longer lines than this are hard to read, however wide the terminal is. */
const WIDEST = 100

type Row = [string, string | undefined]
type ListOptions = Parameters<Help['renderList']>[1]

/** Where a text stands below its flag, oclif takes it to be two columns further left than it is. */
function deeper(options: ListOptions): ListOptions {
  return {...options, indentation: options.indentation + 2}
}

const USAGE: Row[] = [
  ['$ <%= config.bin %>', 'how things stand, and what to do next'],
  ['$ <%= config.bin %> COMMAND [FLAGS]', 'which database: see below'],
  ['$ <%= config.bin %> help COMMAND', 'its flags, and examples to paste'],
]

const TARGETS: Row[] = [
  [
    'no flag',
    'CONNECTION_URL, from the environment or .env; where it is not set, the embedded server',
  ],
  [
    '--prod',
    'PROD_CONNECTION_URL: production, where nothing is destroyed before you typed its name',
  ],
  ['--url URL', 'the database at postgres://user:password@host:port/database'],
]

/** Without the summary a second time, and examples as an explanation with its command right below it. */
class TeachingCommandHelp extends CommandHelp {
  override renderList(rows: Row[], options: ListOptions): string {
    return super.renderList(rows, deeper(options))
  }

  /** oclif breaks the line as if every command's name were as long as `<%= command.id %>`. */
  protected override usage(): string {
    const line = `$ ${this.config.bin} ${this.defaultUsage().replace('<%= command.id %>', this.command.id)}`
    const width = this.opts.maxWidth - this.indentSpacing
    if (line.length <= width) return line
    const end = line.lastIndexOf(' ', width)
    return `${line.slice(0, end)}\n${this.indent(this.wrap(line.slice(end), this.indentSpacing * 2))}`
  }

  protected override description() {
    const {description} = this.command
    return description === undefined ? undefined : this.wrap(description)
  }

  protected override examples(examples: Command.Example[] | string | undefined) {
    return super.examples(examples)?.replaceAll(/\n\n(?= +\$ )/g, '\n')
  }
}

/** What `help` and `--help` show; package.json names it to oclif. */
export default class TeachingHelp extends Help {
  protected override CommandHelpClass = TeachingCommandHelp

  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, options)
    if (options.maxWidth === undefined) this.opts.maxWidth = Math.min(this.opts.maxWidth, WIDEST)
  }

  override renderList(rows: Row[], options: ListOptions): string {
    return super.renderList(rows, deeper(options))
  }

  override formatRoot(): string {
    const description = this.wrap(this.config.pjson['description'] ?? '', 0)
    return [
      description,
      this.section('USAGE', this.#table(USAGE)),
      this.section('WHICH DATABASE', this.#table(TARGETS)),
    ].join('\n\n')
  }

  /** Grouped by what they are for, all in the same columns. */
  protected override formatCommands(commands: Command.Loadable[]): string {
    const widest = Math.max(...commands.map(({id}) => id.length))
    const row = (command: Command.Loadable): Row => [
      command.id.padEnd(widest),
      command.summary ?? command.description,
    ]
    return grouped(commands)
      .map(({title, items}) => this.section(title.toUpperCase(), this.#table(items.map(row))))
      .join('\n\n')
  }

  protected override summary(command: Command.Loadable): string | undefined {
    const summary = super.summary(command)
    return summary === undefined ? undefined : this.wrap(summary, 0)
  }

  /** A mistyped command is answered as elsewhere: with the nearest one. oclif itself takes `help` for no command. */
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-'))
    const [subject] = words.length > 1 ? words.filter((word) => word !== 'help') : words
    const command = subject === undefined ? undefined : this.config.findCommand(subject)
    if (command) return this.showCommandHelp(command)
    if (subject !== undefined) await this.config.runHook('command_not_found', {id: subject})
    await super.showHelp(argv)
  }

  #table(rows: Row[]): string {
    const rendered = rows.map(([left, right]): Row => [this.render(left), right])
    return this.renderList(rendered, {indentation: 2, spacer: '\n'})
  }
}
