import {pipeline, Readable} from 'node:stream'
import {createGunzip} from 'node:zlib'
import {CruddurError} from '../error.js'
import {startsWith} from './bytes.js'
import {FORMAT_BYTES} from './encoding.js'

export type Chunks = AsyncGenerator<Buffer>

const MAGIC = Buffer.from([0x1f, 0x8b])

/** Bytes unpacked at a time. */
const CHUNK = 256 * 1024

/**
 * The chunks as they are, or unpacked when they begin as gzip's do, whatever the file is called. The
 * first chunk holds {@link FORMAT_BYTES} bytes, if there are as many.
 *
 * @throws CruddurError FILE_DAMAGED for a gzip file that is cut short or broken
 */
export async function* unpacked(chunks: Chunks, path: string): Chunks {
  const packed = withHead(chunks)
  try {
    const {value: head} = await packed.next()
    if (head === undefined) return
    if (startsWith(head, MAGIC)) return yield* withHead(gunzip(head, packed, path))
    yield head
    yield* packed
  } finally {
    await packed.return(undefined)
  }
}

/** The same bytes, the first of them in one chunk. */
async function* withHead(chunks: Chunks): Chunks {
  try {
    const head = await readHead(chunks)
    if (head.length > 0) yield head
    yield* chunks
  } finally {
    await chunks.return(undefined)
  }
}

async function readHead(chunks: Chunks): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < FORMAT_BYTES) {
    const {value, done} = await chunks.next()
    if (done) break
    head = head.length === 0 ? value : Buffer.concat([head, value])
  }
  return head
}

/** A stream may hold on to several chunks, whose memory the file uses again. */
async function* copied(head: Buffer, chunks: Chunks): Chunks {
  yield Buffer.from(head)
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

async function* gunzip(head: Buffer, packed: Chunks, path: string): Chunks {
  const unpack = createGunzip({chunkSize: CHUNK})
  const source = Readable.from(copied(head, packed), {objectMode: false, highWaterMark: CHUNK})
  // The error of either comes out of the loop below.
  pipeline(source, unpack, () => {})
  try {
    yield* unpack as AsyncIterable<Buffer>
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    if (!code?.startsWith('Z_')) throw error
    throw new CruddurError('FILE_DAMAGED', `${path} is damaged or cut short (gzip: ${message})`, {
      hint: 'make or fetch it again; gzip -t tells whether it is whole',
      data: {file: path},
      cause: error,
    })
  }
}
