import {LINE_FEED, MINUS, RETURN, SLASH, STAR} from './bytes.js'
import {begin, type Reader, type Scanner} from './scanner.js'

/** At `-` or `/`, which may open a comment; `after` reads on behind a `--` comment. */
export function openComment(scanner: Scanner, at: number, read: Reader, after: Reader): void {
  scanner.opened = at
  scanner.read = read
  scanner.after = after
}

/** Behind a `-`. */
export const readDash: Reader = (scanner, bytes, index) => {
  if (bytes[index] === MINUS) {
    scanner.read = readLine
    return index + 1
  }
  begin(scanner, scanner.opened)
  scanner.read = scanner.top
  return index
}

/** Behind a `/`. */
export const readSlash: Reader = (scanner, bytes, index) => {
  if (bytes[index] === STAR) {
    scanner.commentDepth = 1
    scanner.read = readComment
    return index + 1
  }
  begin(scanner, scanner.opened)
  scanner.read = scanner.top
  return index
}

/** In a `--` comment: to the line's end, which is left to `after`. */
export const readLine: Reader = (scanner, bytes, index) => {
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === LINE_FEED || byte === RETURN) {
      scanner.read = scanner.after
      return at
    }
  }
  return bytes.length
}

/** In a block comment. */
export const readComment: Reader = (scanner, bytes, index) => {
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === STAR || byte === SLASH) {
      scanner.read = byte === STAR ? readCommentStar : readCommentSlash
      return at + 1
    }
  }
  return bytes.length
}

/** In a block comment, behind a `*`. */
export const readCommentStar: Reader = (scanner, bytes, index) => {
  const byte = bytes[index]
  if (byte === STAR) return index + 1
  if (byte === SLASH) scanner.commentDepth--
  scanner.read = scanner.commentDepth > 0 ? readComment : scanner.top
  return byte === SLASH ? index + 1 : index
}

/** In a block comment, behind a `/`. */
export const readCommentSlash: Reader = (scanner, bytes, index) => {
  const byte = bytes[index]
  if (byte === SLASH) return index + 1
  if (byte === STAR) scanner.commentDepth++
  scanner.read = readComment
  return byte === STAR ? index + 1 : index
}
