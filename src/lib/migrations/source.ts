import {LINE_FEED, markLength, RETURN} from '../sql/bytes.js'
import {encodingProblem, formatProblem} from '../sql/encoding.js'
import {openSqlFile, type SqlFile} from '../sql/file.js'
import type {Chunks} from '../sql/gzip.js'
import {type Problem, problemError} from '../sql/problem.js'
import type {Text} from '../sql/text.js'

/** A migration's file in memory, whole; what is shown to the user is what runs. */
export interface Source {
  readonly file: SqlFile
  /** Without a byte order mark. */
  readonly text: Text
}

/** Bytes of a file; 100 of them at a time have to be held. */
const LIMIT = 64 * 1024 * 1024

/** Bytes that are given out at a time. */
const CHUNK = 256 * 1024

const BLANK = 0x20

/**
 * Reads a file of `db/migrations`.
 *
 * @param path absolute
 * @throws CruddurError FILE_NOT_FOUND, FILE_UNREADABLE (exit 2), FILE_CHANGED, FILE_DAMAGED; with its place SQL_ENCODING,
 *   SQL_UNSUPPORTED (a dump in pg_dump's own format), SQL_TOO_LARGE for more than 64 MB; the signal's reason
 */
export async function readSource(
  path: string,
  {cwd, signal}: {cwd: string; signal?: AbortSignal | undefined},
): Promise<Source> {
  const file = await openSqlFile(path, {cwd, pipes: false, signal})
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of file.read()) {
    signal?.throwIfAborted()
    chunks.push(Buffer.from(chunk))
    length += chunk.length
    if (length > LIMIT) throw problemError(TOO_LARGE, textOf(file, Buffer.concat(chunks)))
  }
  const all = Buffer.concat(chunks)
  const text = textOf(file, all.subarray(markLength(all)))
  const problem = formatProblem(all) ?? encodingProblem(text.bytes)
  if (problem) throw problemError(problem, text)
  return {file, text}
}

const TOO_LARGE: Problem = {
  at: 0,
  code: 'SQL_TOO_LARGE',
  message: 'a migration has to fit into memory, and this one is longer than 64 MB',
  hint: 'keep the rows out of it: load them with cruddur-db seed --seed-file FILE',
}

function textOf({path}: SqlFile, bytes: Buffer): Text {
  const lineEnding = bytes.includes(LINE_FEED) ? LINE_FEED : RETURN
  return {path, bytes, line: 1, before: 0, lineEnding, cut: false}
}

/** The stretch from `from` to `to` as a file in which each of its bytes has its line and its column. */
export function stretchOf({file, text}: Source, from: number, to: number): SqlFile {
  return {...file, size: to, read: (onRead) => chunksOf(text.bytes.subarray(0, to), from, onRead)}
}

async function* chunksOf(
  bytes: Buffer,
  from: number,
  onRead: ((bytes: number) => void) | undefined,
): Chunks {
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const chunk = bytes.subarray(start, start + CHUNK)
    onRead?.(chunk.length)
    yield start >= from ? chunk : blanked(chunk, from - start)
  }
}

/** The chunk with blanks for its first `length` bytes, but for its line ends. */
function blanked(chunk: Buffer, length: number): Buffer {
  const copy = Buffer.from(chunk)
  for (const [at, byte] of copy.subarray(0, length).entries()) {
    if (byte !== LINE_FEED && byte !== RETURN) copy[at] = BLANK
  }
  return copy
}
