import {execFile} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'
import {CruddurError} from '../error.js'
import {errnoOf, homeError} from './errors.js'
import {logPath} from './log.js'
import {holderOf, readLivePidFile} from './process.js'

const FAST_MS = 30_000
const IMMEDIATE_MS = 10_000
const POLL_MS = 20

/**
 * Ends the server of `home`: sessions are cut off and the data is written out; a server that does not manage that in 30
 * seconds is ended at once, and recovers when it starts again.
 *
 * @param signal ends the waiting; the server goes on ending
 * @returns false when none was running
 * @throws CruddurError `EMBEDDED_STOP_DENIED` (another user's), `EMBEDDED_STOP_TIMEOUT`; the signal's reason
 */
export async function shutDown(home: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const dataDir = join(home, 'data')
    const file = await readLivePidFile(dataDir)
    if (!file) return false
    for (const [how, patience] of [
      ['SIGINT', FAST_MS],
      ['SIGQUIT', IMMEDIATE_MS],
    ] as const) {
      await ask(file.pid, dataDir, how)
      if (await isGone(file.pid, dataDir, patience, signal)) return true
    }
    throw stopTimeout(home, file.pid)
  } catch (error) {
    signal?.throwIfAborted()
    throw homeError(error, home)
  }
}

async function ask(pid: number, dataDir: string, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (process.platform === 'win32')
    return await askByPgCtl(dataDir, signal === 'SIGINT' ? 'fast' : 'immediate')
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return
    throw new CruddurError(
      'EMBEDDED_STOP_DENIED',
      `PostgreSQL (process ${pid}) runs as another user`,
      {
        hint: 'stop it as the user who started it',
        cause: error,
      },
    )
  }
}

// Windows has no signals to ask with; pg_ctl uses a pipe of PostgreSQL's own.
async function askByPgCtl(dataDir: string, mode: 'fast' | 'immediate'): Promise<void> {
  const options = await readFile(join(dataDir, 'postmaster.opts'), 'utf8')
  const program = /^(.+?postgres(?:\.exe)?)"? "/.exec(options)?.[1]?.replace(/^"/, '') ?? 'postgres'
  const pgCtl = join(dirname(program), 'pg_ctl.exe')
  await promisify(execFile)(pgCtl, ['stop', '-D', dataDir, '-m', mode, '-W'], {windowsHide: true})
}

async function isGone(
  pid: number,
  dataDir: string,
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  while ((await holderOf(pid, dataDir)) === 'server') {
    if (Date.now() > deadline) return false
    await sleep(POLL_MS, undefined, {signal})
  }
  return true
}

function stopTimeout(home: string, pid: number): CruddurError {
  return new CruddurError('EMBEDDED_STOP_TIMEOUT', `PostgreSQL (process ${pid}) does not end`, {
    hint: `read its log: ${logPath(home)}; kill -9 ${pid} ends it, and it recovers at its next start`,
  })
}
