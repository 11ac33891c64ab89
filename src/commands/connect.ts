import {Flags} from '@oclif/core'
import {abortable} from '../lib/abortable.js'
import {DatabaseCommand, type TargetFlags} from '../lib/cli/base.js'
import {report} from '../lib/cli/report.js'
import {style, styleOut} from '../lib/cli/style.js'
import {withMaintenanceClient} from '../lib/postgres/connection/connect.js'
import {probe} from '../lib/postgres/connection/probe.js'
import {openPsql, type PsqlComfort, withLogin} from '../lib/postgres/psql.js'
import {isInstalled} from '../lib/postgres/psql-program.js'
import {historyPath} from '../lib/shell/history-path.js'
import {tryPrivateFolder} from '../lib/shell/private-folder.js'
import {isRdsHost} from '../lib/target/production.js'
import type {Target} from '../lib/target/target.js'
import {printable} from '../lib/target/text.js'

export default class Connect extends DatabaseCommand {
  static override enableJsonFlag = false
  static override summary = 'Open psql, or a built-in SQL shell, on the database.'
  static override description =
    "What follows -- goes to psql. The password reaches psql through its environment, never as an argument. Ends with psql's exit code. Where psql is not installed, a shell of this program's own opens: statements, tables, psql's \\d commands, history, completion. It takes -- -c SQL, and SQL from standard input, up to the first statement that fails (exit 1)."
  static override usage = 'connect [--builtin] [-- PSQL ARGS]'
  static override examples = [
    {description: 'Look into the database:', command: '<%= config.bin %> connect'},
    {
      description: 'One statement, and out again:',
      command: '<%= config.bin %> connect -- -c "TABLE users"',
    },
    {
      description: 'Without psql, though it is installed:',
      command: '<%= config.bin %> connect --builtin',
    },
    {
      description: 'Which tables production has:',
      command: '<%= config.bin %> connect --prod -- -c "\\dt"',
    },
  ]
  static override flags = {
    builtin: Flags.boolean({summary: 'Open the built-in shell, also where psql is installed.'}),
  }

  async run(): Promise<void> {
    const separator = this.argv.indexOf('--')
    const own = separator === -1 ? this.argv : this.argv.slice(0, separator)
    const psqlArgs = separator === -1 ? [] : this.argv.slice(separator + 1)
    const {flags} = await this.parse(Connect, own)
    if (flags.builtin || !isInstalled('psql', process.env)) await this.#openShell(flags, psqlArgs)
    else await this.#openPsql(flags, psqlArgs)
  }

  async #openPsql(flags: TargetFlags, args: readonly string[]): Promise<void> {
    const target = await this.target(flags)
    const connection = this.connection(flags)
    // psql itself does not wait, nor does it tell why an RDS host is silent.
    if (flags.wait) await withMaintenanceClient(target, async () => {}, connection)
    else if (target.hosts.some(isRdsHost)) await probe(target, connection)
    const login = await abortable(withLogin(target), this.signal)
    this.releaseSignals()
    const code = await openPsql(login, args, process.env, this.#comfort(target))
    if (code !== 0) this.exit(code)
  }

  /** Undefined where no person types into psql, which is then run as it is. */
  #comfort(target: Target): PsqlComfort | undefined {
    if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined
    const history = (): string | undefined => {
      const path = historyPath(target, process.env, 'psql')
      return path && tryPrivateFolder(path) ? path : undefined
    }
    return {color: styleOut.level > 0, history}
  }

  #introduce(chosen: boolean): void {
    const typed = process.stdin.isTTY && process.stdout.isTTY
    const help = typed ? ': \\? lists its commands, \\q leaves' : ''
    if (!chosen) this.note(`psql is not installed, so this is the built-in shell${help}`)
    else if (typed) this.note(`the built-in shell${help}`)
  }

  async #openShell(
    flags: TargetFlags & {builtin: boolean},
    args: readonly string[],
  ): Promise<void> {
    const {commandArguments} = await import('../lib/shell/arguments.js')
    const {openShell} = await import('../lib/shell/shell.js')
    const commands = commandArguments(args)
    const target = await this.target(flags)
    const {onSilence, onWaiting, waitMs} = this.connection(flags)
    this.releaseSignals()
    this.#introduce(flags.builtin)
    await openShell(target, {
      stdin: process.stdin,
      stdout: process.stdout,
      env: process.env,
      commands,
      connection: {onSilence, onWaiting, waitMs},
      quiet: this.quiet,
      red: (text) => styleOut.red.bold(text),
      tell: (line) => this.tell(style.dim(printable(line))),
      tellError: async (error) => this.tell((await report(error)).text),
    })
  }
}
