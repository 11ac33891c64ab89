import {Flags} from '@oclif/core'
import type pg from 'pg'
import {DatabaseCommand} from '../lib/cli/base.js'
import {confirmFlag} from '../lib/cli/consent.js'
import type {FileConnection} from '../lib/cli/files.js'
import type {Shown} from '../lib/cli/sessions/columns.js'
import {agreeToEnd, type Ends} from '../lib/cli/sessions/ending.js'
import type {WatchOptions} from '../lib/cli/sessions/watch.js'
import {checkWatch, INTERVAL_SECONDS, intervalMs} from '../lib/cli/sessions/watch-flags.js'
import {terminalColumns} from '../lib/cli/terminal.js'
import {withMaintenanceClient} from '../lib/postgres/connection/connect.js'
import {type ListedSession, type Look, listSessions} from '../lib/postgres/sessions-list.js'
import {type Target, type TargetJson, targetJson} from '../lib/target/target.js'

interface SessionsResult {
  target: TargetJson
  sessions: ListedSession[]
  max_connections: number
  reserved_connections: number
  terminated?: number[]
}

const EXIT_CODES = {interrupt: 130, gone: 129} as const

export default class Sessions extends DatabaseCommand {
  static override summary = 'Show who is connected to the server.'
  static override description =
    'Client sessions of the whole server; works also when the database does not exist. On a terminal the table fits it, with a sign at what lasts for more than a minute. --watch looks again and again, and sorts, pauses and ends sessions by keys.'
  static override examples = [
    {description: 'Who is connected:', command: '<%= config.bin %> sessions'},
    {
      description: 'Since when, and what they are doing:',
      command: '<%= config.bin %> sessions --long',
    },
    {description: 'The same, kept up to date:', command: '<%= config.bin %> sessions --watch'},
    {description: 'Who is connected to production:', command: '<%= config.bin %> sessions --prod'},
    {
      description: 'End two of them:',
      command: '<%= config.bin %> sessions --terminate 4711 --terminate 4712',
    },
  ]
  static override flags = {
    all: Flags.boolean({summary: "PostgreSQL's own processes too."}),
    confirm: {...confirmFlag, dependsOn: ['terminate']},
    interval: Flags.string({
      dependsOn: ['watch'],
      helpValue: 'SECONDS',
      summary: `How often --watch looks; every ${INTERVAL_SECONDS.usual} seconds unless told.`,
    }),
    long: Flags.boolean({summary: 'More columns: since when, waiting for what, the statement.'}),
    terminate: Flags.integer({
      helpValue: 'PID',
      max: 2 ** 31 - 1,
      min: 1,
      multiple: true,
      multipleNonGreedy: true,
      summary: 'End this session; may be given several times.',
    }),
    watch: Flags.boolean({
      exclusive: ['terminate'],
      summary: 'Look again and again, drawn in place; ? shows the keys.',
    }),
  }

  async run(): Promise<SessionsResult | undefined> {
    const {flags} = await this.parse(Sessions)
    const every = intervalMs(flags.interval)
    if (flags.watch) checkWatch({json: this.jsonEnabled()})
    const target = await this.target(flags)
    const connection = this.connection(flags)
    const shown = {all: flags.all, long: flags.long}
    if (flags.watch) return this.#watch(target, {...shown, connection, intervalMs: every})
    const pids = [...new Set(flags.terminate)]
    const ends =
      pids.length > 0 ? await agreeToEnd(target, pids, flags.confirm, connection) : undefined
    const {absent, look} = await this.#look(target, connection, {...shown, ends})
    for (const pid of absent) this.note(`there was no session ${pid}`)
    if (!this.jsonEnabled()) await this.#print(look, shown)
    return {
      target: targetJson(target),
      sessions: look.sessions,
      max_connections: look.maxConnections,
      reserved_connections: look.reserved,
      ...(ends ? {terminated: pids.filter((pid) => !absent.includes(pid))} : {}),
    }
  }

  /** @returns who is there once `ends` has ended what it is to end, and those that were not there to be ended */
  async #look(
    target: Target,
    connection: FileConnection,
    {all, ends, long}: Shown & {ends: Ends | undefined},
  ): Promise<{absent: number[]; look: Look}> {
    const look = async (client: pg.Client) => ({
      absent: (await ends?.(client)) ?? [],
      look: await listSessions(client, {all, statements: long}),
    })
    return await withMaintenanceClient(target, look, {
      ...connection,
      looks: true,
      leaves: () => true,
    })
  }

  async #print(look: Look, shown: Shown): Promise<void> {
    const {sessionLines} = await import('../lib/cli/sessions/show.js')
    const room = terminalColumns(process.stdout)
    this.log(sessionLines(look, {...shown, footer: !this.quiet, room}).join('\n'))
  }

  async #watch(target: Target, options: WatchOptions): Promise<undefined> {
    const {watchSessions} = await import('../lib/cli/sessions/watch.js')
    const ending = await watchSessions(target, options)
    if (ending !== 'quit') this.exit(EXIT_CODES[ending])
  }
}
