import {execFile} from 'node:child_process'
import {realpath} from 'node:fs/promises'
import {delimiter, join} from 'node:path'
import {promisify} from 'node:util'
import {CruddurError} from '../src/lib/error.js'
import {childEnvironment} from './measure.js'

export interface Psql {
  /** The program itself. */
  file: string
  /** '15.18' */
  version: string
}

const run = promisify(execFile)

/** The name by which scripts call it. */
export const PSQL = 'psql'

/**
 * Finds psql on PATH. Debian's is a Perl script that starts the real one 20 ms later; it is the real one that is found.
 *
 * @param server URL of a server that answers
 * @throws CruddurError BENCH_NO_PSQL
 */
export async function findPsql(server: string): Promise<Psql> {
  const env = childEnvironment()
  try {
    const {stdout} = await run(PSQL, ['--version'], {env})
    const version = /\d[\w.]*/.exec(stdout)?.[0] ?? ''
    if (!(await isWrapper())) return {file: PSQL, version}
    const ask = ['-X', '-q', '-c', '\\! readlink /proc/$PPID/exe', server]
    const {stdout: program} = await run(PSQL, ask, {env})
    return {file: program.trim() || PSQL, version}
  } catch (error) {
    const hint = "install PostgreSQL's client programs and see that psql is on PATH"
    throw new CruddurError('BENCH_NO_PSQL', 'psql, which is raced against, does not run here', {
      hint,
      cause: error,
    })
  }
}

/** The program itself where psql on PATH is its wrapper. */
export function realPsql({file}: Psql): string | undefined {
  return file === PSQL ? undefined : file
}

async function isWrapper(): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = await realpath(join(folder, PSQL)).catch(() => undefined)
    if (path !== undefined) return path.endsWith('/pg_wrapper')
  }
  return false
}
