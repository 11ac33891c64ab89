import {Flags} from '@oclif/core'
import {type ConnectOptions, withClient} from '../postgres/connect.js'
import {shownName} from '../sql/file.js'
import {findSqlFile} from '../sql/find.js'
import {isStdin} from '../sql/pipe.js'
import {type RunResult, runScript} from '../sql/run.js'
import {checkStdin, readScript, type Script, type ScriptOptions} from '../sql/script.js'
import type {Target} from '../target/target.js'
import {checkConsent, requireConsent} from './consent.js'
import {openProgressBar} from './progress.js'

export const transactionFlag = Flags.boolean({
  allowNo: true,
  default: true,
  summary:
    'Run in one transaction; --no-transaction: statement by statement, up to the first error.',
})

export const schemaFileFlag = Flags.string({
  helpValue: 'FILE',
  summary: 'Run FILE (- for standard input) instead of db/schema.sql.',
})

/**
 * The files a command will run: those named, or the default.
 *
 * @param given paths from the working directory, `-` for standard input; undefined ones are left out
 * @returns `names` for {@link readFiles}; `paths` as the user knows them; whether standard input is one
 * @throws CruddurError USAGE when standard input is named twice
 */
export function nameFiles(
  fallback: 'schema.sql' | 'seed.sql',
  given: readonly (string | undefined)[],
  packageRoot: string,
): {names: string[]; paths: string[]; stdinTaken: boolean} {
  const cwd = process.cwd()
  checkStdin(given)
  const named = given.filter((path) => path !== undefined)
  const names = named.length > 0 ? named : [findSqlFile(fallback, {cwd, packageRoot})]
  const paths = names.map((name) => shownName(name, cwd))
  return {names, paths, stdinTaken: names.some(isStdin)}
}

/**
 * Reads and checks files before anything is sent.
 *
 * @throws CruddurError for a file that is missing, unreadable, not SQL, or not fit for a transaction
 */
export async function readFiles(
  names: readonly string[],
  options: Omit<ScriptOptions, 'cwd'>,
): Promise<Script> {
  return await readScript(names, {...options, cwd: process.cwd()})
}

/**
 * Runs the files on the target, in order, with a bar on a terminal; `ms` is the time from connecting to
 * the last answer.
 *
 * @param connection `onEcho` is told what the files have psql say
 */
export async function loadFiles(
  target: Target,
  script: Script,
  connection: ConnectOptions & {onEcho: (line: string) => void},
): Promise<RunResult & {ms: number}> {
  const started = performance.now()
  const bar = openProgressBar()
  const {onEcho, onNotice} = connection
  try {
    const result = await withClient(
      target,
      (client) => {
        const path = script.files[0]?.path ?? ''
        bar.update({path, bytes: 0, total: script.bytes, statements: 0, rows: 0})
        return runScript(client, script, {
          signal: connection.signal,
          onProgress: bar.update,
          onEcho: (line) => bar.interrupt(() => onEcho(line)),
        })
      },
      {
        ...connection,
        onNotice: (severity, message) => bar.interrupt(() => onNotice?.(severity, message)),
      },
    )
    return {...result, ms: Math.round(performance.now() - started)}
  } finally {
    bar.stop()
  }
}

export interface FilesRequest {
  /** The file when none is given. */
  fallback: 'schema.sql' | 'seed.sql'
  given: readonly (string | undefined)[]
  packageRoot: string
  transaction: boolean
  /** The value of `--confirm`. */
  confirm: string | undefined
  signal: AbortSignal
}

/**
 * Runs files on a database that is there, with consent: what `schema-load` and `seed` do.
 *
 * @returns also the `files`, as the user knows them
 * @throws CruddurError NOT_CONFIRMED, and what {@link readFiles} and {@link loadFiles} throw
 */
export async function runFiles(
  target: Target,
  {fallback, given, packageRoot, transaction, confirm, signal}: FilesRequest,
  connection: Parameters<typeof loadFiles>[2],
): Promise<RunResult & {files: string[]; ms: number}> {
  const {names, paths, stdinTaken} = nameFiles(fallback, given, packageRoot)
  const consent = {act: `run ${paths.join(', ')}`, confirm, stdinTaken}
  checkConsent(target, consent)
  const script = await readFiles(names, {transaction, database: target.database, signal})
  await requireConsent(target, consent, signal)
  return {files: paths, ...(await loadFiles(target, script, connection))}
}
