import type {ChildProcess} from 'node:child_process'
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {CruddurError} from '../error.js'
import {give} from './account.js'
import type {Binaries} from './binaries.js'
import {EMBEDDED_PASSWORD, EMBEDDED_USER} from './credentials.js'
import {diskFull, errnoOf} from './errors.js'
import type {Place} from './prepare.js'
import {startProgram} from './program.js'
import {withTemporary} from './temporary.js'
import {moveUnlessThere} from './unpack.js'

interface ClusterOptions {
  onProgress?: ((message: string) => void) | undefined
  signal?: AbortSignal | undefined
}

/**
 * PostgreSQL's own sorting and letters (builtin C.UTF-8) instead of the system's: the same order on every machine, and no
 * index that breaks when the data moves to another C library.
 */
const INITDB_ARGS = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--auth=scram-sha-256',
  `--username=${EMBEDDED_USER}`,
  '--no-instructions',
]

const SHOWN_LINES = 6

/**
 * The major version of PostgreSQL that made the data in `dataDir`; undefined when there is none yet.
 *
 * @throws CruddurError `EMBEDDED_DATA_INVALID` when something else lies there
 */
export async function clusterMajor(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(ignoreMissing)
  if (text !== undefined) return Number.parseInt(text, 10)
  const content = await readdir(dataDir).catch(ignoreMissing)
  if (content === undefined || content.length === 0) return undefined
  throw new CruddurError(
    'EMBEDDED_DATA_INVALID',
    `${dataDir} holds files, but no PostgreSQL database cluster`,
    {
      hint: 'move that folder away; an empty one is made in its place',
    },
  )
}

/**
 * Creates the data directory, all or nothing: initdb works in a temporary folder, and when two processes do so at once the
 * second throws its own away. The superuser's password is set from the first moment on.
 *
 * @throws CruddurError `EMBEDDED_INITDB_FAILED`, `EMBEDDED_DISK_FULL`, `EMBEDDED_CANNOT_RUN`
 */
export async function createCluster(
  {home, account}: Place,
  binaries: Binaries,
  {onProgress, signal}: ClusterOptions = {},
): Promise<void> {
  onProgress?.('Creating the database cluster')
  await withTemporary(home, async (temporary) => {
    const data = join(temporary, 'data')
    const passwordFile = join(temporary, 'password')
    await mkdir(data, {mode: 0o700})
    await writeFile(passwordFile, EMBEDDED_PASSWORD, {mode: 0o600})
    if (account) {
      for (const path of [data, passwordFile, temporary]) await give(path, account)
    }
    const args = [...INITDB_ARGS, `--pwfile=${passwordFile}`, '-D', data]
    await runInitdb(join(binaries.folder, 'bin', 'initdb'), args, {home, account}, signal)
    await moveUnlessThere(data, join(home, 'data'))
  })
}

async function runInitdb(
  program: string,
  args: string[],
  {home, account}: Place,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted()
  const child = await startProgram(program, args, {
    cwd: home,
    account,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill()
  signal?.addEventListener('abort', kill)
  try {
    if (signal?.aborted) kill()
    const {status, output} = await finished(child)
    signal?.throwIfAborted()
    if (status !== 0) throw initdbFailed(home, status, output)
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}

function finished(child: ChildProcess): Promise<{status: number | string; output: string}> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({status: code ?? signal ?? 'unknown', output}))
  })
}

function initdbFailed(home: string, status: number | string, output: string): CruddurError {
  const excerpt = output.trim().split('\n').slice(-SHOWN_LINES).join('\n')
  if (output.includes('No space left on device')) return diskFull(home, excerpt)
  const nameless = output.includes('could not look up effective user ID')
  return new CruddurError('EMBEDDED_INITDB_FAILED', `PostgreSQL's initdb failed (${status})`, {
    excerpt,
    hint: nameless
      ? 'run as a user that has a name on this machine (an entry in /etc/passwd), or set CONNECTION_URL'
      : 'see the lines above; set CONNECTION_URL to use another PostgreSQL',
  })
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}
