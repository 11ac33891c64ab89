import {createWriteStream} from 'node:fs'
import {stat, statfs} from 'node:fs/promises'
import {dirname} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {CruddurError} from '../../src/lib/error.js'

const CHUNK = 1024 * 1024

/** A file, its table and the server's log take up to so many times the file's bytes. */
const SPACE = 3.5

/** Writes a file piece by piece; returns its bytes. */
export async function writePieces(
  path: string,
  pieces: Iterable<string>,
  signal: AbortSignal,
): Promise<number> {
  await pipeline(Readable.from(chunks(pieces), {objectMode: true}), createWriteStream(path), {
    signal,
  })
  return (await stat(path)).size
}

/**
 * @param bytes of the file that is to be written and loaded
 * @throws CruddurError BENCH_NO_SPACE
 */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  const {bavail, bsize} = await statfs(dirname(path))
  const [needed, free] = [bytes * SPACE, bavail * bsize]
  if (free >= needed) return
  const message = `${gigabytes(needed)} of disk are needed beside ${path}, ${gigabytes(free)} are free`
  throw new CruddurError('BENCH_NO_SPACE', message)
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

function* chunks(pieces: Iterable<string>): Generator<Buffer> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < CHUNK) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}
