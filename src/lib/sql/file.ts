import {readSync} from 'node:fs'
import {type FileHandle, open, stat} from 'node:fs/promises'
import {dirname, isAbsolute, relative, resolve, sep} from 'node:path'
import {setImmediate as nextTurn} from 'node:timers/promises'
import {CruddurError} from '../error.js'
import type {ErrorCode} from '../error-codes.js'
import {type Chunks, unpacked} from './gzip.js'
import {readPipe, readStdin, rereadable, STDIN} from './pipe.js'

/** An SQL file that was found and can be read: again and again, or once when it is a long pipe. */
export interface SqlFile {
  /** As shown to the user: relative to the working directory when below it, else absolute. */
  readonly path: string
  /** The folder that `\ir` starts from. */
  readonly folder: string
  /** Bytes it has, packed or not; undefined for a pipe too long to be held, which can be read once. */
  readonly size: number | undefined
  /** The same for the same file on disk, however it is named; undefined for a pipe. */
  readonly id: string | undefined
  /**
   * Its text from the first byte on, in chunks of any size, each to be used before the next but one is
   * asked for.
   *
   * @param onRead told how many bytes of the (packed) file were read
   */
  readonly read: (onRead?: (bytes: number) => void) => Chunks
}

/** Bytes read at a time. */
const CHUNK = 256 * 1024

/** How standard input is shown; psql calls it so, too. */
const STDIN_SHOWN = '<stdin>'

/**
 * Opens a file to see that it can be read; of a pipe the beginning is read at once.
 *
 * @param name a path from `cwd`, an absolute one, or `-` for standard input
 * @param options `pipes: false`: only a file on disk will do
 * @throws CruddurError FILE_NOT_FOUND, FILE_UNREADABLE (exit 2); the signal's reason
 */
export async function openSqlFile(
  name: string,
  {cwd, pipes = true, signal}: {cwd: string; pipes?: boolean; signal?: AbortSignal | undefined},
): Promise<SqlFile> {
  const absolute = resolve(cwd, name)
  const path = shownName(name, cwd)
  const folder = dirname(absolute)
  try {
    if (name === STDIN) return await pipe(path, cwd, readStdin(signal), signal)
    const stats = await stat(absolute)
    if (stats.isDirectory()) throw Object.assign(new Error(), {code: 'EISDIR'})
    if (stats.isFile()) return await fileOnDisk(absolute, path, cwd)
    if (!pipes) throw Object.assign(new Error('it is no file on disk'), {code: 'ENODEV'})
    return await pipe(path, folder, readPipe(absolute, signal), signal)
  } catch (error) {
    signal?.throwIfAborted()
    throw fileError(error, path, cwd)
  }
}

/**
 * SQL that is in no file.
 *
 * @param path how errors call it
 */
export function sqlInMemory(path: string, sql: string | Buffer): SqlFile {
  const bytes = Buffer.from(sql)
  const read = async function* (): Chunks {
    yield bytes
  }
  return {path, folder: '/', size: bytes.length, id: undefined, read}
}

/** A file as it is shown to the user, whether there is one or not. */
export function shownName(name: string, cwd: string): string {
  if (name === STDIN) return STDIN_SHOWN
  const absolute = resolve(cwd, name)
  const below = relative(cwd, absolute)
  const outside =
    below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)
  return outside ? absolute : below
}

async function pipe(
  path: string,
  folder: string,
  chunks: AsyncGenerator<Buffer>,
  signal: AbortSignal | undefined,
): Promise<SqlFile> {
  const {size, read} = await rereadable(chunks, signal)
  return {
    path,
    folder,
    size,
    id: undefined,
    read: (onRead) => unpacked(counted(read(), onRead), path),
  }
}

async function fileOnDisk(absolute: string, path: string, cwd: string): Promise<SqlFile> {
  const handle = await open(absolute)
  const first = await versionOf(handle).finally(() => handle.close())
  const read = async function* (): Chunks {
    const opened = await open(absolute).catch((error: unknown) => {
      throw fileError(error, path, cwd)
    })
    try {
      await checkUnchanged(opened, first.version, path)
      yield* readHandle(opened, first.size)
      await checkUnchanged(opened, first.version, path)
    } finally {
      await opened.close()
    }
  }
  return {
    path,
    folder: dirname(absolute),
    size: first.size,
    id: first.id,
    read: (onRead) => unpacked(counted(read(), onRead), path),
  }
}

async function* counted(chunks: Chunks, onRead: ((bytes: number) => void) | undefined): Chunks {
  for await (const chunk of chunks) {
    onRead?.(chunk.length)
    yield chunk
  }
}

/** The size, and something that changes whenever the file does. */
async function versionOf(handle: FileHandle): Promise<{id: string; size: number; version: string}> {
  const {dev, ino, size, mtimeNs} = await handle.stat({bigint: true})
  const id = `${dev}:${ino}`
  return {id, size: Number(size), version: `${id}:${size}:${mtimeNs}`}
}

/** What was checked, and consented to, is what runs. */
async function checkUnchanged(handle: FileHandle, first: string, path: string): Promise<void> {
  const {version} = await versionOf(handle)
  if (version === first) return
  throw new CruddurError('FILE_CHANGED', `${path} was changed while it was being read`, {
    hint: 'run it again once nothing writes to it',
    data: {file: path},
  })
}

/**
 * Chunks of the file, in two buffers by turns: with new ones for each, a COPY of 5 million rows took half as
 * much processor time again. Read here and not in a thread of Node's, 291 MB in the system's cache pass in
 * half the time; between two chunks signals and the server get their turn.
 */
async function* readHandle({fd}: FileHandle, size: number): Chunks {
  // Files in /proc say that they have none.
  const length = size === 0 ? CHUNK : Math.min(CHUNK, size)
  const rooms = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)]
  for (;;) {
    for (const room of rooms) {
      await nextTurn()
      const length = readSync(fd, room)
      if (length === 0) return
      yield room.subarray(0, length)
    }
  }
}

function fileError(error: unknown, shown: string, cwd: string): unknown {
  if (error instanceof CruddurError) return error
  const {code, message} = error as NodeJS.ErrnoException
  const fail = (name: ErrorCode, text: string, hint: string) =>
    new CruddurError(name, text, {exit: 2, hint, data: {file: shown}, cause: error})
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return fail(
        'FILE_NOT_FOUND',
        `there is no file ${shown}`,
        `check the path, taken from ${cwd}`,
      )
    case 'EISDIR':
      return fail('FILE_UNREADABLE', `${shown} is a folder`, 'name the SQL file in it')
    case 'EACCES':
    case 'EPERM':
      return fail('FILE_UNREADABLE', `${shown} may not be read by this user`, `chmod +r ${shown}`)
    default:
      return fail('FILE_UNREADABLE', `${shown} cannot be read: ${message}`, 'check the file')
  }
}
