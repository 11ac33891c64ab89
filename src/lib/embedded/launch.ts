import type {ChildProcess} from 'node:child_process'
import {closeSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {CruddurError} from '../error.js'
import type {Binaries} from './binaries.js'
import {EMBEDDED_HOST} from './credentials.js'
import {diskFull} from './errors.js'
import {LOG_LINE_PREFIX, linesOf, logPath, openLog} from './log.js'
import type {Place} from './prepare.js'
import {readPidFile} from './process.js'
import {startProgram} from './program.js'

/**
 * How an attempt to start ended: it accepts connections; its port was taken; another server of the same data was quicker,
 * or its pid file lies there; processes of a killed one are not gone yet; or something else, said in `lines`.
 */
export interface Outcome {
  kind: 'ready' | 'port-taken' | 'locked' | 'orphans' | 'failed'
  /** What the server wrote to its log. */
  lines: string[]
}

interface Attempt {
  place: Place
  binaries: Binaries
  port: number
  /** Milliseconds since the epoch, as Date.now(); the server is left to itself then. */
  deadline: number
  signal?: AbortSignal | undefined
}

const POLL_MS = 20
const SHOWN_LINES = 8

/** The first line that fits tells; from PostgreSQL's pqcomm.c, miscinit.c and sysv_shmem.c. */
const KNOWN_ENDS = [
  ['port-taken', /could not bind .* address .*(in use|only one usage)/is],
  ['locked', /lock file "postmaster\.pid" (already exists|is empty)/],
  ['orphans', /pre-existing shared memory block/],
] as const

/**
 * Starts a server that outlives this process and waits until it accepts connections or has ended.
 *
 * @throws CruddurError `EMBEDDED_START_TIMEOUT`, `EMBEDDED_CANNOT_RUN`
 */
export async function launch({place, binaries, port, deadline, signal}: Attempt): Promise<Outcome> {
  const {home, account} = place
  const log = openLog(home, account)
  const program = join(
    binaries.folder,
    'bin',
    process.platform === 'win32' ? 'postgres.exe' : 'postgres',
  )
  const args = ['-D', join(home, 'data'), ...settings(port)]
  let child: ChildProcess
  try {
    child = await startProgram(program, args, {
      cwd: home,
      account,
      stdio: ['ignore', log.fd, log.fd],
    })
  } finally {
    closeSync(log.fd)
  }
  child.unref()
  while (!hasEnded(child)) {
    const file = await readPidFile(join(home, 'data'))
    if (file?.pid === child.pid && file?.status === 'ready') return {kind: 'ready', lines: []}
    if (Date.now() > deadline) throw startTimeout(home)
    await sleep(POLL_MS, undefined, {signal})
  }
  return outcomeOf(linesOf(home, child.pid ?? 0, log.end))
}

/** Says that the server ended at its start, with the last lines of its log. */
export function startFailed(home: string, {lines}: Outcome): CruddurError {
  const excerpt = lines.slice(-SHOWN_LINES).join('\n')
  if (excerpt.includes('No space left on device')) return diskFull(home, excerpt)
  return new CruddurError('EMBEDDED_START_FAILED', 'PostgreSQL ended while it was starting', {
    excerpt,
    hint: `read its log: ${logPath(home)}`,
  })
}

/** Says that the server runs but does not accept connections in time; it goes on trying. */
export function startTimeout(home: string): CruddurError {
  return new CruddurError(
    'EMBEDDED_START_TIMEOUT',
    'PostgreSQL is still not ready after 60 seconds',
    {
      hint: `it goes on starting; read its log: ${logPath(home)}, and try again`,
    },
  )
}

// On the command line, so that nothing in postgresql.conf or from ALTER SYSTEM can open the server to the network.
function settings(port: number): string[] {
  const values = {
    listen_addresses: EMBEDDED_HOST,
    port,
    unix_socket_directories: '',
    cluster_name: 'cruddur-db',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: LOG_LINE_PREFIX,
    lc_messages: 'C',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function hasEnded({exitCode, signalCode}: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function outcomeOf(lines: string[]): Outcome {
  const text = lines.join('\n')
  const known = KNOWN_ENDS.find(([, pattern]) => pattern.test(text))
  return {kind: known?.[0] ?? 'failed', lines}
}
