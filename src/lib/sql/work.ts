import type {Statement} from './scanner.js'
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

const WRITTEN = /^(?:INSERT \d+|UPDATE|DELETE|MERGE|(COPY)) (\d+)$/

/**
 * Adds what the server reports of a statement: `INSERT 0 5`.
 *
 * @param statement undefined where the server finds more statements than the text shows
 */
export function countResult(
  work: Work,
  tag: string,
  bytes: Buffer,
  statement: Statement | undefined,
): void {
  work.rows += rowsOf(tag, bytes, statement)
  if (!statement) return
  work.statements++
  work.open++
  const step = transactionStep(bytes, statement)
  if (step !== undefined) work.within = step !== 'ends'
  if (step === 'begins' || (work.within && step === undefined)) return
  if (tag !== 'ROLLBACK') work.kept += work.open
  work.open = 0
}

/** COPY … TO has a row count too, of rows it read. */
function rowsOf(tag: string, bytes: Buffer, statement: Statement | undefined): number {
  const [, copy, rows = '0'] = WRITTEN.exec(tag) ?? []
  if (copy && statement && !topWords(tokensOf(bytes, statement)).includes('from')) return 0
  return Number(rows)
}
