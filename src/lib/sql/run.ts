import type {QueryResult} from 'pg'
import {CruddurError, reworded} from '../error.js'
import {inPipeline, together} from '../pipelining.js'
import {askReadOnly} from '../read-only.js'
import {isConnectionError} from '../server-error.js'
import {commit} from './commit.js'
import {askTransaction, MARK, type Reconnect, type ServerMark} from './commit-status.js'
import {COMMIT_UNKNOWN, type Left, leftOf, withKept} from './kept.js'
import {
  type RunOptions as PartOptions,
  PartRunner,
  type Queryable,
  type RunResult,
} from './run-parts.js'
import {checkScript, type Script} from './script.js'
import {NOTICE_DEATH} from './settings.js'

export type {RunProgress, RunResult} from './run-parts.js'

export interface RunOptions extends PartOptions {
  /** Asked how a COMMIT ended whose answer was lost; without it nobody is, and the error of the connection is thrown. */
  reconnect?: Reconnect | undefined
  /** Told what stays, when that is not nothing and not in the error: the signal or the connection has ended the run. */
  onStopped?: ((left: Left) => void) | undefined
  /** Told when COMMIT is sent: what is asked then is answered along with it, however that ends. */
  onCommitting?: (() => void) | undefined
  /** What {@link beginRun} gave for this script; without it the script is begun when it is run. */
  begun?: Promise<Begun> | undefined
  /** Asks what belongs to the transaction and stands behind the script; sent along with its end, before that is answered. */
  tail?: (() => Promise<unknown>) | undefined
  /** The database is thrown away if anything fails: nothing is waited for on the way, and a short script takes one round trip. */
  disposable?: Disposable | undefined
}

export interface Disposable {
  /** The server's `standard_conforming_strings` as the session begins, which it tells at the login. */
  standardStrings: boolean
  /** Told when all is sent: what is asked then is answered along with it. */
  onSent?: () => void
}

/**
 * Runs a script, statements together where they can be. In a transaction all of it is kept or nothing;
 * without one it stops at the first error and what ran before is kept.
 *
 * @param client no query may run on it
 * @throws CruddurError SQL_ERROR with its place in the file; for a pipe, and a file that changed since,
 *   also what `readScript` throws. Without a transaction the message says how many statements were kept
 *   (JSON: `statements`). In one, what `commit` throws. Else an error of the connection is thrown as it came.
 */
export async function runScript(
  client: Queryable,
  script: Script,
  options: RunOptions = {},
): Promise<RunResult> {
  return await inPipeline(client, () => run(client, script, options))
}

async function run(client: Queryable, script: Script, options: RunOptions): Promise<RunResult> {
  const {begun, disposable, tail} = options
  const beginning = begun ?? beginRun(client, script, options)
  // It is awaited in the end.
  beginning.catch(() => {})
  const {standardStrings, mark}: Begun = disposable ?? (await beginning)
  const runner = new PartRunner(client, script, {...options, standardStrings, begun: beginning})
  const {work} = runner
  let open = script.transaction
  try {
    // The script was checked before the server could tell how it reads '…'.
    if (standardStrings !== script.standardStrings) {
      await checkScript(script, {...options, standardStrings})
    }
    for (const file of script.files) {
      if (!disposable) await runner.finish()
      await runner.runFile(file)
    }
    const writing = tail?.()
    const asking = mark && askTransaction(client)
    const [, , transaction] = disposable ? [] : await together([runner.finish(), writing, asking])
    // Whatever the server answers to COMMIT, the transaction is over.
    open = false
    const committing = script.transaction && commit(client, script, {...options, mark, transaction})
    if (committing) options.onCommitting?.()
    disposable?.onSent?.()
    await together([beginning, runner.finish(), committing])
    return {statements: work.statements, rows: work.rows}
  } catch (error) {
    if (open || work.within) await rollBack(client)
    tellLeft(error, {script, open, kept: work.kept}, options)
    const told = await withCure(client, error)
    throw script.transaction ? told : withKept(told, work.kept)
  } finally {
    runner.release()
  }
}

/** What is known of a session, and of the transaction that was begun in it. */
export interface Begun {
  /** The server's `standard_conforming_strings`; psql knows it from its connection. */
  standardStrings: boolean
  /** Undefined when it is not asked for, or the server does not tell. */
  mark?: ServerMark | undefined
}

/**
 * Begins a script's transaction, for {@link runScript} to run it in, so that this can be sent along with what comes before it.
 * Nothing of the script is sent until it has come to its end: without its BEGIN each statement would be kept by itself.
 *
 * @throws an error of the connection as it came
 */
export async function beginRun(
  client: Queryable,
  {transaction}: Script,
  {reconnect}: Pick<RunOptions, 'reconnect'>,
): Promise<Begun> {
  if (!transaction || !reconnect) return await beginWith(client, transaction, '')
  try {
    return await beginWith(client, transaction, `; ${MARK}`)
  } catch (error) {
    if (isConnectionError(error)) throw error
    await client.query('ROLLBACK')
    return await beginWith(client, transaction, '')
  }
}

async function beginWith(client: Queryable, transaction: boolean, mark: string): Promise<Begun> {
  const [results] = await together([
    client.query(`${NOTICE_DEATH}; SHOW standard_conforming_strings${mark}`),
    // In a message of its own: no query may stand before a file's SET TRANSACTION ISOLATION LEVEL.
    transaction && client.query('BEGIN'),
  ])
  const [, shown, told] = results as unknown as Answers
  return {
    standardStrings: shown.rows[0]?.standard_conforming_strings !== 'off',
    mark: told?.rows[0],
  }
}

type Answers = [
  unknown,
  QueryResult<{standard_conforming_strings: string}>,
  QueryResult<ServerMark> | undefined,
]

/** A connection that is gone has rolled back already; the error that led here is the one to tell. */
async function rollBack(client: Queryable): Promise<void> {
  await client.query('ROLLBACK').catch(() => {})
}

/** Of a transaction nothing stays, unless its COMMIT was sent; how that ended, `commit` has found out if it could. */
function tellLeft(
  error: unknown,
  {script, open, kept}: {script: Script; open: boolean; kept: number},
  {onStopped, signal}: RunOptions,
): void {
  const cut = !(error instanceof CruddurError) && isConnectionError(error)
  if (!cut && !signal?.aborted) return
  if (!script.transaction) onStopped?.(leftOf(error, kept))
  else if (cut && !open) onStopped?.(COMMIT_UNKNOWN)
}

/** Why a session can only read, the error alone does not tell. */
async function withCure(client: Queryable, error: unknown): Promise<unknown> {
  if (!(error instanceof CruddurError) || error.details.sqlstate !== '25006') return error
  const {why, hint} = await askReadOnly(client, error.message)
  return reworded(error, {message: `${error.message}: ${why}`, hint})
}
