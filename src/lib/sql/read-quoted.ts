import {BACKSLASH, CLASS, DOLLAR, LINE_FEED, MINUS, QUOTE, RETURN, SPACE} from './bytes.js'
import {openComment, readDash} from './read-comment.js'
import {begin, note, type Reader, type Scanner} from './scanner.js'

/** At a `'` or `"` whose offset is `at`. */
export function openQuote(scanner: Scanner, quote: number, at: number, escapes: boolean): void {
  begin(scanner, at)
  note(scanner, String.fromCharCode(quote), at)
  scanner.opened = at
  scanner.quote = quote
  scanner.escapes = escapes
  scanner.read = readQuoted
}

export const readQuoted: Reader = (scanner, bytes, index) => {
  const {quote, escapes} = scanner
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      scanner.read = readQuoteEnd
      return at + 1
    }
    if (escapes && byte === BACKSLASH) {
      scanner.read = readEscaped
      return at + 1
    }
  }
  return bytes.length
}

/** Behind a backslash in E'…'. */
export const readEscaped: Reader = (scanner, _, index) => {
  scanner.read = readQuoted
  return index + 1
}

/** Behind a quote that ends the string, unless it is doubled. */
const readQuoteEnd: Reader = (scanner, bytes, index) => {
  if (bytes[index] === scanner.quote) {
    scanner.read = readQuoted
    return index + 1
  }
  scanner.lineEnded = false
  scanner.read = scanner.escapes ? readContinuation : scanner.top
  return index
}

/**
 * Behind an E'…': after blanks and `--` comments with a line end among them, a further '…' belongs
 * to it and takes backslashes too. So reads the server; psql, which scans line by line, does not
 * (15.18), and cuts `E'a' <newline> '\';'` inside its string.
 */
const readContinuation: Reader = (scanner, bytes, index) => {
  const byte = bytes[index] ?? 0
  if (byte === QUOTE && scanner.lineEnded) {
    scanner.read = readQuoted
    return index + 1
  }
  if (byte === MINUS) {
    openComment(scanner, scanner.base + index, readDash, readContinuation)
    return index + 1
  }
  if (CLASS[byte] === SPACE) {
    scanner.lineEnded ||= byte === LINE_FEED || byte === RETURN
    return index + 1
  }
  scanner.read = scanner.top
  return index
}

/** In a dollar quote: to the next occurrence of its delimiter. */
export const readDollar: Reader = (scanner, bytes, index) => {
  const {delimiter} = scanner
  let {matched} = scanner
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === delimiter[matched]) {
      matched++
      if (matched === delimiter.length) {
        scanner.read = scanner.top
        return at + 1
      }
    } else {
      matched = byte === DOLLAR ? 1 : 0
    }
  }
  scanner.matched = matched
  return bytes.length
}
