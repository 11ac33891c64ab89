import {LINE_FEED} from '../sql/bytes.js'
import {type CommandLine, readCommandLine} from '../sql/command-line.js'
import {countCharacters} from '../sql/place-at.js'
import {createScanner, finish, heldFrom, scan} from '../sql/scan.js'
import type {Scanner, Statement} from '../sql/scanner.js'
import type {Text} from '../sql/text.js'

/** A statement to be sent, and the text it stands in. */
export interface Typed {
  text: Text
  statement: Statement
}

/** What lines come to; `text` is the command with its backslash and arguments, as it was typed. */
export type Item =
  | ({kind: 'statement'} & Typed)
  | {kind: 'command'; line: CommandLine; text: string; within: boolean}

/** Lines that are being taken apart. */
export interface Reader {
  /** How errors call where the lines come from; empty for what a person types. */
  readonly path: string
  /** What is not done with; the last one is what is still to be read. */
  chunks: Buffer[]
  /** Offset behind the last chunk. */
  end: number
  /** Offset of the first chunk's first byte, its line from 1, and the characters before it in that line. */
  base: number
  line: number
  before: number
  scanner: Scanner
}

export function createReader(path: string): Reader {
  return {path, chunks: [], end: 0, base: 0, line: 1, before: 0, scanner: createScanner()}
}

/**
 * Takes a line, without its end; what came before it has been read to the end.
 *
 * @param number its own, where lines in between went elsewhere, as the rows of a COPY do
 */
export function feed(reader: Reader, line: Buffer, number = reader.line): void {
  if (reader.chunks.length === 0) reader.line = number
  const chunk = Buffer.concat([line, Buffer.from('\n')])
  reader.chunks.push(chunk)
  reader.end += chunk.length
}

/** What has been typed of a statement so far. */
export function pending(reader: Reader): string {
  return Buffer.concat(reader.chunks).toString().trimEnd()
}

/** The next statement or command of what was fed; undefined when another line is needed. */
export function nextItem(reader: Reader): Item | undefined {
  const {chunks, scanner} = reader
  const chunk = chunks.at(-1)
  if (!chunk) return undefined
  const chunkBase = reader.end - chunk.length
  const stop = scan(scanner, chunk, chunkBase)
  if (stop?.kind === 'statement') return {kind: 'statement', ...cut(reader, stop.statement)}
  if (stop) return takeCommand(reader, chunk, stop.at - chunkBase, stop.within)
  if (heldFrom(scanner) >= scanner.position) drop(reader)
  return undefined
}

/** What is left without a `;`, as a statement, closed or not; undefined when it is nothing. */
export function takeRest(reader: Reader): Typed | undefined {
  const {scanner} = reader
  const begun = scanner.start
  const stop = finish(scanner)
  const end = scanner.position
  const open = stop?.kind === 'unclosed' ? {start: begun < 0 ? stop.at : begun, end} : undefined
  const statement = stop?.kind === 'statement' ? stop.statement : open
  const typed = statement && cut(reader, trimmed(reader, statement))
  if (!typed) drop(reader)
  renew(reader)
  return typed
}

/** Forgets what has been typed of a statement. */
export function reset(reader: Reader): void {
  reader.scanner.position = reader.end
  drop(reader)
  renew(reader)
}

function renew(reader: Reader): void {
  const {standardStrings} = reader.scanner
  reader.scanner = {...createScanner(reader.base), standardStrings}
}

/** What the next line goes on with, by the signs of psql's prompts. */
export type Awaited = '=' | '-' | "'" | '"' | '$' | '*' | '('

const SIGNS = {
  quote: "'",
  'double quote': '"',
  'dollar quote': '$',
  comment: '*',
  parenthesis: '(',
  BEGIN: '-',
} as const

export function awaited({chunks, scanner}: Reader): Awaited {
  if (chunks.length === 0) return '='
  const stop = finish({...scanner})
  if (stop?.kind === 'unclosed') return SIGNS[stop.what]
  return stop ? '-' : '='
}

/** The statement in its text, which is dropped up to where the scanner is. */
function cut(reader: Reader, {start, end}: Statement): Typed {
  const {base, before, line, path} = reader
  const bytes = Buffer.concat(reader.chunks)
  drop(reader)
  return {
    text: {path, bytes, line, before, lineEnding: LINE_FEED, cut: false},
    statement: {start: start - base, end: end - base},
  }
}

/** Without the blanks at its end, which an error "at end of input" would point behind. */
function trimmed({base, chunks}: Reader, {start, end}: Statement): Statement {
  const text = Buffer.concat(chunks).toString('latin1', start - base, end - base)
  return {start, end: start + text.trimEnd().length}
}

function drop(reader: Reader): void {
  const bytes = Buffer.concat(reader.chunks)
  const done = reader.scanner.position - reader.base
  for (let at = bytes.indexOf(LINE_FEED); at >= 0 && at < done; ) {
    reader.line++
    reader.before = 0
    at = bytes.indexOf(LINE_FEED, at + 1)
  }
  const lineStart = done === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, done - 1) + 1
  reader.before += countCharacters(bytes, lineStart, done)
  reader.base += done
  reader.chunks = done < bytes.length ? [bytes.subarray(done)] : []
}

/** Commands that take the rest of their line, whatever is in it. */
const WHOLE_LINE = /^(?:h|help|sf\+?|sv\+?|copy|!)$/

/** Whether a command, without its backslash, takes the rest of its line as it is, quotes and all. */
export function takesWholeLine(name: string): boolean {
  return WHOLE_LINE.test(name)
}

function takeCommand(reader: Reader, chunk: Buffer, at: number, within: boolean): Item {
  const lineEnd = chunk.indexOf(LINE_FEED, at)
  const rest = chunk.subarray(at, lineEnd < 0 ? chunk.length : lineEnd)
  const line = readCommandLine(rest)
  const end = takesWholeLine(line.name) ? rest.length : line.end
  reader.chunks.splice(-1, 1, Buffer.concat([chunk.subarray(0, at), chunk.subarray(at + end)]))
  reader.scanner.position--
  reader.end -= end
  return {kind: 'command', line, text: rest.toString('utf8', 0, end), within}
}
