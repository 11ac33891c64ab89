/** Byte offsets into the file: from a statement's first token to before its `;`, or the end of the file. */
export interface Statement {
  start: number
  end: number
}

/**
 * A word in lower case, a bracket, or the sign that opens a quoted thing (`'`, `"`, `$`);
 * `at` is the offset of its first byte.
 */
export interface Token {
  text: string
  at: number
}

/**
 * Reads on at `bytes[index]`, changes the scanner's state and returns the index to go on from; at
 * the chunk's end it leaves everything the next chunk needs in the scanner.
 */
export type Reader = (scanner: Scanner, bytes: Uint8Array, index: number) => number

/** What the scanner met that its caller has to deal with; `position` is already behind it. */
export type Stop =
  | {kind: 'statement'; statement: Statement}
  /** `\` outside of quotes; `within`: in the middle of a statement. */
  | {kind: 'backslash'; at: number; within: boolean}

/**
 * Everything known about the bytes read so far; no earlier byte is looked at again. Offsets count
 * from the beginning of the file, -1 stands for none.
 */
export interface Scanner {
  /** Offset of the next byte to read; a caller may move it forward between two statements. */
  position: number
  /** Offset of the chunk's first byte. */
  base: number
  /** The state of the machine: what reads the next byte. */
  read: Reader
  /** What reads outside of quotes and comments; here, so that the readers need not import each other in a circle. */
  top: Reader
  /** What reads on behind a `--` comment. */
  after: Reader
  stop: Stop | undefined
  /** `standard_conforming_strings`: false makes '…' take backslashes like E'…'. */
  standardStrings: boolean
  /** First token of the statement under way. */
  start: number
  /** Where the quote, comment or dollar quote under way was opened; for a `-` or `/`, its own place. */
  opened: number
  quote: number
  escapes: boolean
  /** A line end was seen behind an E'…': a quote now continues it. */
  lineEnded: boolean
  commentDepth: number
  parens: number
  parenOpened: number
  /** BEGIN and CASE less END in the body of a routine. */
  begins: number
  beginOpened: number
  /** First letters of the statement's first words as far as they are CREATE OR REPLACE FUNCTION PROCEDURE, else `.`. */
  head: string
  /** The word under way: its text as far as it is wanted, its first byte and that byte's offset. */
  word: string
  wanted: boolean
  wordFirst: number
  wordAt: number
  delimiter: number[]
  matched: number
  /** Collects the tokens of what is read, when wanted. */
  tokens: Token[] | undefined
}

/** Letters as in psqlscan.l, which notes these words of a statement's first four to know a routine's definition. */
const HEAD_WORDS = new Map([
  ['create', 'c'],
  ['or', 'o'],
  ['replace', 'r'],
  ['function', 'f'],
  ['procedure', 'p'],
])
const ROUTINE = /^c(or)?[fp]/

/** Marks `at` as the beginning of a statement unless one is under way. */
export function begin(scanner: Scanner, at: number): void {
  if (scanner.start < 0) scanner.start = at
}

export function note(scanner: Scanner, text: string, at: number): void {
  scanner.tokens?.push({text, at})
}

/** Whether the word that begins with `first` has to be known, or only skipped: most words of most files. */
export function wantsWord({tokens, head}: Scanner, first: number): boolean {
  if (tokens) return true
  if (head === '') return (first | 0x20) === 0x63
  return head.startsWith('c') && head[1] !== '.'
}

/** Counts BEGIN, CASE and END in a routine's definition, by psqlscan.l's rule; `word` is in lower case. */
export function countWord(scanner: Scanner, word: string, at: number): void {
  if (scanner.head.length < 4) scanner.head += HEAD_WORDS.get(word) ?? '.'
  if (scanner.parens > 0 || !ROUTINE.test(scanner.head)) return
  if (word === 'begin') {
    if (scanner.begins === 0) scanner.beginOpened = at
    scanner.begins++
  } else if (word === 'case') {
    if (scanner.begins > 0) scanner.begins++
  } else if (word === 'end' && scanner.begins > 0) {
    scanner.begins--
  }
}

/** Ends the statement under way at offset `end`; an empty one (`;;`) is none. */
export function endStatement(scanner: Scanner, end: number): void {
  if (scanner.start >= 0) {
    scanner.stop = {kind: 'statement', statement: {start: scanner.start, end}}
  }
  scanner.start = -1
  scanner.head = ''
}
