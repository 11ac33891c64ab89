import {type ChildProcess, type StdioOptions, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {dirname} from 'node:path'
import {CruddurError} from '../error.js'
import type {Account} from './account.js'
import {errnoOf, OTHER_SERVER_HINT} from './errors.js'

interface ProgramOptions {
  /** Exists, and the program's user may enter it. */
  cwd: string
  account: Account | undefined
  stdio: StdioOptions
}

/** Nothing of the caller's reaches the server but what a program needs to be found and loaded: no PG variables, no secrets. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'SystemDrive', 'ComSpec', 'TEMP', 'TMP']

/**
 * Starts one of PostgreSQL's programs in a session of its own, out of reach of the terminal's Ctrl-C.
 *
 * @throws CruddurError `EMBEDDED_CANNOT_RUN` when the system refuses to run it
 */
export async function startProgram(
  program: string,
  args: readonly string[],
  {cwd, account, stdio}: ProgramOptions,
): Promise<ChildProcess> {
  const user = account && {uid: account.uid | 0, gid: account.gid | 0}
  const options = {cwd, stdio, env: environment(), detached: true, windowsHide: true, ...user}
  try {
    const child = spawn(program, args, options)
    return await new Promise((resolve, reject) => {
      child.once('spawn', () => resolve(child))
      child.once('error', reject)
    })
  } catch (error) {
    throw cannotRun(program, error)
  }
}

function environment(): NodeJS.ProcessEnv {
  const passed = PASSED_ON.map((name) => [name, process.env[name]]).filter(
    ([, value]) => value !== undefined,
  )
  // The cluster takes its time zone from TZ: UTC, as on RDS and in docker, whatever the machine's.
  return {...Object.fromEntries(passed), LC_ALL: 'C', TZ: 'UTC'}
}

function cannotRun(program: string, error: unknown): CruddurError {
  const errno = errnoOf(error) ?? 'unknown error'
  const [why, hint] = reason(program, errno)
  return new CruddurError('EMBEDDED_CANNOT_RUN', `${program} cannot be run: ${why} (${errno})`, {
    exit: 2,
    hint,
    cause: error,
  })
}

function reason(program: string, errno: string): [string, string] {
  if (errno === 'ENOENT' && existsSync(program)) {
    return [
      'it is made for Linux with glibc, and this system has another C library',
      OTHER_SERVER_HINT,
    ]
  }
  if (errno === 'EACCES') {
    return [
      'its disk does not allow programs, or its folder is closed to the server',
      'set CRUDDUR_DB_HOME to a folder on a disk that allows programs',
    ]
  }
  if (errno === 'EPERM') {
    return ['this root may not start programs as another user', OTHER_SERVER_HINT]
  }
  return [
    'the copy is damaged or made for another machine',
    `remove ${dirname(dirname(program))} and try again`,
  ]
}
