import type {Client, QueryResult} from 'pg'
import {CruddurError} from '../error.js'
import {isConnectionError} from '../server-error.js'
import type {SqlFile, Statement} from './file.js'
import {placeError, sqlError} from './place.js'
import {checkBalanced, checkTransactional} from './transaction.js'
import {countStatement, startWork, type Work} from './work.js'

export {checkTransactional} from './transaction.js'

export interface RunResult {
  statements: number
  /** Rows inserted, updated or deleted by INSERT, UPDATE, DELETE, MERGE and COPY. */
  rows: number
}

export interface RunOptions {
  /** All files in one transaction, or each statement by itself. */
  transaction: boolean
  /** Told after each statement what has run so far, over all files. */
  onProgress?: (done: RunResult & {file: SqlFile}) => void
}

type Queryable = Pick<Client, 'query'>

/**
 * Runs SQL files in order, one statement per query. In a transaction all of it is kept or nothing;
 * without one it stops at the first error and what ran before is kept.
 *
 * @throws CruddurError SQL_ERROR with its place; without a transaction its message says how many
 *   statements were kept (JSON: `statements`). SQL_TRANSACTION before anything is sent. An error of
 *   the connection is thrown as it came.
 */
export async function runSqlFiles(
  client: Queryable,
  files: readonly SqlFile[],
  options: RunOptions,
): Promise<RunResult> {
  files.forEach(options.transaction ? checkTransactional : checkBalanced)
  return options.transaction
    ? await runInTransaction(client, files, options)
    : await runOneByOne(client, files, options)
}

async function runInTransaction(
  client: Queryable,
  files: readonly SqlFile[],
  options: RunOptions,
): Promise<RunResult> {
  await client.query('BEGIN')
  try {
    const done = await runStatements(client, files, options, startWork())
    await commit(client, files)
    return done
  } catch (error) {
    await rollBack(client)
    throw error
  }
}

async function runOneByOne(
  client: Queryable,
  files: readonly SqlFile[],
  options: RunOptions,
): Promise<RunResult> {
  const work = startWork()
  try {
    return await runStatements(client, files, options, work)
  } catch (error) {
    if (work.within) await rollBack(client)
    throw error
  }
}

async function runStatements(
  client: Queryable,
  files: readonly SqlFile[],
  {transaction, onProgress}: RunOptions,
  work: Work,
): Promise<RunResult> {
  for (const file of files) {
    for (const statement of file.statements) {
      try {
        countStatement(work, await send(client, file, statement), file, statement)
      } catch (error) {
        if (isConnectionError(error)) throw error
        throw placeError(error, file, statement, transaction ? undefined : work.kept)
      }
      onProgress?.({statements: work.statements, rows: work.rows, file})
    }
  }
  return {statements: work.statements, rows: work.rows}
}

/** The results of one statement: several only where the server cuts the text differently. */
async function send(
  client: Queryable,
  {bytes}: SqlFile,
  {start, end}: Statement,
): Promise<QueryResult[]> {
  return [await client.query(bytes.toString('utf8', start, end))].flat()
}

/** A commit that the server turned into a rollback answers ROLLBACK, without an error. */
async function commit(client: Queryable, files: readonly SqlFile[]): Promise<void> {
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
