import {abortable} from '../lib/abortable.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {withMaintenanceClient} from '../lib/postgres/connection/connect.js'
import {probe} from '../lib/postgres/connection/probe.js'
import {openPsql, withLogin} from '../lib/postgres/psql.js'
import {isRdsHost} from '../lib/target/production.js'

export default class Connect extends DatabaseCommand {
  static override enableJsonFlag = false
  static override summary = 'Open psql on the database.'
  static override description =
    "What follows -- goes to psql. The password reaches psql through its environment, never as an argument. Ends with psql's exit code."
  static override usage = 'connect [-- PSQL ARGS]'
  static override examples = [
    '<%= config.bin %> connect',
    "<%= config.bin %> connect --prod -- -c '\\dt'",
  ]

  async run(): Promise<void> {
    const separator = this.argv.indexOf('--')
    const own = separator === -1 ? this.argv : this.argv.slice(0, separator)
    const psqlArgs = separator === -1 ? [] : this.argv.slice(separator + 1)
    const {flags} = await this.parse(Connect, own)
    const target = await this.target(flags)
    const connection = this.connection(flags)
    // psql itself does not wait, nor does it tell why an RDS host is silent.
    if (flags.wait) await withMaintenanceClient(target, async () => {}, connection)
    else if (target.hosts.some(isRdsHost)) await probe(target, connection)
    const login = await abortable(withLogin(target), this.signal)
    this.releaseSignals()
    const code = await openPsql(login, psqlArgs, process.env)
    if (code !== 0) this.exit(code)
  }
}
