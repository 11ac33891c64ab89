import pg from 'pg'
import {type MortalServer, openMortalServer} from '../support/mortal-server.js'
import {openScreen, type Screen} from '../support/screen.js'
import type {TerminalSize} from '../support/terminal.js'
import {until} from '../support/wait.js'

export const SHOP = 'shop'

/** On whose server nobody else is, so that all who are shown are known. */
export interface SessionsStage {
  server: MortalServer
  query: (sql: string, database?: string) => Promise<pg.QueryResultRow[]>
  /** A session with this application name; those that a test leaves are ended by `close`. */
  connect: (app: string) => Promise<pg.Client & {pid: number}>
  url: (parameters?: string) => string
  /** `cruddur-db sessions` and these arguments, on a terminal. */
  screen: (args: string, size?: TerminalSize, env?: Record<string, string>) => Screen
  /** Ends the programs that a test has left running. */
  endScreens: () => void
  /** Waits until the server has no session of the program. */
  noSession: () => Promise<void>
  close: () => Promise<void>
}

/** In these 150 s more have passed than by the clock: with it in the URL, what goes on lasts for more than a minute. */
export const LATER = '?options=-c%20search_path%3Dlater%2Cpg_catalog'
const CLOCK = `CREATE SCHEMA later; CREATE FUNCTION later.clock_timestamp() RETURNS timestamptz LANGUAGE sql
  AS $$SELECT pg_catalog.clock_timestamp() + interval '150 s'$$`

export async function openSessionsStage(): Promise<SessionsStage> {
  const server = await openMortalServer()
  const open: pg.Client[] = []
  const running = new Set<Screen>()
  const connectTo = async (database: string, app: string): Promise<pg.Client> => {
    const connectionString = server.url(database)
    const client = new pg.Client({connectionString, application_name: app})
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const query: SessionsStage['query'] = async (sql, database = 'postgres') => {
    const client = await connectTo(database, 'test')
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  await query(CLOCK)
  await query(`CREATE DATABASE ${SHOP}`)
  const url = (parameters = ''): string => server.url(SHOP) + parameters
  return {
    server,
    query,
    url,
    async connect(app) {
      const client = await connectTo(SHOP, app)
      open.push(client)
      const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
      return Object.assign(client, {pid: rows[0]?.pid ?? 0})
    },
    screen(args, size = {}, env = {}) {
      const words = ['sessions', ...args.split(' ').filter(Boolean)]
      const screen = openScreen(words, {...size, env: {CONNECTION_URL: url(), ...env}})
      running.add(screen)
      void screen.ended.then(() => running.delete(screen))
      return screen
    },
    endScreens() {
      for (const screen of running) process.kill(screen.pid, 'SIGKILL')
    },
    noSession: () =>
      until(
        async () =>
          (await query("SELECT FROM pg_stat_activity WHERE application_name LIKE 'cruddur-db %'"))
            .length === 0,
        () => 'the program’s sessions to end',
      ),
    close: async () => {
      await Promise.all(open.map((client) => client.end().catch(() => {})))
      await server.close()
    },
  }
}

/** Whether what was written last has given the terminal back: no other screen, the cursor to be seen, long lines wrapped. */
export function isRestored(screen: Screen): boolean {
  const written = screen.output()
  const last = (on: string, off: string) => written.lastIndexOf(on) > written.lastIndexOf(off)
  return (
    !screen.alternate() &&
    last('\u001b[?25h', '\u001b[?25l') &&
    last('\u001b[?1049l', '\u001b[?1049h') &&
    last('\u001b[?7h', '\u001b[?7l')
  )
}
