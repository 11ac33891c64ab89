import pg from 'pg'
import {embeddedUrl, runningServer, startServer} from '../../src/lib/embedded/server.js'
import {makeHome, removeHome} from '../lib/embedded/support.js'
import {until} from '../support/wait.js'
import type {Victim} from './plan.js'

/** A session that sees what the program's sessions do, and feels when the server goes down. */
export interface Witness {
  query: (sql: string) => Promise<pg.QueryResultRow[]>
  /** Resolves when the connection is cut or closed. */
  gone: Promise<void>
  close: () => Promise<void>
}

/** A PostgreSQL that may be killed. */
export interface CrashServer {
  home: string
  url: (database: string) => string
  /** On a connection of its own. */
  query: (sql: string, database?: string) => Promise<pg.QueryResultRow[]>
  connect: (database: string) => Promise<pg.Client>
  witness: () => Promise<Witness>
  /** Returns when it runs and lets clients in. */
  revive: () => Promise<void>
  /** Waits until the server has no session of the program's. */
  quiet: () => Promise<void>
  close: () => Promise<void>
}

export const PROGRAM = "application_name LIKE 'cruddur-db %'"

/** Processes whose end the postmaster answers with a restart of all: those of the program's sessions first. */
const VICTIMS = `SELECT pid FROM pg_stat_activity
WHERE backend_type <> 'client backend' OR ${PROGRAM} ORDER BY (${PROGRAM}) IS TRUE DESC, pid`

/** Starts a server in a home of its own. */
export async function startCrashServer(): Promise<CrashServer> {
  const home = makeHome()
  let {port} = await startServer(home)
  const url = (database: string): string => embeddedUrl({port}, database)

  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({connectionString: url(database)})
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const query: CrashServer['query'] = async (sql, database = 'postgres') => {
    const client = await connect(database)
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  const witness = async (): Promise<Witness> => {
    const client = await connect('postgres')
    const gone = new Promise<void>((resolve) => client.once('end', resolve))
    return {
      query: async (sql) => (await client.query(sql)).rows,
      gone,
      close: () => client.end(),
    }
  }
  return {
    home,
    url,
    query,
    connect,
    witness,
    revive: async () => {
      ;({port} = await startServer(home))
    },
    quiet: () =>
      until(
        async () => (await query(`SELECT FROM pg_stat_activity WHERE ${PROGRAM}`)).length === 0,
        () => "the program's sessions to end",
      ),
    close: () => removeHome(home),
  }
}

/**
 * Prepares a blow against the server, so that it falls without delay.
 *
 * @param dice from 0 to 1, which of several processes it meets
 */
export async function aimAt(
  {home}: CrashServer,
  victim: Exclude<Victim, 'program'>,
  witness: Witness,
  dice: number,
): Promise<() => void> {
  if (victim !== 'backend') {
    const pid = (await runningServer(home))?.pid
    if (pid === undefined) throw new Error('the server does not run')
    const signal = victim === 'postmaster' ? 'SIGKILL' : 'SIGQUIT'
    return () => process.kill(pid, signal)
  }
  const pids = (await witness.query(VICTIMS)).map((row) => Number(row['pid']))
  const first = Math.floor(dice * dice * pids.length)
  // A session may end before its process can be killed: then it is the next one's turn.
  return () => void [...pids.slice(first), ...pids.slice(0, first)].some(kill)
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
