import {RETURN} from './bytes.js'
import type {Text} from './text.js'

/** A place in a file: `line` and `column` from 1, `column` in code points; offsets of the line's bytes in the text. */
export interface Place {
  line: number
  column: number
  lineStart: number
  lineEnd: number
}

/** Where the byte at offset `at` of the text stands in its file. A line ends with LF, CRLF, or CR in a file without any LF. */
export function placeAt({bytes, line: first, before, lineEnding}: Text, at: number): Place {
  let line = first
  let lineStart = 0
  let lineEnd = bytes.indexOf(lineEnding)
  while (lineEnd >= 0 && lineEnd < at) {
    line++
    lineStart = lineEnd + 1
    lineEnd = bytes.indexOf(lineEnding, lineStart)
  }
  if (lineEnd < 0) lineEnd = bytes.length
  if (bytes[lineEnd - 1] === RETURN && lineEnd > lineStart) lineEnd--
  const ahead = lineStart === 0 ? before : 0
  return {line, column: ahead + countCharacters(bytes, lineStart, at) + 1, lineStart, lineEnd}
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
export function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
