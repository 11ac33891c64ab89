import {Flags} from '@oclif/core'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag, requireConsent} from '../lib/cli/consent.js'
import {plural} from '../lib/cli/text.js'
import {withMaintenanceClient} from '../lib/postgres/connect.js'
import {listSessions, type Session, terminateSessions} from '../lib/postgres/sessions.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'

interface SessionsResult {
  target: TargetJson
  sessions: Session[]
  max_connections: number
  terminated?: number[]
}

const COLUMNS = ['process_id', 'user', 'db', 'client_addr', 'app', 'state'] as const
const LONG_COLUMNS = [
  ...COLUMNS,
  'type',
  'backend_start',
  'query_start',
  'wait_event',
  'query',
] as const

export default class Sessions extends DatabaseCommand {
  static override summary = 'Show who is connected to the server.'
  static override description =
    'Client sessions of the whole server; works also when the database does not exist.'
  static override examples = [
    '<%= config.bin %> sessions',
    '<%= config.bin %> sessions --prod --all',
    '<%= config.bin %> sessions --terminate 4711',
  ]
  static override flags = {
    all: Flags.boolean({summary: "PostgreSQL's own processes too."}),
    confirm: {...confirmFlag, dependsOn: ['terminate']},
    long: Flags.boolean({summary: 'More columns: since when, waiting for what, the statement.'}),
    terminate: Flags.integer({
      helpValue: 'PID',
      max: 2 ** 31 - 1,
      min: 1,
      multiple: true,
      multipleNonGreedy: true,
      summary: 'End this session; may be given several times.',
    }),
  }

  async run(): Promise<SessionsResult> {
    const {flags} = await this.parse(Sessions)
    const pids = flags.terminate ?? []
    const target = await this.target(flags)
    if (pids.length > 0) {
      const act = `end ${plural(pids.length, 'session')}`
      // A session to end may be in any database of the server, production's among them.
      const guarded = {...target, production: target.productionServer}
      await requireConsent(guarded, {act, confirm: flags.confirm}, this.signal)
    }
    const {sessions, maxConnections, absent} = await withMaintenanceClient(
      target,
      async (client) => ({
        absent: pids.length > 0 ? await terminateSessions(client, pids) : [],
        ...(await listSessions(client, {all: flags.all, statements: flags.long})),
      }),
      this.connection(flags),
    )
    for (const pid of absent) this.note(`there was no session ${pid}`)
    if (!this.jsonEnabled()) await this.#print(sessions, flags.long ? LONG_COLUMNS : COLUMNS)
    return {
      target: targetJson(target),
      sessions,
      max_connections: maxConnections,
      ...(pids.length > 0 ? {terminated: pids.filter((pid) => !absent.includes(pid))} : {}),
    }
  }

  async #print(sessions: Session[], columns: readonly (keyof Session)[]): Promise<void> {
    const {table} = await import('../lib/cli/table.js')
    const rows = sessions.map((session) => columns.map((column) => session[column] ?? null))
    this.log(table(columns, rows))
  }
}
