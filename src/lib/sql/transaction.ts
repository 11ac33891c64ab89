import type {SqlFile} from './file.js'
import {outsideOnly} from './outside-only.js'
import {problemError} from './problem.js'
import type {Statement} from './scanner.js'
import {firstWord, tokensOf} from './tokens.js'

/** `chains`: ends a transaction and begins the next one at once. */
export type Step = 'begins' | 'ends' | 'chains'

const CONTROL = new Set(['begin', 'start', 'commit', 'end', 'rollback', 'abort', 'prepare'])

/**
 * What a statement at the top of a file does to the transaction it runs in, if anything; BEGIN and
 * END inside of a function or DO body are not meant, SAVEPOINT and ROLLBACK TO neither.
 */
export function transactionStep(bytes: Buffer, statement: Statement): Step | undefined {
  if (!CONTROL.has(firstWord(bytes, statement))) return undefined
  const words = tokensOf(bytes, statement).map(({text}) => text)
  const [first, second, third] = words
  switch (first) {
    case 'begin':
      return 'begins'
    case 'start':
      return second === 'transaction' ? 'begins' : undefined
    case 'prepare':
      // PREPARE transaction AS … is a prepared statement of that name.
      return second === 'transaction' && third === "'" ? 'ends' : undefined
    case 'rollback':
      if (second === 'to' || third === 'to') return undefined
  }
  return words.at(-1) === 'chain' && words.at(-2) === 'and' ? 'chains' : 'ends'
}

/**
 * Makes sure a file can be run in one transaction.
 *
 * @throws CruddurError SQL_TRANSACTION, with its place in the file, for a statement that begins or
 *   ends a transaction itself, or that PostgreSQL runs outside of one only
 */
export function checkTransactional(file: SqlFile): void {
  for (const statement of file.statements) {
    if (transactionStep(file.bytes, statement)) {
      const name = firstWord(file.bytes, statement).toUpperCase()
      throw transactionError(
        file,
        statement,
        `the file is run in one transaction, which this ${name} would break up`,
        `remove the ${name}, or run the file with --no-transaction`,
      )
    }
    const name = outsideOnly(file.bytes, statement)
    if (name) {
      throw transactionError(
        file,
        statement,
        `${name} cannot run in a transaction, and the file is run in one`,
        'run the file with --no-transaction',
      )
    }
  }
}

/**
 * Makes sure a file that is run without a transaction of ours ends each one it begins itself:
 * what follows an open BEGIN would be undone, without a word, when the session ends.
 *
 * @throws CruddurError SQL_TRANSACTION, with the place of the BEGIN
 */
export function checkBalanced(file: SqlFile): void {
  let open: Statement | undefined
  for (const statement of file.statements) {
    const step = transactionStep(file.bytes, statement)
    if (step === 'begins') open ??= statement
    if (step === 'ends') open = undefined
    if (step === 'chains') open = statement
  }
  if (!open) return
  throw transactionError(
    file,
    open,
    'the transaction begun here is never ended: nothing in it would be kept',
    'add COMMIT at the end of the file',
  )
}

function transactionError(file: SqlFile, {start}: Statement, message: string, hint: string): Error {
  return problemError({at: start, code: 'SQL_TRANSACTION', message, hint}, file)
}
