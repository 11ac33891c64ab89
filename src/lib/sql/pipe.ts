import {constants, createReadStream, fstatSync, openSync, statSync} from 'node:fs'
import {Socket} from 'node:net'
import {addAbortSignal} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'
import {abortable} from '../abortable.js'

/** How standard input is named on a command line. */
export const STDIN = '-'

/** A pipe is held in memory up to this many bytes, so that it can be checked before any of it runs. */
const HELD = 16 * 1024 * 1024

/** A pipe that was read to its end can be read again, and has a size; a longer one goes on from what is held. */
export async function rereadable(
  chunks: AsyncGenerator<Buffer>,
  signal: AbortSignal | undefined,
): Promise<{size: number | undefined; read: () => AsyncGenerator<Buffer>}> {
  const held: Buffer[] = []
  for (let size = 0; size < HELD; ) {
    const {value, done} = await abortable(chunks.next(), signal)
    if (done) return {size, read: () => each(held)}
    held.push(value)
    size += value.length
  }
  const read = async function* () {
    yield* each(held)
    held.length = 0
    yield* chunks
  }
  return {size: undefined, read}
}

async function* each(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
}

/** By process.stdin: reading with fs blocks a thread, and with it the end of the process. */
export async function* readStdin(signal?: AbortSignal): AsyncGenerator<Buffer> {
  // Of a folder, process.stdin would read nothing, without an error.
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error(), {code: 'EISDIR'})
  if (signal) addAbortSignal(signal, process.stdin)
  yield* process.stdin as AsyncIterable<Buffer>
}

/** Standard input, by any of its names. */
export function isStdin(name: string): boolean {
  return name === STDIN || /^\/(dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/.test(name)
}

/** Whether whoever reads it may have to wait: it is no file on a disk. A file that is not there is none either. */
export function isPipe(name: string): boolean {
  return isStdin(name) || statSync(name, {throwIfNoEntry: false})?.isFile() === false
}

/** Pipes that a shell made; their writer is there, or has been. */
const INHERITED = /^\/(dev|proc\/[^/]+)\/fd\//

/** How often to look whether the writer of a named pipe has come. */
const WRITER_MS = 50

/** Reads a pipe (or a device) to its end; of one in the file system, waits for the writer. */
export async function* readPipe(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  if (isStdin(path)) return yield* readStdin(signal)
  for (let empty = true; ; ) {
    // Without O_NONBLOCK, opening a pipe would block a thread until its writer comes.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!fstatSync(fd).isFIFO()) return yield* createReadStream(path, {fd}) as AsyncIterable<Buffer>
    for await (const chunk of new Socket({fd, readable: true, writable: false, signal})) {
      empty = false
      yield chunk
    }
    if (!empty || INHERITED.test(path)) return
    await sleep(WRITER_MS, undefined, {signal})
  }
}
