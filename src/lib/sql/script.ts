import {CruddurError} from '../error.js'
import {trace} from '../trace.js'
import {openSqlFile, type SqlFile} from './file.js'
import {startSession} from './part.js'
import {isStdin} from './pipe.js'
import {readParts} from './read.js'

/** Files to be run one after the other, which were found fit to be. */
export interface Script {
  readonly files: readonly SqlFile[]
  /** All of them in one transaction; else statement by statement. */
  readonly transaction: boolean
  /** The database they are meant for, to which a `\connect` in them may go. */
  readonly database: string
  /** Where relative paths start from. */
  readonly cwd: string
  /** Files that they include, by absolute path. */
  readonly included: Map<string, SqlFile>
  /** False: they may include none. */
  readonly includes?: boolean
  /** The `standard_conforming_strings` with which they were found fit. */
  readonly standardStrings: boolean
  /** Bytes that running it reads, or undefined when that is not known beforehand. */
  readonly bytes: number | undefined
}

export interface ScriptOptions {
  cwd: string
  transaction: boolean
  database: string
  signal?: AbortSignal | undefined
}

/**
 * Opens files and reads them to the end, to see whether they can be run: nothing is sent. Of a pipe
 * longer than 16 MB only the rest of the files is checked; it is checked while it runs.
 *
 * @param names paths from `cwd`, absolute ones, or `-` for standard input
 * @throws CruddurError FILE_NOT_FOUND, FILE_UNREADABLE (exit 2); FILE_CHANGED; FILE_DAMAGED; what
 *   {@link readParts} finds; USAGE when standard input is named twice; the signal's reason
 */
export async function readScript(
  names: readonly string[],
  {cwd, transaction, database, signal}: ScriptOptions,
): Promise<Script> {
  checkStdin(names)
  const files: SqlFile[] = []
  for (const name of names) files.push(await openSqlFile(name, {cwd, signal}))
  return await foundFit({files, transaction, database, cwd, included: new Map()}, signal)
}

/**
 * A script that can be run, as it was found fit: with strings as in standard SQL, else as PostgreSQL once read them.
 *
 * @throws as {@link readScript}
 */
export async function foundFit(script: Files, signal: AbortSignal | undefined): Promise<Script> {
  const check = async (standardStrings: boolean): Promise<Script> => ({
    ...script,
    standardStrings,
    bytes: await checkScript(script, {standardStrings, signal}),
  })
  return await check(true).catch((error: unknown) =>
    // The database may read '…' in the old way, with backslashes: only the server can tell, later.
    check(false).catch(() => {
      throw error
    }),
  )
}

/** @throws CruddurError USAGE when standard input is named more than once */
export function checkStdin(names: readonly (string | undefined)[]): void {
  if (names.filter((name) => name !== undefined && isStdin(name)).length <= 1) return
  throw new CruddurError('USAGE', 'standard input (-) can be read only once', {
    exit: 2,
    hint: 'name files, or put everything into one input',
  })
}

type Files = Omit<Script, 'bytes' | 'standardStrings'>

interface CheckOptions {
  /** The server's `standard_conforming_strings`, which says how '…' is read. */
  standardStrings: boolean
  signal?: AbortSignal | undefined
}

/**
 * Reads the files without running them.
 *
 * @returns the bytes read, or undefined when a file can be read only once
 * @throws as {@link readScript}
 */
export async function checkScript(
  script: Files,
  options: CheckOptions,
): Promise<number | undefined> {
  try {
    return await readThrough(script, {...options, skim: true})
  } catch (error) {
    if (!(error instanceof CruddurError) || error.details.line === undefined) throw error
    // Most files are in order: only where one is not, its lines are counted.
    return await readThrough(script, {...options, skim: false})
  }
}

async function readThrough(
  script: Files,
  {standardStrings, signal, skim}: CheckOptions & {skim: boolean},
): Promise<number | undefined> {
  const session = startSession(standardStrings)
  let bytes = 0
  const onRead = (read: number): void => {
    bytes += read
  }
  for (const file of script.files) {
    if (file.size === undefined) continue
    for await (const part of readParts(file, session, {...script, signal, skim, onRead})) {
      if (part.kind !== 'copy') continue
      for await (const _ of part.rows);
    }
  }
  for (const {path, size} of script.files) {
    trace(
      'files',
      () => `${path}: ${size === undefined ? 'a pipe' : `${size} bytes, read through`}`,
    )
  }
  return script.files.some(({size}) => size === undefined) ? undefined : bytes
}
