import {
  CLASS,
  CLOSE,
  DIGIT,
  DOLLAR,
  DOUBLE_QUOTE,
  LETTER,
  MINUS,
  OPEN,
  QUOTE,
  SEMICOLON,
  SLASH,
  SPACE,
  SPECIAL,
  wordEnd,
} from './bytes.js'
import {openComment, readDash, readSlash} from './read-comment.js'
import {openQuote, readDollar} from './read-quoted.js'
import {
  begin,
  countWord,
  endStatement,
  note,
  type Reader,
  type Scanner,
  wantsWord,
} from './scanner.js'

const DOT = 0x2e
const E = 0x65
/** E'…', B'…', X'…', N'…': letters that belong to the string and are no word. */
const PREFIXES = new Set(Buffer.from('ebxn'))
/** Set in a lower-case letter, clear in its capital. */
const CASE_BIT = 0x20

/** Outside of quotes, comments, words and numbers. */
export const readSql: Reader = (scanner, bytes, index) => {
  const from = isOrdinary(scanner) ? readOrdinary(scanner, bytes, index) : index
  if (scanner.stop) return from
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    const kind = CLASS[byte]
    if (kind === SPACE) continue
    if (kind === SPECIAL) return readSpecial(scanner, byte, at)
    begin(scanner, scanner.base + at)
    if (kind === LETTER) {
      openWord(scanner, byte, scanner.base + at)
      return readWord(scanner, bytes, at)
    }
    if (kind === DIGIT) return readNumber(scanner, bytes, at)
  }
  return bytes.length
}

/** In a statement of which no word has to be known, nor where its tokens are. */
function isOrdinary({tokens, start, head, standardStrings}: Scanner): boolean {
  return tokens === undefined && start >= 0 && head.startsWith('.') && standardStrings
}

/**
 * What most of a large file is made of, in one loop (twice as fast as state by state): words,
 * numbers, strings, parentheses, up to the statement's end. It stops before a token that is none of
 * these or that the chunk may not hold whole: the states read that from its beginning.
 */
function readOrdinary(scanner: Scanner, bytes: Uint8Array, index: number): number {
  const {length} = bytes
  let at = index
  while (at < length) {
    const byte = bytes[at] ?? 0
    let end = at + 1
    switch (CLASS[byte]) {
      case LETTER:
        end = wordEnd(bytes, at)
        if (end === length || (end - at === 1 && bytes[end] === QUOTE)) return at
        break
      case DIGIT:
        while (CLASS[bytes[end] ?? 0] === DIGIT || bytes[end] === DOT) end++
        if (CLASS[bytes[end] ?? 0] === LETTER) end = wordEnd(bytes, end)
        if (end === length) return at
        break
      case SPECIAL:
        end = readOrdinarySpecial(scanner, bytes, at)
        if (end === at || scanner.stop) return end
    }
    at = end
  }
  return length
}

/** @returns the index behind it, or `at` for what is not ordinary */
function readOrdinarySpecial(scanner: Scanner, bytes: Uint8Array, at: number): number {
  const byte = bytes[at] ?? 0
  switch (byte) {
    case QUOTE:
    case DOUBLE_QUOTE:
      return quotedEnd(bytes, at)
    case OPEN:
    case CLOSE:
      countParen(scanner, byte, scanner.base + at)
      return at + 1
    case SEMICOLON:
      if (scanner.parens === 0 && scanner.begins === 0) endStatement(scanner, scanner.base + at)
      return at + 1
    case MINUS:
      return at + 1 < bytes.length && bytes[at + 1] !== MINUS ? at + 1 : at
    default:
      return at
  }
}

/** Behind the string or name that `at` opens, or `at` when the chunk may not hold its end. */
function quotedEnd(bytes: Uint8Array, at: number): number {
  const quote = bytes[at]
  const last = bytes.length - 1
  for (let end = at + 1; end < last; end++) {
    if (bytes[end] !== quote) continue
    if (bytes[end + 1] !== quote) return end + 1
    end++
  }
  return at
}

