import {commandParts} from './command-parts.js'
import {copiesFromFile, copyPart} from './copy.js'
import type {SqlFile} from './file.js'
import type {Part, ReadOptions, Session} from './part.js'
import {unclosedError} from './refusals.js'
import {createScanner, finish, heldFrom, scan} from './scan.js'
import type {Scanner, Statement, Stop} from './scanner.js'
import {goesAlone, standardStringsAfter} from './settings.js'
import {firstWord} from './tokens.js'
import {checkTransactional, trackTransaction} from './transaction.js'
import {Window} from './window.js'

/**
 * Bytes of statements sent together, so that round trips do not count. On a server at hand 64 KB, 256 KB and
 * 1 MB take the same time within 8 % (200 000 one-row INSERTs).
 */
const BATCH = 256 * 1024

/** One file being read. */
export interface Reading {
  window: Window
  session: Session
  options: ReadOptions
  scanner: Scanner
  /** Statements that wait to be sent together; their offsets in the file. */
  batch: Statement[]
}

/**
 * Reads a file, and those it includes, as parts to be run one after the other. Memory does not grow
 * with the file.
 *
 * @throws CruddurError with its place in the file: SQL_ENCODING (not UTF-8, NUL), SQL_UNTERMINATED (the
 *   place that opened the quote, comment, dollar quote or parenthesis; COPY whose rows have no end),
 *   SQL_UNSUPPORTED (commands of psql that have no meaning here), SQL_TRANSACTION (what cannot run in a
 *   transaction; without one, a BEGIN that has no end), SQL_TOO_LARGE, FILE_NOT_FOUND and the like for a
 *   file it includes
 */
export async function* readParts(
  file: SqlFile,
  session: Session,
  options: ReadOptions,
): AsyncGenerator<Part> {
  const window = new Window(file, options)
  session.within.push(file)
  try {
    await window.more()
    yield* partsOf({window, session, options, scanner: createScanner(window.base), batch: []})
    if (session.within.length === 1 && session.open) throw session.open
  } finally {
    session.within.pop()
    await window.close()
  }
}

/** A statement that only joins the batch, as most do, costs no turn of the event loop. */
async function* partsOf(reading: Reading): AsyncGenerator<Part> {
  const {window, session, scanner, batch} = reading
  for (;;) {
    scanner.standardStrings = session.standardStrings
    const stop = scan(scanner, window.bytes, window.base)
    const way = stop?.kind === 'statement' ? wayOf(reading, stop.statement) : undefined
    if (stop?.kind === 'statement' && way === 'together') {
      batch.push(stop.statement)
    } else if (stop) {
      yield* takeStop(reading, stop, way)
    } else {
      if (spanOf(reading) >= BATCH) yield* flush(reading)
      window.drop(batch[0]?.start ?? heldFrom(scanner))
      if (await window.more()) continue
      return yield* takeEnd(reading)
    }
  }
}

/** What the end of the file leaves: a statement that no `;` ends. */
async function* takeEnd(reading: Reading): AsyncGenerator<Part> {
  const {scanner, window} = reading
  const stop = finish(scanner)
  if (stop?.kind === 'unclosed') throw unclosedError(stop, scanner.start, window)
  if (stop?.kind === 'statement') yield* takeStop(reading, stop, wayOf(reading, stop.statement))
  else yield* flush(reading)
}

/** Anything that does not just join the batch, or ends the file. */
async function* takeStop(reading: Reading, stop: Stop, way: Way | undefined): AsyncGenerator<Part> {
  yield* flush(reading)
  if (stop.kind === 'backslash') return yield* commandParts(reading, stop, readParts)
  const {window, session} = reading
  const statement = inWindow(window, stop.statement)
  if (way === 'copy') return yield* copyPart(reading, statement)
  const strings = standardStringsAfter(window.bytes, statement, session.initialStandardStrings)
  session.standardStrings = strings ?? session.standardStrings
  reading.batch.push(stop.statement)
  yield* flush(reading)
}

/** Bytes from the first statement that waits to where the scanner is, which may be far into the next one. */
function spanOf({batch: [first], scanner}: Reading): number {
  return first ? scanner.position - first.start : 0
}

function* flush({window, session, batch}: Reading): Generator<Part> {
  if (batch.length === 0) return
  const statements = batch.splice(0).map((statement) => inWindow(window, statement))
  yield {kind: 'batch', text: window.text(), statements, standardStrings: session.standardStrings}
}

/** The offsets that the statement has in the window's text. */
function inWindow({base}: Window, {start, end}: Statement): Statement {
  return {start: start - base, end: end - base}
}

type Way = 'together' | 'alone' | 'copy'

/** How a statement goes to the server, once it is known that it may. */
function wayOf({window, session, options}: Reading, statement: Statement): Way {
  const {bytes} = window
  const inside = inWindow(window, statement)
  const word = firstWord(bytes, inside)
  if (PLAIN.has(word)) return options.transaction ? 'together' : 'alone'
  if (options.transaction) checkTransactional(window.text(), inside)
  else trackTransaction(session, window.text(), inside)
  if (word === 'copy') return copiesFromFile(bytes, inside) ? 'copy' : 'alone'
  return options.transaction && !goesAlone(bytes, inside) ? 'together' : 'alone'
}

/** The first words of most statements, about which nothing more has to be known. */
const PLAIN = new Set(['insert', 'update', 'delete', 'comment', 'grant', 'with'])
