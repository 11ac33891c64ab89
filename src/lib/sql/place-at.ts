import {LINE_FEED, markLength, RETURN} from './bytes.js'

/** A place in a file: `line` and `column` from 1, `column` in code points; offsets of the line's bytes. */
export interface Place {
  line: number
  column: number
  lineStart: number
  lineEnd: number
}

/** Where the byte at offset `at` stands. A line ends with LF or CRLF; in a file without any LF, with CR. */
export function placeAt(bytes: Buffer, at: number): Place {
  const lineEnding = bytes.includes(LINE_FEED) ? LINE_FEED : RETURN
  let line = 1
  let lineStart = markLength(bytes)
  let lineEnd = bytes.indexOf(lineEnding, lineStart)
  while (lineEnd >= 0 && lineEnd < at) {
    line++
    lineStart = lineEnd + 1
    lineEnd = bytes.indexOf(lineEnding, lineStart)
  }
  if (lineEnd < 0) lineEnd = bytes.length
  if (bytes[lineEnd - 1] === RETURN && lineEnd > lineStart) lineEnd--
  return {line, column: countCharacters(bytes, lineStart, at) + 1, lineStart, lineEnd}
}

/** Code points between two offsets, `end` not included. */
export function countCharacters(bytes: Buffer, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; at++) {
    if (!isContinuation(bytes[at])) count++
  }
  return count
}

/** Offset `count` code points behind `start`, or `limit` when that lies before it. */
export function skipCharacters(bytes: Buffer, start: number, count: number, limit: number): number {
  let at = start
  for (let left = count; left > 0 && at < limit; left--) {
    at++
    while (at < limit && isContinuation(bytes[at])) at++
  }
  return at
}

/** True for the second to fourth byte of a character in UTF-8. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
