import {appendFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'

/** A real PostgreSQL that may be ended. */
export interface OwnServer {
  url: () => string
  dataDir: string
  stop: () => Promise<void>
  /** SIGQUIT: an immediate shutdown; SIGKILL: a crash. */
  kill: (signal: NodeJS.Signals) => void
  /** Returns when it accepts connections; does nothing when it does already. */
  start: () => Promise<void>
  close: () => Promise<void>
}

/** Few connections, so that they are soon used up, and what else a fault can need. */
const SETTINGS = `
max_connections = 20
max_prepared_transactions = 5
fsync = off
`

/** A port that is the server's alone: it keeps it when it is started again, others begin to look at 5432. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** Starts a cluster of its own, of the embedded PostgreSQL. */
export async function startOwnServer(): Promise<OwnServer> {
  const home = mkdtempSync(join(tmpdir(), 'cruddur-db-own-'))
  writeFileSync(join(home, 'port'), `${await freePort()}\n`)
  const {dataDir} = await startServer(home)
  await stopServer(home)
  appendFileSync(join(dataDir, 'postgresql.conf'), SETTINGS)
  let server = await startServer(home)
  return {
    url: () => embeddedUrl(server, 'postgres'),
    dataDir,
    stop: async () => void (await stopServer(home)),
    kill: (signal) => process.kill(server.pid, signal),
    start: async () => {
      server = await startServer(home)
    },
    close: async () => {
      await stopServer(home)
      rmSync(home, {recursive: true, force: true})
    },
  }
}
