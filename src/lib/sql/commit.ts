import type {Client} from 'pg'
import {CruddurError} from '../error.js'
import {isConnectionError, isServerError} from '../server-error.js'
import {serverCure} from '../server-trouble.js'
import {askOutcome, type Outcome, type Reconnect, type ServerMark} from './commit-status.js'
import {sqlError} from './place.js'
import type {Script} from './script.js'

interface CommitOptions {
  /** That of the server the transaction runs on, as far as it tells. */
  mark: ServerMark | undefined
  /** Its number, null when it has none; as far as it is known. */
  transaction: string | null | undefined
  reconnect?: Reconnect | undefined
  signal?: AbortSignal | undefined
}

/**
 * Commits what a script has done. When the connection is lost between the COMMIT and its answer, the server is asked on
 * another one how it ended.
 *
 * @throws CruddurError SQL_ERROR; CONNECTION_LOST when nothing was kept, COMMIT_UNKNOWN when that cannot be found out;
 *   without `reconnect`, the error of the connection as it came
 */
export async function commit(
  client: Pick<Client, 'query'>,
  script: Script,
  options: CommitOptions,
): Promise<void> {
  const file = script.files.map(({path}) => path).join(', ')
  let command: string
  try {
    command = (await client.query('COMMIT')).command
  } catch (error) {
    if (!isConnectionError(error)) throw commitError(error, file)
    if (!options.reconnect || options.signal?.aborted) throw error
    return await settle(error, file, options)
  }
  // A commit that the server turned into a rollback answers ROLLBACK, without an error.
  if (command === 'COMMIT') return
  throw new CruddurError('SQL_ERROR', `the server answered COMMIT with ${command}`, {
    file,
    hint: 'nothing was kept; look for a transaction that a function in the file ends',
  })
}

function commitError(error: unknown, file: string): CruddurError {
  const trouble = isServerError(error) && serverCure(error) !== undefined
  const note = trouble
    ? ' (at COMMIT; nothing was kept)'
    : ' (found at COMMIT, where deferred constraints are checked)'
  return sqlError(error, {file, note})
}

/** What is to be made of a COMMIT that was sent and not answered; returns when it took place. */
async function settle(
  error: unknown,
  file: string,
  {mark, reconnect, signal, transaction}: CommitOptions,
): Promise<void> {
  // A transaction without a number has changed nothing that could be lost.
  if (transaction === null) return
  const outcome: Outcome =
    mark && reconnect && transaction !== undefined
      ? await askOutcome(reconnect, {mark, transaction}, {signal})
      : 'unknown'
  if (outcome === 'kept') return
  const why = error instanceof Error ? error.message : String(error)
  const details = {
    exit: 3 as const,
    sqlstate: isServerError(error) ? error.code : undefined,
    file,
    cause: error,
  }
  if (outcome === 'not kept') {
    throw new CruddurError(
      'CONNECTION_LOST',
      `the connection was lost at COMMIT, and nothing was kept: ${why}`,
      {...details, hint: 'check that the server runs, then try again'},
    )
  }
  throw new CruddurError(
    'COMMIT_UNKNOWN',
    `the connection was lost at COMMIT, and the server does not say whether it was kept: ${why}`,
    {
      ...details,
      hint: 'all of it was kept or nothing: look which, before you run it again: cruddur-db connect',
      data: {transaction},
    },
  )
}
