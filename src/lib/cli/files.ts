import {Flags} from '@oclif/core'
import {type ConnectOptions, withClient} from '../postgres/connect.js'
import {readSqlFile, type SqlFile} from '../sql/file.js'
import {findSqlFile} from '../sql/find.js'
import {checkTransactional, type RunResult, runSqlFiles} from '../sql/run.js'
import type {Target} from '../target/target.js'

export const transactionFlag = Flags.boolean({
  allowNo: true,
  default: true,
  summary:
    'Run in one transaction; --no-transaction: statement by statement, up to the first error.',
})

/**
 * Reads and checks the files a command will run, before anything is sent: those named, or the default.
 *
 * @param named paths from the working directory; undefined ones are left out
 * @throws CruddurError for a file that is missing, unreadable, not SQL, or not fit for a transaction
 */
export async function readFiles(
  fallback: 'schema.sql' | 'seed.sql',
  named: readonly (string | undefined)[],
  packageRoot: string,
  options: {transaction: boolean},
): Promise<[SqlFile, ...SqlFile[]]> {
  const cwd = process.cwd()
  const given = named.filter((path) => path !== undefined)
  const [first = findSqlFile(fallback, {cwd, packageRoot}), ...rest] = given
  const files: [SqlFile, ...SqlFile[]] = [await readSqlFile(first, {cwd})]
  for (const path of rest) files.push(await readSqlFile(path, {cwd}))
  if (options.transaction) files.forEach(checkTransactional)
  return files
}

/** Runs the files on the target, in order; `ms` is the time from connecting to the last answer. */
export async function loadFiles(
  target: Target,
  files: readonly SqlFile[],
  options: {transaction: boolean},
  connection: ConnectOptions,
): Promise<RunResult & {ms: number}> {
  const started = performance.now()
  const result = await withClient(
    target,
    (client) => runSqlFiles(client, files, {transaction: options.transaction}),
    connection,
  )
  return {...result, ms: Math.round(performance.now() - started)}
}
