import {DOUBLE_QUOTE} from './bytes.js'
import {
  readComment,
  readCommentSlash,
  readCommentStar,
  readDash,
  readSlash,
} from './read-comment.js'
import {readDollar, readEscaped, readQuoted} from './read-quoted.js'
import {endWord, readSql, readWord} from './read-sql.js'
import {begin, endStatement, type Reader, type Scanner, type Stop} from './scanner.js'

/** What was opened at offset `at` and never closed. */
export interface Unclosed {
  kind: 'unclosed'
  what: 'quote' | 'double quote' | 'comment' | 'dollar quote' | 'parenthesis' | 'BEGIN'
  at: number
}

/**
 * A scanner at the beginning of a file. It cuts SQL into statements by the rules of PostgreSQL's
 * scan.l and, for parentheses and routine bodies, psql's psqlscan.l; the chunks it is fed may end
 * anywhere, also inside a character.
 *
 * @param position offset of the first byte to be read: 3 behind a byte order mark
 */
export function createScanner(position = 0): Scanner {
  return {
    position,
    base: 0,
    read: readSql,
    top: readSql,
    after: readSql,
    stop: undefined,
    standardStrings: true,
    start: -1,
    opened: -1,
    quote: 0,
    escapes: false,
    lineEnded: false,
    commentDepth: 0,
    parens: 0,
    parenOpened: -1,
    begins: 0,
    beginOpened: -1,
    head: '',
    word: '',
    wanted: false,
    wordFirst: 0,
    wordAt: -1,
    delimiter: [],
    matched: 0,
    tokens: undefined,
  }
}

/**
 * Reads on from `scanner.position` to the next stop; called again with the same chunk, it goes on
 * behind that stop.
 *
 * @param chunk bytes of the file, following those of the chunk before
 * @param base offset of the chunk's first byte in the file
 * @returns undefined when the chunk is used up
 */
export function scan(scanner: Scanner, chunk: Uint8Array, base = 0): Stop | undefined {
  scanner.base = base
  scanner.stop = undefined
  let index = scanner.position - base
  while (index < chunk.length && scanner.stop === undefined) {
    index = scanner.read(scanner, chunk, index)
  }
  scanner.position = base + index
  return scanner.stop
}

/**
 * What the end of the file leaves: the last statement when no `;` ended it, or what was never
 * closed. Of several open parentheses the outermost is named.
 */
export function finish(scanner: Scanner): Stop | Unclosed | undefined {
  const what = openAtEnd(scanner)
  if (what) return {kind: 'unclosed', what, at: scanner.opened}
  if (scanner.read === readDash || scanner.read === readSlash) begin(scanner, scanner.opened)
  if (scanner.read === readWord) endWord(scanner)
  if (scanner.begins > 0) return {kind: 'unclosed', what: 'BEGIN', at: scanner.beginOpened}
  if (scanner.parens > 0) return {kind: 'unclosed', what: 'parenthesis', at: scanner.parenOpened}
  scanner.read = scanner.top
  scanner.stop = undefined
  endStatement(scanner, scanner.position)
  return scanner.stop
}

const OPEN_AT_END = new Map<Reader, Unclosed['what']>([
  [readQuoted, 'quote'],
  [readEscaped, 'quote'],
  [readComment, 'comment'],
  [readCommentStar, 'comment'],
  [readCommentSlash, 'comment'],
  [readDollar, 'dollar quote'],
])

/** Offset of the first byte that what is under way, a statement or a comment, may still need. */
export function heldFrom({read, start, opened, position}: Scanner): number {
  if (start >= 0) return start
  return OPEN_AT_END.has(read) || read === readDash || read === readSlash ? opened : position
}

function openAtEnd({read, quote}: Scanner): Unclosed['what'] | undefined {
  const what = OPEN_AT_END.get(read)
  return what === 'quote' && quote === DOUBLE_QUOTE ? 'double quote' : what
}
