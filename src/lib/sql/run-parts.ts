import type {Client} from 'pg'
import {withoutPipeline} from '../pipelining.js'
import {isConnectionError} from '../server-error.js'
import {queryBatch} from './batch-query.js'
import {BACKSLASH} from './bytes.js'
import {copyIn} from './copy-in.js'
import {placeCopyError} from './copy-place.js'
import type {SqlFile} from './file.js'
import {
  type BatchPart,
  type CopyPart,
  type Part,
  type Session,
  type SqlPart,
  startSession,
} from './part.js'
import {errorAt, placeError} from './place.js'
import {problemError} from './problem.js'
import {readParts} from './read.js'
import type {Statement} from './scanner.js'
import type {Script} from './script.js'
import type {Text} from './text.js'
import {countResult, startWork} from './work.js'

/** What running SQL needs of a connection. */
export type Queryable = Pick<Client, 'query' | 'connection'>

export interface RunResult {
  statements: number
  /** Rows inserted, updated or deleted by INSERT, UPDATE, DELETE, MERGE and COPY. */
  rows: number
}

/** How far a run is. */
export interface RunProgress extends RunResult {
  /** The file it is in, as shown to the user. */
  path: string
  /** Bytes read, of `total`, which is undefined for a pipe that is read as it comes. */
  bytes: number
  total: number | undefined
}

export interface RunOptions {
  /** Aborting ends the reading of files; the statement is cancelled by whoever connected. */
  signal?: AbortSignal | undefined
  /** Told after each query, and with every stretch of a COPY's rows. */
  onProgress?: ((progress: RunProgress) => void) | undefined
  /** Told the statements, as they are sent. */
  onStatements?: ((sql: string) => void) | undefined
  /** Told what the files have psql say (`\echo`). */
  onEcho?: ((line: string) => void) | undefined
}

interface RunnerOptions extends RunOptions {
  standardStrings: boolean
  /** When all is answered that was sent before the parts: a COPY can share the way with no other query. */
  begun: Promise<unknown>
}

/** Runs the parts of files on a connection, and counts what was done. */
export class PartRunner {
  readonly work = startWork()
  readonly #client: Queryable
  readonly #script: Script
  readonly #options: RunnerOptions
  readonly #session: Session
  /** As the server reports it. */
  #standardStrings: boolean
  #bytes = 0
  #running: Promise<void> | undefined

  constructor(client: Queryable, script: Script, options: RunnerOptions) {
    this.#client = client
    this.#script = script
    this.#options = options
    this.#standardStrings = options.standardStrings
    this.#session = startSession(options.standardStrings)
    client.connection.on('parameterStatus', this.#onParameter)
  }

  release(): void {
    this.#client.connection.off('parameterStatus', this.#onParameter)
  }

  /**
   * A batch is sent while the one before it runs (1.25 times as fast as one by one), and the next is read. The last one may
   * still run when this returns: see {@link finish}.
   */
  async runFile(file: SqlFile): Promise<void> {
    const parts = readParts(file, this.#session, {
      ...this.#script,
      signal: this.#options.signal,
      onRead: (bytes) => {
        this.#bytes += bytes
      },
    })
    let running = this.#running
    let next: Promise<void> | undefined
    let waits = false
    try {
      for (;;) {
        // What fails on the server is told at once, also while a pipe gives nothing to read.
        waits = true
        const step = parts.next()
        const {value: part, done} = await Promise.race([
          step,
          Promise.resolve(running).then(() => step),
        ])
        waits = false
        if (done) break
        const ahead = this.#script.transaction && goesAhead(part)
        if (!ahead) await running
        next = this.#run(part)
        // It is awaited in the next round; until then its failure is no unhandled one.
        next.catch(() => {})
        await (ahead ? running : next)
        running = next
      }
      this.#running = running
    } catch (error) {
      await Promise.allSettled([next])
      // What failed on the server stands before what the file was found to hold behind it.
      await running
      throw error
    } finally {
      const closed = parts.return(undefined)
      if (waits) closed.catch(() => {})
      else await closed
    }
  }

