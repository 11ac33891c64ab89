import type {CruddurError} from '../error.js'
import {outsideOnly} from './outside-only.js'
import type {Session} from './part.js'
import {problemError} from './problem.js'
import type {Statement} from './scanner.js'
import type {Text} from './text.js'
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
 * Makes sure a statement can be run in one transaction with the others.
 *
 * @throws CruddurError SQL_TRANSACTION, with its place in the file, for one that begins or ends a
 *   transaction itself, or that PostgreSQL runs outside of one only
 */
export function checkTransactional(text: Text, statement: Statement): void {
  if (transactionStep(text.bytes, statement)) {
    const name = firstWord(text.bytes, statement).toUpperCase()
    throw transactionError(
      text,
      statement,
      `the file is run in one transaction, which this ${name} would break up`,
      `remove the ${name}, or run the file with --no-transaction`,
    )
  }
  const name = outsideOnly(text.bytes, statement)
  if (name) {
    throw transactionError(
      text,
      statement,
      `${name} cannot run in a transaction, and the file is run in one`,
      'run the file with --no-transaction',
    )
  }
}

/**
 * Notes in the session what a statement does to the transaction that the file itself has begun: one
 * that is still open at the end would be undone, without a word, when the connection closes.
 */
export function trackTransaction(session: Session, text: Text, statement: Statement): void {
  const step = transactionStep(text.bytes, statement)
  if (step === 'begins') session.open ??= neverEnded(text, statement)
  if (step === 'ends') session.open = undefined
  if (step === 'chains') session.open = neverEnded(text, statement)
}

function neverEnded(text: Text, statement: Statement): CruddurError {
  return transactionError(
    text,
    statement,
    'the transaction begun here is never ended: nothing in it would be kept',
    'add COMMIT at the end of the file',
  )
}

function transactionError(
  text: Text,
  {start}: Statement,
  message: string,
  hint: string,
): CruddurError {
  return problemError({at: start, code: 'SQL_TRANSACTION', message, hint}, text)
}
