import {abortable} from '../abortable.js'
import type {CruddurError} from '../error.js'
import {LINE_FEED, markLength, RETURN} from './bytes.js'
import {encodingProblem, formatProblem, unfinishedTail} from './encoding.js'
import type {SqlFile} from './file.js'
import type {Chunks} from './gzip.js'
import {countCharacters, isContinuation} from './place-at.js'
import {type Problem, problemError} from './problem.js'
import type {Text} from './text.js'

export interface WindowOptions {
  /** Told how many bytes of the file were read. */
  onRead?: ((bytes: number) => void) | undefined
  signal?: AbortSignal | undefined
  /** Nothing that is given out is kept: memory is used again, and lines are not counted, so places are wrong. */
  skim?: boolean
}

/** Bytes to have room for; more for a statement that is longer. */
const ROOM = 1024 * 1024

/** Bytes kept before those still needed, to show the line they begin in. */
const LINE_KEPT = 512

/** The length of a statement; PostgreSQL takes less than 1 GB in a message, node-postgres less than 512 MB. */
const LIMIT = 256 * 1024 * 1024

/**
 * A file passing by: what is still needed of it is in memory, in one piece. Bytes given out are
 * never written over, so a {@link Text} stays what it is while the window moves on; those of a COPY's
 * rows do until the next ones are read.
 */
export class Window {
  readonly #chunks: Chunks
  readonly #signal: AbortSignal | undefined
  readonly #skim: boolean
  /** The bytes from #start to #end are held; those up to #checked are whole characters. */
  #room: Buffer = Buffer.alloc(0)
  #bytes: Buffer | undefined
  #start = 0
  #checked = 0
  #end = 0
  /** Offset in the file of the first byte held, its line, and the characters before it in that line. */
  #base = 0
  #line = 1
  #before = 0
  /** An LF was seen: lines end with it, and not with CR. */
  #hasLineFeed = false
  /** Characters before the first byte held, for as long as no LF was seen. */
  #passed = 0
  /** Offset in the file from which bytes are still needed. */
  #needed = 0
  /** What stands at #checked and cannot be sent. */
  #problem: Problem | undefined
  #ended = false
  /** The bytes held are the file's own chunk, which it will write over. */
  #borrowed = false
  /** A read is under way, or has failed. */
  #waits = false

  constructor(
    readonly file: SqlFile,
    {onRead, signal, skim = false}: WindowOptions = {},
  ) {
    this.#chunks = file.read(onRead)
    this.#signal = signal
    this.#skim = skim
  }

  /** The bytes held that can be sent: whole characters, no NUL. */
  get bytes(): Buffer {
    this.#bytes ??= this.#room.subarray(this.#start, this.#checked)
    return this.#bytes
  }

  /** Offset in the file of the first of {@link bytes}. */
  get base(): number {
    return this.#base
  }

  /** What is held, as a text to find places in. */
  text(): Text {
    return {
      path: this.file.path,
      bytes: this.#room.subarray(this.#start, this.#end),
      line: this.#line,
      before: this.#before,
      lineEnding: this.#lineEnding,
      cut: !this.#ended && this.#base + this.#end - this.#start !== this.file.size,
    }
  }

