import {isUtf8} from 'node:buffer'
import {LINE_FEED, startsWith} from './bytes.js'
import {isContinuation} from './place-at.js'
import type {Problem} from './problem.js'

/** Files that are no SQL text at all, by their first bytes. */
const FORMATS: readonly {magic: string | readonly number[]; problem: Omit<Problem, 'at'>}[] = [
  ...[
    [0xff, 0xfe],
    [0xfe, 0xff],
  ].map((magic) => ({
    magic,
    problem: {
      code: 'SQL_ENCODING' as const,
      message: 'the file is UTF-16, not UTF-8',
      hint: 'save it as UTF-8: iconv -f UTF-16 -t UTF-8',
    },
  })),
  {
    magic: 'PGDMP',
    problem: {
      code: 'SQL_UNSUPPORTED',
      message: "the file is in pg_dump's custom format, not SQL",
      hint: 'turn it into SQL first: pg_restore -f FILE.sql FILE',
    },
  },
]

/** Bytes that {@link formatProblem} has to see. */
export const FORMAT_BYTES = 5

/** What the file's first bytes show it to be, if that is no SQL. */
export function formatProblem(head: Buffer): Problem | undefined {
  const format = FORMATS.find(({magic}) => startsWith(head, Buffer.from(magic)))
  return format && {at: 0, ...format.problem}
}

/**
 * The first thing in these bytes that keeps them from reaching the server byte for byte. PostgreSQL
 * takes neither NUL nor invalid UTF-8, and a lenient decoder would put U+FFFD in its place.
 *
 * @param bytes whole characters: see {@link unfinishedTail}
 */
export function encodingProblem(bytes: Buffer): Problem | undefined {
  const problems = [nulProblem(bytes), utf8Problem(bytes)].filter(
    (problem) => problem !== undefined,
  )
  return problems.sort((a, b) => a.at - b.at)[0]
}

function nulProblem(bytes: Buffer): Problem | undefined {
  const at = bytes.indexOf(0)
  if (at < 0) return undefined
  return {
    at,
    code: 'SQL_ENCODING',
    message: 'the file holds a NUL byte, which PostgreSQL does not take',
    hint: 'remove it, or write binary data as a bytea literal',
  }
}

function utf8Problem(bytes: Buffer): Problem | undefined {
  if (isUtf8(bytes)) return undefined
  const at = firstInvalid(bytes)
  const byte = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')
  return {
    at,
    code: 'SQL_ENCODING',
    message: `the file is not UTF-8: byte 0x${byte}`,
    hint: 'save it as UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8; and if it sets client_encoding, to UTF8 there too',
  }
}

/** Offset of the first character that is not UTF-8; no character reaches over a line's end. */
function firstInvalid(bytes: Buffer): number {
  let start = 0
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, start)
    const line = bytes.subarray(start, end < 0 ? undefined : end)
    if (!isUtf8(line)) return start + firstInvalidInLine(line)
    start = end + 1
  }
}

function firstInvalidInLine(line: Buffer): number {
  let at = 0
  while (isUtf8(line.subarray(at, at + charLength(line[at] ?? 0)))) {
    at += charLength(line[at] ?? 0)
  }
  return at
}

function charLength(first: number): number {
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

/** How many of the last bytes are the beginning of a character that goes on behind them: 0 to 3. */
export function unfinishedTail(bytes: Buffer): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length] ?? 0
    if (!isContinuation(byte)) return byte >= 0xc0 && charLength(byte) > length ? length : 0
  }
  return 0
}
