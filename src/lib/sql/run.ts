import type {QueryResult} from 'pg'
import {CruddurError} from '../error.js'
import {isConnectionError} from '../server-error.js'
import {queryBatch} from './batch-query.js'
import {sqlError} from './place.js'
import {PartRunner, type Queryable, type RunOptions, type RunResult} from './run-parts.js'
import {checkScript, type Script} from './script.js'
import {NOTICE_DEATH} from './settings.js'

export type {RunOptions, RunProgress, RunResult} from './run-parts.js'

/**
 * Runs a script, statements together where they can be. In a transaction all of it is kept or nothing;
 * without one it stops at the first error and what ran before is kept.
 *
 * @throws CruddurError SQL_ERROR with its place in the file; for a pipe, and a file that changed since,
 *   also what `readScript` throws. Without a transaction the message says how many statements were kept
 *   (JSON: `statements`). An error of the connection is thrown as it came.
 */
export async function runScript(
  client: Queryable,
  script: Script,
  options: RunOptions = {},
): Promise<RunResult> {
  const standardStrings = await begin(client, script)
  const runner = new PartRunner(client, script, {...options, standardStrings})
  const {work} = runner
  let open = script.transaction
  try {
    // The script was checked before the server could tell how it reads '…'.
    if (standardStrings !== script.standardStrings) {
      await checkScript(script, {...options, standardStrings})
    }
    for (const file of script.files) await runner.runFile(file)
    // Whatever the server answers to COMMIT, the transaction is over.
    open = false
    if (script.transaction) await commit(client, script)
    return {statements: work.statements, rows: work.rows}
  } catch (error) {
    if (open || work.within) await rollBack(client)
    throw script.transaction ? error : withKept(error, work.kept)
  } finally {
    runner.release()
  }
}

/** @returns the server's `standard_conforming_strings`; psql knows it from its connection */
async function begin(client: Queryable, {transaction}: Script): Promise<boolean> {
  const shown = client.query(`${NOTICE_DEATH}; SHOW standard_conforming_strings`)
  // In a message of its own: no query may stand before a file's SET TRANSACTION ISOLATION LEVEL.
  const begun = transaction ? queryBatch(client, 'BEGIN', () => {}) : undefined
  const [results] = await Promise.all([shown, begun])
  const last = [results].flat().at(-1) as QueryResult<{standard_conforming_strings: string}>
  return last.rows[0]?.standard_conforming_strings !== 'off'
}

/** A commit that the server turned into a rollback answers ROLLBACK, without an error. */
async function commit(client: Queryable, {files}: Script): Promise<void> {
  const file = files.map(({path}) => path).join(', ')
  const {command} = await client.query('COMMIT').catch((error: unknown) => {
    if (isConnectionError(error)) throw error
    throw sqlError(error, {
      file,
      note: ' (found at COMMIT, where deferred constraints are checked)',
    })
  })
  if (command === 'COMMIT') return
  throw new CruddurError('SQL_ERROR', `the server answered COMMIT with ${command}`, {
    file,
    hint: 'nothing was kept; look for a transaction that a function in the file ends',
  })
}

/** A connection that is gone has rolled back already; the error that led here is the one to tell. */
async function rollBack(client: Queryable): Promise<void> {
  await client.query('ROLLBACK').catch(() => {})
}

/** An error in a file, and how much before it stays. */
function withKept(error: unknown, kept: number): unknown {
  if (!(error instanceof CruddurError)) return error
  const {code, message, exit, excerpt, details, data, cause} = error
  return new CruddurError(code, message + keptNote(kept), {
    ...details,
    exit,
    excerpt,
    data: {...data, statements: kept},
    cause,
  })
}

function keptNote(kept: number): string {
  if (kept === 0) return ' (no statement before it is kept)'
  return kept === 1
    ? ' (1 statement before it has run and is kept)'
    : ` (${kept} statements before it have run and are kept)`
}