  /** A problem at an offset in the file, which has to be held still. */
  error(problem: Problem): CruddurError {
    return problemError({...problem, at: problem.at - this.#base}, this.text())
  }

  /**
   * Reads on.
   *
   * @returns false at the end of the file
   * @throws CruddurError SQL_ENCODING, with its place; SQL_TOO_LARGE for a statement of more than
   *   256 MB; what reading the file fails with; the signal's reason
   */
  async more(): Promise<boolean> {
    if (this.#problem) throw this.error(this.#problem)
    this.#waits = true
    const {value, done} = await abortable(this.#chunks.next(), this.#signal)
    this.#waits = false
    if (done) this.#ended = true
    else this.#append(value)
    this.#check(done ? 0 : unfinishedTail(this.#room.subarray(this.#checked, this.#end)))
    return !done || this.#problem !== undefined
  }

  /** Lets go of what stands before an offset in the file, but for the beginning of its line. */
  drop(offset: number): void {
    this.#needed = offset
    this.#moveTo(this.#lineStart(this.#start + offset - this.#base))
  }

  /** The same for an offset in the rows of a COPY, which are shown to the server only and pass uncopied. */
  dropRows(offset: number): void {
    this.#needed = offset
    this.#moveTo(this.#start + offset - this.#base)
    if (this.#start === this.#end) this.#borrowed = true
  }

  /** Ends the rows of a COPY: what is held behind them is kept like everything else. */
  endRows(): void {
    if (this.#borrowed && this.#start < this.#end) this.#grow(this.#end - this.#start)
    this.#borrowed = false
  }

  /** Closes the file; of a pipe that nothing comes from, it does not wait for the end. */
  async close(): Promise<void> {
    const closed = this.#chunks.return(undefined)
    if (this.#waits) closed.catch(() => {})
    else await closed
  }

  get #lineEnding(): number {
    return this.#hasLineFeed ? LINE_FEED : RETURN
  }

  #moveTo(start: number): void {
    this.#count(start)
    this.#base += start - this.#start
    this.#start = start
    this.#bytes = undefined
  }

  /** Where the line at index `to` begins, if it is held and not far. */
  #lineStart(to: number): number {
    const from = Math.max(this.#start, to - LINE_KEPT)
    const line = this.#room.subarray(from, to).lastIndexOf(this.#lineEnding)
    let start = from + line + 1
    while (start < to && isContinuation(this.#room[start])) start++
    return start
  }

  /** Counts lines and characters up to index `to`. */
  #count(to: number): void {
    if (this.#skim) return
    const held = this.#room.subarray(this.#start, to)
    const lineEnding = this.#lineEnding
    let lineStart = 0
    for (let end = held.indexOf(lineEnding); end >= 0; end = held.indexOf(lineEnding, lineStart)) {
      this.#line++
      this.#before = 0
      lineStart = end + 1
    }
    this.#before += countCharacters(held, lineStart, held.length)
    if (!this.#hasLineFeed) this.#passed += countCharacters(held, 0, held.length)
  }

  #append(chunk: Buffer): void {
    const held = this.#end - this.#start
    if (this.#base + held + chunk.length - this.#needed > LIMIT) throw this.#tooLarge()
    if (this.#borrowed && held === 0) {
      this.#room = chunk
      this.#start = this.#checked = this.#end = 0
    } else {
      if (this.#borrowed || this.#end + chunk.length > this.#room.length) {
        this.#grow(held + chunk.length)
      }
      chunk.copy(this.#room, this.#end)
    }
    this.#end += chunk.length
    this.#begin(chunk)
  }

  /** Moves what is held to the beginning of a room for so many bytes and more. */
  #grow(length: number): void {
    const reuse = this.#skim && !this.#borrowed && length <= this.#room.length
    const room = reuse ? this.#room : Buffer.allocUnsafeSlow(this.#roomFor(length))
    this.#room.copy(room, 0, this.#start, this.#end)
    this.#room = room
    this.#checked -= this.#start
    this.#end -= this.#start
    this.#start = 0
    this.#bytes = undefined
  }

  /** A short file that is here as a whole needs no more: a dump may include thousands of them. */
  #roomFor(length: number): number {
    return length === this.file.size ? length : Math.max(ROOM, 2 * length)
  }

  /** What the first bytes of a file tell: how its lines end, its format, a byte order mark. */
  #begin(chunk: Buffer): void {
    if (!this.#hasLineFeed && chunk.includes(LINE_FEED)) {
      this.#hasLineFeed = true
      this.#line = 1
      this.#before = this.#passed
    }
    if (this.#base > 0 || this.#end > chunk.length) return
    this.#problem = formatProblem(chunk)
    this.#base = this.#needed = this.#start = this.#checked = markLength(chunk)
  }

  /** Looks at the bytes not looked at yet, but for the last `tail`. */
  #check(tail: number): void {
    if (this.#problem) return
    const problem = encodingProblem(this.#room.subarray(this.#checked, this.#end - tail))
    this.#bytes = undefined
    this.#checked = problem ? this.#checked + problem.at : this.#end - tail
    if (problem) this.#problem = {...problem, at: this.#base + this.#checked - this.#start}
  }

  #tooLarge(): CruddurError {
    return this.error({
      at: this.#needed,
      code: 'SQL_TOO_LARGE',
      message: 'the statement that begins here is longer than 256 MB',
      hint: 'cut it into several, or load the rows with COPY; or is a quote not closed?',
    })
  }
}