  /** Waits for what still runs. */
  async finish(): Promise<void> {
    await this.#running
  }

  async #run(part: Part): Promise<void> {
    switch (part.kind) {
      case 'batch':
        return await this.#runBatch(part)
      case 'copy':
        return await this.#runCopy(part)
      case 'echo':
        return this.#options.onEcho?.(part.line)
      case 'sql':
        return await this.#runSql(part)
    }
  }

  async #runBatch({text, statements, standardStrings}: BatchPart): Promise<void> {
    const [first, last] = [statements[0], statements.at(-1)]
    if (!first || !last) return
    const sent = {start: first.start, end: last.end}
    const sql = text.bytes.toString('utf8', sent.start, sent.end)
    this.#options.onStatements?.(sql)
    let completed = 0
    let asRead = true
    const onComplete = (tag: string): void =>
      countResult(this.work, tag, text.bytes, statements[completed++])
    const onReady = (): void => {
      asRead = standardStrings === this.#standardStrings
    }
    try {
      await queryBatch(this.#client, sql, onComplete, onReady)
    } catch (error) {
      if (isConnectionError(error)) throw error
      throw placeError(error, text, statements[completed] ?? last, sent)
    }
    if (!asRead) throw unseenChange(text, last)
    this.#tellProgress(text.path, 0)
  }

  async #runCopy({file, text, statement, rows}: CopyPart): Promise<void> {
    const sql = text.bytes.toString('utf8', statement.start, statement.end)
    const place = {file, text, statement, line: 0}
    const {work} = this
    const tellProgress = this.#tellProgress.bind(this)
    await this.#options.begun
    const followed = async function* (): AsyncGenerator<Buffer> {
      for await (const stretch of rows) {
        place.line ||= stretch.line
        tellProgress(text.path, stretch.line - place.line)
        yield stretch.bytes
      }
    }
    try {
      const count = await withoutPipeline(this.#client, () => copyIn(this.#client, sql, followed()))
      countResult(work, `COPY ${count}`, text.bytes, statement)
    } catch (error) {
      throw isConnectionError(error) ? error : await placeCopyError(error, place)
    }
    tellProgress(text.path, 0)
  }

  async #runSql({text, at, sql}: SqlPart): Promise<void> {
    try {
      await this.#client.query(sql)
    } catch (error) {
      throw isConnectionError(error) ? error : errorAt(error, text, at)
    }
  }

  /** @param copying rows of the COPY under way */
  #tellProgress(path: string, copying: number): void {
    const {statements, rows} = this.work
    const {bytes: total} = this.#script
    this.#options.onProgress?.({path, bytes: this.#bytes, total, statements, rows: rows + copying})
  }

  readonly #onParameter = ({parameterName, parameterValue}: ParameterStatus): void => {
    if (parameterName !== 'standard_conforming_strings') return
    this.#standardStrings = parameterValue === 'on'
  }
}

interface ParameterStatus {
  parameterName: string
  parameterValue: string
}

/**
 * Whether a part may be sent before the one ahead of it has run: statements do, unless that one could,
 * unseen, change how a backslash in them is read.
 */
function goesAhead(part: Part): boolean {
  if (part.kind !== 'batch') return false
  const {text, statements} = part
  const [from = 0, to] = [statements[0]?.start, statements.at(-1)?.end]
  return !text.bytes.subarray(from, to).includes(BACKSLASH)
}

/** The next statements may be cut wrongly, and nobody could tell. */
function unseenChange(text: Text, {start}: Statement): Error {
  return problemError(
    {
      at: start,
      code: 'SQL_UNSUPPORTED',
      message: 'standard_conforming_strings was changed here in a way that the text does not show',
      hint: 'write it as SET standard_conforming_strings = …, so that the strings behind it can be read',
    },
    text,
  )
}
