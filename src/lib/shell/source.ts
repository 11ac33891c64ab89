import {LINE_FEED, markLength} from '../sql/bytes.js'

/** A line; `interrupt` for Ctrl-C, undefined for the end. */
export type Line = Buffer | 'interrupt' | undefined

/** Where lines come from: a person, a file, a pipe. */
export interface LineSource {
  /** How errors call it; empty for a person. */
  readonly path: string
  /** Number of the line that came last, from 1. */
  line(): number
  /**
   * @param prompt what a person is shown before the line
   * @param kind `row`: of a COPY, where the Tab key is a tab between two values, and completes nothing
   */
  next(prompt: string, kind?: 'row'): Promise<Line>
  /** Throws away what a person has typed, or pasted, ahead. @returns whether there was something */
  forget(): boolean
  close(): Promise<void>
}

/** Lines of a stream of bytes, without their LF. A CR before it stays: it may be part of a string, or of a row. */
export function streamSource(path: string, stream: AsyncIterable<Buffer>): LineSource {
  const lines = linesOf(stream)
  let line = 0
  return {
    path,
    line: () => line,
    async next() {
      line++
      return (await lines.next()).value ?? undefined
    },
    forget: () => false,
    close: async () => {
      await lines.return(undefined)
    },
  }
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let parts: Buffer[] = []
  let first = true
  const take = (): Buffer => {
    const line = Buffer.concat(parts)
    parts = []
    const start = first ? markLength(line) : 0
    first = false
    return line.subarray(start)
  }
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    // What reads may use its memory again.
    if (start < chunk.length) parts.push(Buffer.from(chunk.subarray(start)))
  }
  if (parts.length > 0) yield take()
  return undefined
}
