import type {ServerError} from './server-error.js'

/** The server has no room left, on disk or in memory (class 53, but for connections). */
export function isExhausted({code}: ServerError): boolean {
  return /^53[0124]00$/.test(code)
}

/**
 * A file of the server's own that the operating system denies it: a disk mounted read-only, say. PostgreSQL gives that the
 * same SQLSTATE as a missing right of a role, 42501 (errcode_for_file_access() in elog.c).
 */
const OWN_FILES = /: (Read-only file system|Permission denied|Operation not permitted)$/

/** Whether a role lacks a right; it is asked of 42501 only. */
export function isDenied({code, message}: ServerError): boolean {
  return code === '42501' && !OWN_FILES.test(message)
}

const DISK = 'look into the server’s log: its disk fails, or may not be written to'

const CURES: Readonly<Record<string, string | undefined>> = {
  '42501': DISK,
  '53000': 'free disk space or memory on the server, then try again',
  '53100': 'free disk space on the server, or enlarge its storage, then try again',
  '53200': 'free memory on the server, or have it use less (work_mem), then try again',
  '53400': 'raise the limit that the message names on the server, then try again',
  '58030': DISK,
}

/** What to do about a server in trouble, where PostgreSQL itself gives no hint. */
export function serverCure(error: ServerError): string | undefined {
  return isDenied(error) ? undefined : CURES[error.code]
}
