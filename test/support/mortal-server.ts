import {randomInt} from 'node:crypto'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import pg from 'pg'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'

/** A PostgreSQL server that a test may do anything to. */
export interface MortalServer {
  port: number
  url: (database?: string) => string
  /** Starts it again after it has ended; a server that runs is left alone. */
  start: () => Promise<void>
  stop: () => Promise<void>
  /** SIGINT: a fast shutdown; SIGQUIT: an immediate one; SIGKILL: a crash. */
  kill: (signal: NodeJS.Signals) => void
  /** Stops it as a frozen machine is: connections stay open, nobody answers. */
  freeze: () => Promise<void>
  thaw: () => void
  close: () => Promise<void>
}

/** PostgreSQL's own processes are among its sessions. */
async function sessionsOf(url: string): Promise<number[]> {
  const client = new pg.Client({connectionString: url})
  await client.connect()
  const {rows} = await client.query<{pid: number}>(
    'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
  )
  await client.end()
  return rows.map(({pid}) => pid)
}

/** @param home its folder; a temporary one unless told, and removed in the end */
export async function openMortalServer(
  home = mkdtempSync(join(tmpdir(), 'cruddur-db-own-')),
): Promise<MortalServer> {
  // A port of its own, which nobody takes while the server is down: other tests' servers begin to look at 5432.
  writeFileSync(join(home, 'port'), `${randomInt(10_240, 32_000)}\n`)
  let {pid, port} = await startServer(home)
  let frozen: number[] = []
  const thaw = (): void => {
    for (const each of frozen.splice(0)) process.kill(each, 'SIGCONT')
  }
  return {
    get port() {
      return port
    },
    url: (database = 'postgres') => embeddedUrl({port}, database),
    start: async () => {
      ;({pid, port} = await startServer(home))
    },
    stop: async () => {
      await stopServer(home)
    },
    kill: (signal) => {
      process.kill(pid, signal)
    },
    freeze: async () => {
      frozen = [pid, ...(await sessionsOf(embeddedUrl({port}, 'postgres')))]
      for (const each of frozen) process.kill(each, 'SIGSTOP')
    },
    thaw,
    close: async () => {
      thaw()
      await stopServer(home)
      rmSync(home, {recursive: true, force: true})
    },
  }
}
