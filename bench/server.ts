import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {embeddedUrl, startServer, stopServer} from '../src/lib/embedded/server.js'
import {CruddurError} from '../src/lib/error.js'
import {serverVersion} from './database.js'
import {notApart, type Placement, setApart} from './placement.js'

/** A server to race on. */
export interface Server {
  /** A superuser's; its database is one that is there already. */
  url: string
  /** Set when the server and its clients have processors of their own. */
  placement: Placement | undefined
}

export interface ServerOptions {
  apart: boolean
  signal: AbortSignal
  say: (text: string) => void
}

/**
 * Runs `fn` with the server at `BENCH_URL`, or an embedded one of the bench's own, ended and removed
 * afterwards whatever happens.
 *
 * @throws CruddurError `EMBEDDED_*`, BENCH_SERVER, BENCH_APART
 */
export async function withServer<T>(
  {apart, signal, say}: ServerOptions,
  fn: (server: Server) => Promise<T>,
): Promise<T> {
  const external = process.env['BENCH_URL']
  if (external) {
    if (apart) throw notApart('the server at BENCH_URL is not ours to move')
    await checkServer(external)
    return await fn({url: external, placement: undefined})
  }
  const home = await mkdtemp(join(tmpdir(), 'cruddur-db-bench-'))
  try {
    const server = await startServer(home, {signal, onProgress: say})
    const placement = apart ? await setApart(server.pid) : undefined
    return await fn({url: embeddedUrl(server, 'postgres'), placement})
  } finally {
    await stopServer(home)
    await rm(home, {recursive: true, force: true})
  }
}

async function checkServer(url: string): Promise<void> {
  try {
    await serverVersion(url)
  } catch (error) {
    const hint = 'set BENCH_URL to postgres://USER:PASSWORD@HOST:PORT/postgres, or unset it'
    const message = `the server at BENCH_URL does not answer: ${reason(error)}`
    throw new CruddurError('BENCH_SERVER', message, {exit: 3, hint, cause: error})
  }
}

// Several addresses tried in vain make an error without a message of its own.
function reason(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}
