import {LINE_FEED} from './bytes.js'
import type {CopyPart} from './part.js'
import {problemError} from './problem.js'
import type {Reading} from './read.js'
import {createScanner, finish, scan} from './scan.js'
import type {Statement} from './scanner.js'
import type {Text} from './text.js'
import {tokensOf, topWords} from './tokens.js'

/** COPY … FROM stdin, whose rows stand behind it in the file; PostgreSQL's grammar takes STDOUT there too. */
export function copiesFromFile(bytes: Buffer, statement: Statement): boolean {
  const words = topWords(tokensOf(bytes, statement))
  return words.some((word, at) => word === 'from' && /^std(in|out)$/.test(words[at + 1] ?? ''))
}

/**
 * The COPY whose statement is read, and its rows, which begin in the line behind it.
 *
 * @throws CruddurError SQL_UNSUPPORTED when more stands behind it in its line; with the rows,
 *   SQL_UNTERMINATED when the file ends before they do: it may be cut short
 */
export async function* copyPart(reading: Reading, statement: Statement): AsyncGenerator<CopyPart> {
  const {window, scanner} = reading
  while (!window.bytes.includes(LINE_FEED, scanner.position - window.base)) {
    if (!(await window.more())) break
  }
  const text = window.text()
  const behind = scanner.position - window.base
  const end = window.bytes.indexOf(LINE_FEED, behind)
  if (end < 0) throw unended(text, statement)
  if (!isNothing(window.bytes.subarray(behind, end))) {
    throw problemError(
      {
        at: behind,
        code: 'SQL_UNSUPPORTED',
        message: 'something stands behind a COPY … FROM stdin in its line',
        hint: 'move it to a line of its own, behind the rows',
      },
      text,
    )
  }
  scanner.position = window.base + end + 1
  const rows = readRows(reading, () => unended(text, statement))
  yield {kind: 'copy', file: window.file, text, statement, rows}
}

/** The rows' bytes as they stand in the file. */
async function* readRows({window, scanner}: Reading, unended: () => Error): AsyncGenerator<Text> {
  window.dropRows(scanner.position)
  let lineStart = true
  let last = false
  for (;;) {
    const {bytes} = window
    const {rows, used, ended} = findCopyEnd(bytes, {lineStart, last})
    scanner.position += used
    if (rows > 0) {
      lineStart = bytes[rows - 1] === LINE_FEED
      yield {...window.text(), bytes: bytes.subarray(0, rows)}
    }
    window.dropRows(scanner.position)
    if (ended) return window.endRows()
    if (last) throw unended()
    last = !(await window.more())
  }
}

function unended(text: Text, {start}: Statement): Error {
  return problemError(
    {
      at: start,
      code: 'SQL_UNTERMINATED',
      message: 'the file ends before the rows of this COPY do',
      hint: 'the rows end with a line \\. of its own; the file may have been cut short',
    },
    text,
  )
}

/** True for blanks and comments. */
function isNothing(bytes: Buffer): boolean {
  const scanner = createScanner()
  return scan(scanner, bytes) === undefined && finish(scanner) === undefined
}

/** What a stretch of a COPY's rows comes to. */
interface CopyStretch {
  /** So many of its bytes are rows. */
  rows: number
  /** So many are done with, the end marker's line among them; the rest has to be seen together with what follows. */
  used: number
  ended: boolean
}

const MARKER = '\\.'

/** The beginnings of a marker's line that only what follows can decide about. */
const UNDECIDED = new Set(['\\', '\\.', '\\.\r'])

/**
 * Looks for the line `\.` that ends a COPY's rows: alone with its LF or CRLF, also inside of a quoted CSV
 * field, as psql has it (observed on 15.18); at the end of the file also without a line end.
 *
 * @param options `lineStart`: the bytes begin a line; `last`: the file ends with them
 */
export function findCopyEnd(
  bytes: Buffer,
  {lineStart, last}: {lineStart: boolean; last: boolean},
): CopyStretch {
  let at = bytes.indexOf(MARKER)
  while (at >= 0) {
    const begins = at === 0 ? lineStart : bytes[at - 1] === LINE_FEED
    const used = begins ? markerEnd(bytes, at, last) : undefined
    if (used !== undefined) return {rows: at, used, ended: true}
    at = bytes.indexOf(MARKER, at + 1)
  }
  const line = bytes.lastIndexOf(LINE_FEED) + 1
  const open = (line > 0 || lineStart) && UNDECIDED.has(bytes.toString('latin1', line, line + 4))
  const rows = open && !last ? line : bytes.length
  return {rows, used: rows, ended: false}
}

/** Index behind the marker's line, if that line is complete and nothing else stands in it. */
function markerEnd(bytes: Buffer, at: number, last: boolean): number | undefined {
  const rest = bytes.toString('latin1', at + MARKER.length, at + MARKER.length + 2)
  const [ending] = /^\r?\n/.exec(rest) ?? (last ? /^\r?$/.exec(rest) : null) ?? []
  return ending === undefined ? undefined : at + MARKER.length + ending.length
}
