import type {QueryResult} from 'pg'
import type {SqlFile, Statement} from './file.js'
import {tokensOf, topWords} from './tokens.js'
import {transactionStep} from './transaction.js'

/** What has run so far. */
export interface Work {
  statements: number
  rows: number
  /** Statements that stay, whatever comes; those of a transaction the file itself has open do not count yet. */
  kept: number
  open: number
  within: boolean
}

export function startWork(): Work {
  return {statements: 0, rows: 0, kept: 0, open: 0, within: false}
}

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** Rows a statement wrote; COPY … TO has a row count too, of rows it read. */
function rowsOf({command, rowCount}: QueryResult, file: SqlFile, statement: Statement): number {
  const copiedIn = command === 'COPY' && topWords(tokensOf(file.bytes, statement)).includes('from')
  return WRITES.has(command) || copiedIn ? (rowCount ?? 0) : 0
}

/** Adds a statement that succeeded, and its rows. */
export function countStatement(
  work: Work,
  results: readonly QueryResult[],
  file: SqlFile,
  statement: Statement,
): void {
  work.statements++
  work.open++
  for (const result of results) work.rows += rowsOf(result, file, statement)
  const step = transactionStep(file.bytes, statement)
  if (step !== undefined) work.within = step !== 'ends'
  if (step === 'begins' || (work.within && step === undefined)) return
  if (results.at(-1)?.command !== 'ROLLBACK') work.kept += work.open
  work.open = 0
}