function readSpecial(scanner: Scanner, byte: number, index: number): number {
  const at = scanner.base + index
  switch (byte) {
    case QUOTE:
      openQuote(scanner, QUOTE, at, !scanner.standardStrings)
      break
    case DOUBLE_QUOTE:
      openQuote(scanner, DOUBLE_QUOTE, at, false)
      break
    case MINUS:
      openComment(scanner, at, readDash, readSql)
      break
    case SLASH:
      openComment(scanner, at, readSlash, readSql)
      break
    case DOLLAR:
      openTag(scanner, at)
      break
    case SEMICOLON:
      if (scanner.parens === 0 && scanner.begins === 0) endStatement(scanner, at)
      break
    case OPEN:
    case CLOSE:
      countParen(scanner, byte, at)
      break
    default:
      scanner.stop = {kind: 'backslash', at, within: scanner.start >= 0}
  }
  return index + 1
}

/** A `)` too many counts for nothing, as in psql. */
function countParen(scanner: Scanner, byte: number, at: number): void {
  begin(scanner, at)
  note(scanner, String.fromCharCode(byte), at)
  if (byte === OPEN) {
    if (scanner.parens === 0) scanner.parenOpened = at
    scanner.parens++
  } else if (scanner.parens > 0) {
    scanner.parens--
  }
}

function openWord(scanner: Scanner, first: number, at: number): void {
  scanner.wordAt = at
  scanner.wordFirst = first
  scanner.wanted = wantsWord(scanner, first)
  scanner.word = ''
  scanner.read = readWord
}

export const readWord: Reader = (scanner, bytes, index) => {
  const end = wordEnd(bytes, index)
  if (scanner.wanted && scanner.word.length < 32) scanner.word += latin1(bytes, index, end)
  if (end === bytes.length) return end
  const at = scanner.base + end
  const prefix = scanner.wordFirst | CASE_BIT
  if (bytes[end] === QUOTE && at - scanner.wordAt === 1 && PREFIXES.has(prefix)) {
    openQuote(scanner, QUOTE, at, prefix === E || !scanner.standardStrings)
    return end + 1
  }
  endWord(scanner)
  return end
}

/** Ends the word under way: behind its last byte, or at the end of the file. */
export function endWord(scanner: Scanner): void {
  const word = scanner.word.toLowerCase()
  note(scanner, word, scanner.wordAt)
  countWord(scanner, word, scanner.wordAt)
  scanner.read = readSql
}

/** As much of a word as can still be a keyword: the longest has 17 letters. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 32)))
}

/** In the digits and dots of a number. */
const readNumber: Reader = (scanner, bytes, index) => {
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (CLASS[byte] === DIGIT || byte === DOT) continue
    scanner.read = CLASS[byte] === LETTER ? readNumberTail : readSql
    return at
  }
  scanner.read = readNumber
  return bytes.length
}

/** In the letters behind a number (1e5, 0x1F), or a word that runs into it: an error, but the server's to tell. */
const readNumberTail: Reader = (scanner, bytes, index) => {
  const end = wordEnd(bytes, index)
  if (end < bytes.length) scanner.read = readSql
  return end
}

function openTag(scanner: Scanner, at: number): void {
  begin(scanner, at)
  scanner.opened = at
  scanner.delimiter = [DOLLAR]
  scanner.read = readTag
}

/** Behind a `$` that no word holds: of `$1`, of a dollar quote's delimiter, or of nothing. */
const readTag: Reader = (scanner, bytes, index) => {
  const byte = bytes[index] ?? 0
  const [, first] = scanner.delimiter
  if (byte === DOLLAR) return openDollar(scanner, index)
  if (CLASS[byte] === LETTER || (CLASS[byte] === DIGIT && first !== undefined)) {
    scanner.delimiter.push(byte)
    return index + 1
  }
  if (first === undefined) {
    scanner.read = CLASS[byte] === DIGIT ? readNumber : readSql
    return index
  }
  openWord(scanner, first, scanner.opened + 1)
  if (scanner.wanted)
    scanner.word = latin1(Uint8Array.from(scanner.delimiter), 1, scanner.delimiter.length)
  return index
}

function openDollar(scanner: Scanner, index: number): number {
  note(scanner, '$', scanner.opened)
  scanner.delimiter.push(DOLLAR)
  scanner.matched = 0
  scanner.read = readDollar
  return index + 1
}
