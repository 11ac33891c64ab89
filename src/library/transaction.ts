import {CruddurError} from '../lib/error.js'
import {queriesOn, type WithLink} from './queries.js'
import {command, type Link} from './statement.js'
import type {Queries} from './types.js'

interface Words {
  begin: string
  keep: 'COMMIT' | 'RELEASE SAVEPOINT cruddur_db'
  undo: string
}

const WHOLE: Words = {begin: 'BEGIN', keep: 'COMMIT', undo: 'ROLLBACK'}
const PART: Words = {
  begin: 'SAVEPOINT cruddur_db',
  keep: 'RELEASE SAVEPOINT cruddur_db',
  undo: 'ROLLBACK TO SAVEPOINT cruddur_db',
}

type Within = <T>(fn: (queries: Queries) => Promise<T>) => Promise<T>

/** How a part of a transaction is run, by the queries of that. */
const parts = new WeakMap<Queries, Within>()

/**
 * Runs `fn` with queries of one transaction: kept as a whole when it returns, or nothing of it when it throws.
 *
 * @throws what `fn` throws; CruddurError TRANSACTION_ABORTED where a statement failed, or ended the transaction, and `fn`
 *   returned all the same
 */
export function runTransaction<T>(
  link: Link,
  folder: () => string,
  fn: (queries: Queries) => Promise<T>,
): Promise<T> {
  return run(link, WHOLE, folder, fn)
}

/**
 * Runs `fn` so that what fails in it leaves the transaction of `queries` usable; as it stands where they are of none.
 *
 * @throws what `fn` throws
 */
export function runPart<T>(queries: Queries, fn: (queries: Queries) => Promise<T>): Promise<T> {
  const within = parts.get(queries)
  return within ? within(fn) : fn(queries)
}

async function run<T>(
  link: Link,
  words: Words,
  folder: () => string,
  fn: (queries: Queries) => Promise<T>,
): Promise<T> {
  const inTurn = oneByOne()
  await command(link, words.begin)
  let over = false
  const within: WithLink = (ask) => {
    if (over) throw afterEnd()
    return inTurn(async () => {
      // Else this one would be kept by itself.
      checkOpen(link)
      return await ask(link)
    })
  }
  const queries = queriesOn(within, folder)
  parts.set(queries, (part) => within((own) => run(own, PART, folder, part)))
  try {
    const result = await fn(queries)
    over = true
    await inTurn(() => keep(link, words))
    return result
  } catch (error) {
    over = true
    if (!(error instanceof CruddurError && error.code === 'TRANSACTION_ABORTED'))
      // What it fails with is the connection's end, which rolls back too.
      await inTurn(() => command(link, words.undo)).catch(link.onLost)
    throw error
  }
}

/** Whoever asks for several things at once has them one behind another: there is one connection. */
function oneByOne(): <T>(fn: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (fn) => {
    const turn = last.then(fn)
    last = turn.catch(() => {})
    return turn
  }
}

async function keep(link: Link, words: Words): Promise<void> {
  checkOpen(link)
  // PostgreSQL answers COMMIT with ROLLBACK where a statement has failed.
  if ((await command(link, words.keep)) === 'ROLLBACK')
    throw new CruddurError(
      'TRANSACTION_ABORTED',
      'a statement of the transaction had failed: nothing of it was kept',
      {hint: 'let the error of the statement out of the function that is given to transaction'},
    )
}

function checkOpen({client}: Link): void {
  if (client.getTransactionStatus() !== 'I') return
  throw new CruddurError(
    'TRANSACTION_ABORTED',
    'a statement of the transaction ended it, and what comes behind it is not run',
    {hint: 'leave COMMIT and ROLLBACK out: return, or throw, in the function of transaction'},
  )
}

function afterEnd(): CruddurError {
  return new CruddurError('POOL_CLOSED', 'a transaction was asked for something after its end', {
    hint: 'await every query in the function that is given to transaction',
  })
}
