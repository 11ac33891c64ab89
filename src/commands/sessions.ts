import {Flags} from '@oclif/core'
import type pg from 'pg'
import {agree} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag} from '../lib/cli/consent.js'
import type {FileConnection} from '../lib/cli/files.js'
import type {PlanWords} from '../lib/cli/plan.js'
import {terminationPlan} from '../lib/cli/termination-plan.js'
import {plural} from '../lib/cli/text.js'
import {withMaintenanceClient} from '../lib/postgres/connection/connect.js'
import {listSessions, type Session, terminateSessions} from '../lib/postgres/sessions.js'
import {type Target, type TargetJson, targetJson} from '../lib/target/target.js'

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
    const connection = this.connection(flags)
    const terminate =
      pids.length > 0 ? await this.#agreeToEnd(target, pids, flags.confirm, connection) : undefined
    const {sessions, maxConnections, absent} = await withMaintenanceClient(
      target,
      async (client) => ({
        absent: (await terminate?.(client)) ?? [],
        ...(await listSessions(client, {all: flags.all, statements: flags.long})),
      }),
      {...connection, leaves: () => true},
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

  /** @returns what ends them, as they were shown, and gives those that were not there any more */
  async #agreeToEnd(
    target: Target,
    pids: number[],
    confirm: string | undefined,
    connection: FileConnection,
  ): Promise<(client: pg.Client) => Promise<number[]>> {
    // A session to end may be in any database of the server, production's among them.
    const guarded = {...target, production: target.productionServer}
    let shown: Session[] | undefined
    const plan = async (): Promise<PlanWords> => {
      const list = (client: pg.Client) => listSessions(client, {all: false, statements: false})
      const {sessions} = await withMaintenanceClient(target, list, connection)
      shown = sessions.filter(({process_id}) => pids.includes(process_id))
      return terminationPlan(shown)
    }
    const act = `end ${plural(pids.length, 'session')}`
    const {verify} = await agree(guarded, {act, confirm, dryRun: false, plan}, connection)
    return async (client) => {
      await verify(client)
      return terminateSessions(client, pids, shown)
    }
  }

  async #print(sessions: Session[], columns: readonly (keyof Session)[]): Promise<void> {
    const {table} = await import('../lib/cli/table.js')
    const rows = sessions.map((session) => columns.map((column) => session[column] ?? null))
    this.log(table(columns, rows))
  }
}
