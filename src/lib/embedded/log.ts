import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs'
import {join} from 'node:path'
import type {Account} from './account.js'

const LARGEST_BYTES = 10 * 1024 * 1024

/** The end of a server's log tells why it ended. */
const READ_BYTES = 64 * 1024

/** The setting that begins every line with time and process; what `linesOf` relies on. */
export const LOG_LINE_PREFIX = '%m [%p] '
const PREFIX = /^\d{4}-\d\d-\d\d \S+ \S+ \[(\d+)\] /

/** The server's log in `home`. */
export function logPath(home: string): string {
  return join(home, 'server.log')
}

/**
 * Opens the log for a server to append to; one over 10 MB becomes `server.log.1` first, in place of the one before.
 *
 * @returns the descriptor, for the caller to close, and the log's length so far
 */
export function openLog(home: string, account: Account | undefined): {fd: number; end: number} {
  const path = logPath(home)
  const size = statSync(path, {throwIfNoEntry: false})?.size ?? 0
  if (size > LARGEST_BYTES) renameSync(path, `${path}.1`)
  // Root must not be led elsewhere by a link; Windows has no such flag.
  const noFollow = constants.O_NOFOLLOW ?? 0
  const fd = openSync(
    path,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow,
    0o600,
  )
  try {
    if (account) fchownSync(fd, account.uid, account.gid)
    return {fd, end: fstatSync(fd).size}
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** What the process `pid` wrote to the log from byte `start` on: two servers that start at once share the file. */
export function linesOf(home: string, pid: number, start: number): string[] {
  const lines = readFrom(logPath(home), start).split('\n')
  let ours = true
  return lines.filter((line) => {
    const writer = PREFIX.exec(line)?.[1]
    // A line without a prefix belongs to the one above it, or is the loader's, before PostgreSQL has the word.
    if (writer !== undefined) ours = Number(writer) === pid
    return ours && line.trim() !== ''
  })
}

function readFrom(path: string, start: number): string {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(READ_BYTES)
    const position = Math.max(start, fstatSync(fd).size - READ_BYTES)
    const length = readSync(fd, buffer, 0, READ_BYTES, position)
    return buffer.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}
