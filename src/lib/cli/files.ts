import {Flags} from '@oclif/core'
import type pg from 'pg'
import {CruddurError, reworded} from '../error.js'
import {inPipeline} from '../pipelining.js'
import {type ConnectOptions, pinned, withClient} from '../postgres/connection/connect.js'
import {refusePooled} from '../postgres/connection/pooler.js'
import type {Verify} from '../postgres/identity.js'
import type {Survey} from '../postgres/survey.js'
import {shownName} from '../sql/file.js'
import {findSqlFile} from '../sql/find.js'
import type {Left} from '../sql/kept.js'
import {isStdin} from '../sql/pipe.js'
import type {RunResult} from '../sql/run.js'
import {checkStdin, readScript, type Script, type ScriptOptions} from '../sql/script.js'
import type {Target} from '../target/target.js'
import {type Agreement, agree} from './agree.js'
import {checkConsent} from './consent.js'
import type {PlanWords} from './plan.js'
import {openProgressBar, type ProgressBar, SILENT_BAR} from './progress.js'
import {runShown, type ShownConnection, withBar} from './shown.js'
import {size} from './text.js'

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

export type FileConnection = ConnectOptions & {
  signal: AbortSignal
  onEcho: (line: string) => void
}

/** What a script runs, as a step of a plan: `run db/schema.sql (2.6 kB)`. */
export function scriptStep({files, bytes}: Script): string {
  const names = files.map(({path}) => path).join(', ')
  return `run ${names}${bytes === undefined ? '' : ` (${size(bytes)})`}`
}

interface LoadOptions {
  /** Called before anything is run. */
  verify?: Verify
  /** Show no bar. */
  quiet?: boolean
  /** Looks at the database as it is before; what it asks is sent along with what is run. */
  beforehand?: ((client: pg.Client) => Promise<void>) | undefined
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
  connection: FileConnection,
  {beforehand, verify, quiet = false}: LoadOptions = {},
): Promise<RunResult & {ms: number}> {
  const started = performance.now()
  const {signal} = connection
  const stopped: {left?: Left} = {}
  try {
    const run = (bar: ProgressBar, shown: ShownConnection) =>
      withClient(
        target,
        async (client) => {
          const found = await verify?.(client)
          await refusePooled(client, target, 'SQL files', {signal, ...found})
          return await inPipeline(client, async () => {
            const looking = beforehand?.(client)
            // Awaited behind the script, whose own failure comes first.
            looking?.catch(() => {})
            const result = await runShown(client, script, bar, {
              ...shown,
              reconnect: (fn) => withClient(pinned(target, client), fn, {signal}),
              onStopped: (left) => {
                stopped.left = left
              },
            })
            await looking
            return result
          })
        },
        shown,
      )
    const result = await withBar(connection, run, quiet ? SILENT_BAR : openProgressBar())
    return {...result, ms: Math.round(performance.now() - started)}
  } catch (error) {
    throw withLeft(error, stopped.left)
  }
}

/**
 * Runs `fn`, for a verb without --no-transaction: its errors do not say to use that.
 *
 * @throws what `fn` throws
 */
export async function inOneTransaction<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return await fn()
  } catch (error) {
    const flagged =
      error instanceof CruddurError && error.details.hint?.includes('--no-transaction')
    if (!flagged) throw error
    throw reworded(error, {hint: 'take it out: setup runs each file in one transaction'})
  }
}

/** Whoever is interrupted, or loses the connection, is told what stays of it. */
function withLeft(error: unknown, left: Left | undefined): unknown {
  if (!left || !(error instanceof CruddurError)) return error
  return reworded(error, {
    message: error.message + left.note,
    data: {statements: left.statements},
  })
}

export interface FilesRequest {
  /** The file when none is given. */
  fallback: 'schema.sql' | 'seed.sql'
  given: readonly (string | undefined)[]
  packageRoot: string
  transaction: boolean
  /** The value of `--confirm`. */
  confirm: string | undefined
  dryRun: boolean
  /** Show no bar. */
  quiet: boolean
  beforehand?: LoadOptions['beforehand']
}

/** What files do to the database that is there. */
function filesPlan(script: Script, {trouble}: Survey): PlanWords {
  const how = script.transaction
    ? 'in one transaction: all of it or nothing'
    : 'statement by statement, up to the first error; what ran before it is kept'
  return {
    steps: [`${scriptStep(script)}, ${how}`],
    loss: 'what the files change or delete',
    refusal: trouble ?? undefined,
  }
}

/** Files that have been run, or, with --dry-run, would be. */
export interface FilesRun {
  agreement: Agreement
  /** As the user knows them. */
  files: string[]
  /** Undefined with --dry-run. */
  result: (RunResult & {ms: number}) | undefined
}

/**
 * Runs files on a database that is there, with consent: what `schema-load` and `seed` do.
 *
 * @throws CruddurError NOT_CONFIRMED, and what {@link agree}, {@link readFiles} and {@link loadFiles} throw
 */
export async function runFiles(
  target: Target,
  {fallback, given, packageRoot, transaction, confirm, dryRun, quiet, beforehand}: FilesRequest,
  connection: FileConnection,
): Promise<FilesRun> {
  const {names, paths, stdinTaken} = nameFiles(fallback, given, packageRoot)
  const consent = {act: `run ${paths.join(', ')}`, confirm, stdinTaken}
  if (!dryRun) checkConsent(target, consent)
  const {database} = target
  const script = await readFiles(names, {transaction, database, signal: connection.signal})
  const plan = (survey: Survey): PlanWords => filesPlan(script, survey)
  const agreement = await agree(target, {...consent, dryRun, plan}, connection)
  if (dryRun) return {agreement, files: paths, result: undefined}
  const {verify} = agreement
  const result = await loadFiles(target, script, connection, {verify, quiet, beforehand})
  return {agreement, files: paths, result}
}
