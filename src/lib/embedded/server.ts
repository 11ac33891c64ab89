import {join, resolve} from 'node:path'
import {CruddurError} from '../error.js'
import {trace} from '../trace.js'
import {EMBEDDED_DATABASE, EMBEDDED_HOST, EMBEDDED_PASSWORD, EMBEDDED_USER} from './credentials.js'
import {homeError} from './errors.js'
import {acceptsConnections} from './handshake.js'
import {readLivePidFile, versionOf} from './process.js'
// Every command asks for the running server; what starts and stops one is loaded when it is needed.
import type {StartOptions} from './start.js'

/** A PostgreSQL server of ours that runs. */
export interface EmbeddedServer {
  port: number
  /** The postmaster's process number. */
  pid: number
  /** PostgreSQL's version: '18.4'. */
  version: string
  dataDir: string
  logFile: string
}

/**
 * Starts the server of `home`, which then outlives this process; returns at once when it runs and accepts connections.
 * The first start takes about a second: it copies PostgreSQL's programs into `home` and creates the cluster, but no database.
 *
 * @param home a folder of its own, made where it is missing: see `embeddedHome`
 * @param options.onProgress told what takes time: 'Creating the database cluster'
 * @param options.signal ends the waiting; nothing half done is left
 * @returns `started`: by this call, not found running
 * @throws CruddurError `EMBEDDED_*`
 */
export async function startServer(
  home: string,
  options: StartOptions = {},
): Promise<EmbeddedServer & {started: boolean}> {
  options.signal?.throwIfAborted()
  const running = await runningServer(home)
  trace(
    'embedded',
    () => `${home}: ${running ? `process ${running.pid}, port ${running.port}` : 'not running'}`,
  )
  if (running && (await acceptsConnections(running.port))) return {...running, started: false}
  const {bringUp} = await import('./start.js')
  const started = await bringUp(resolve(home), options)
  const server = await runningServer(home)
  if (server) return {...server, started}
  throw new CruddurError('EMBEDDED_STOPPED', 'PostgreSQL was stopped as soon as it had started', {
    hint: 'try again',
  })
}

/**
 * The server of `home`, if it runs; it may still be starting. Asks the file system and the system's process table only:
 * 1 ms on Linux; where there is no /proc it asks `ps`.
 *
 * @throws CruddurError `EMBEDDED_HOME_DENIED` when the data belongs to another user
 */
export async function runningServer(home: string): Promise<EmbeddedServer | undefined> {
  const dataDir = join(resolve(home), 'data')
  try {
    const file = await readLivePidFile(dataDir)
    if (!file || file.status === 'stopping') return undefined
    const logFile = join(resolve(home), 'server.log')
    return {port: file.port, pid: file.pid, version: await versionOf(dataDir), dataDir, logFile}
  } catch (error) {
    throw homeError(error, home)
  }
}

/**
 * Stops the server of `home` and waits until it is gone, whoever uses it.
 *
 * @param options.signal ends the waiting; the server goes on ending
 * @returns false when it was not running
 * @throws CruddurError `EMBEDDED_STOP_DENIED`, `EMBEDDED_STOP_TIMEOUT`; the signal's reason
 */
export async function stopServer(
  home: string,
  {signal}: {signal?: AbortSignal | undefined} = {},
): Promise<boolean> {
  const {shutDown} = await import('./stop.js')
  return await shutDown(resolve(home), signal)
}

/** The server's URL, its documented password included. */
export function embeddedUrl({port}: {port: number}, database: string = EMBEDDED_DATABASE): string {
  return `postgresql://${EMBEDDED_USER}:${EMBEDDED_PASSWORD}@${EMBEDDED_HOST}:${port}/${encodeURIComponent(database)}`
}
