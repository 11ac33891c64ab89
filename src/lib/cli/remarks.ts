import {grouped} from './text.js'

/** What of a stream is asked: a terminal and a file take all at once, and the program waits for them. */
export type RemarkOutput = Partial<Pick<NodeJS.WriteStream, 'writableLength'>>

/** Where remarks come from. */
export interface RemarkSource {
  pause(): unknown
  resume(): unknown
}

export interface Remarks {
  /** Has `write` write a remark, or counts it as left out. */
  pass(write: () => void): void
  /** Has this source wait for the reader from now on. */
  slow(source: RemarkSource): void
  /** Says how many were left out at the end, and lets the source go. */
  end(): void
}

/** Bytes that wait in memory for the reader of stderr before the source has to wait, and those that may ever do. */
const [ENOUGH, MOST] = [128 * 1024, 4 * 1024 * 1024]
const POLL_MS = 10
/** Who reads nothing for so long is waited for no more. */
const STALL_MS = 5000

/**
 * Remarks of files and of the server, of which there may be millions. Node keeps in memory what the reader of a pipe does not
 * take (https://nodejs.org/api/process.html, "A note on process I/O"). So the server is made to wait for the reader; and
 * if that one does not read at all, remarks are counted instead of written, until it does.
 *
 * @param tell told how many were left out, as a line
 */
export function openRemarks(
  tell: (line: string) => void,
  output: RemarkOutput = process.stderr,
): Remarks {
  let source: RemarkSource | undefined
  let timer: NodeJS.Timeout | undefined
  let stalled = false
  let leftOut = 0

  const waiting = (): number => output.writableLength ?? 0
  const release = (): void => {
    if (timer) source?.resume()
    clearInterval(timer)
    timer = undefined
  }
  const hold = (): void => {
    source?.pause()
    // More may come of what has been received already.
    let [least, since] = [Number.POSITIVE_INFINITY, performance.now()]
    timer = setInterval(() => {
      const now = waiting()
      if (now < least) [least, since] = [now, performance.now()]
      stalled = performance.now() - since > STALL_MS
      if (stalled || now < ENOUGH / 2) release()
    }, POLL_MS)
  }
  const tellLeftOut = (): void => {
    if (leftOut === 0) return
    const count = leftOut
    leftOut = 0
    tell(`… and ${grouped(count, 'more line')}: nobody reads stderr fast enough for them`)
  }
  return {
    pass(write) {
      stalled &&= waiting() > ENOUGH / 2
      if (stalled || waiting() > MOST) {
        leftOut += 1
        return
      }
      tellLeftOut()
      write()
      if (source && !timer && waiting() > ENOUGH) hold()
    },
    slow(next) {
      release()
      source = next
    },
    end() {
      release()
      tellLeftOut()
    },
  }
}
