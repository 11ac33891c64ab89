import type {Socket} from 'node:net'
import {type Client, type Connection, Query} from 'pg'
import {isConnectionError} from '../server-error.js'

/** A column as the server describes it. */
export interface Field {
  name: string
  dataTypeID: number
}

/** A row as the server sends it: text, of which nothing is converted. */
export type RawRow = readonly (string | null)[]

/** What is done with the answers to statements; all of it at once, in their order. */
export interface Answers {
  /** A result with rows begins. */
  fields(fields: readonly Field[]): void
  /** @returns false when no more can be taken before `drained` */
  row(row: RawRow): boolean
  /** A statement is done: `INSERT 0 5`. */
  complete(tag: string): void
  /** Rows of a COPY … TO STDOUT; returns as `row`. */
  copyOut(bytes: Buffer): boolean
  /** The rows for a COPY … FROM STDIN; its end is theirs, an error it throws is why there are none. */
  copyIn(): AsyncIterable<Buffer>
  /** When more can be taken. */
  drained(): Promise<void>
}

/** What node-postgres leaves out of its types. */
type Wire = Connection & {
  sendCopyFromChunk: (chunk: Buffer) => void
  endCopyFrom: () => void
  sendCopyFail: (message: string) => void
}

/**
 * Sends statements in one message, and passes the answers on as they come. While they cannot be taken, no more are read:
 * the server waits.
 *
 * @throws what the server, or the connection, failed with
 */
export async function runQuery(
  client: Pick<Client, 'query' | 'connection'>,
  sql: string,
  answers: Answers,
): Promise<void> {
  const {connection} = client
  const rows: {sent?: Promise<void>} = {}
  const state: {failed: boolean; refused?: {by: unknown}} = {failed: false}
  // What is thrown into node-postgres would be told as a broken message of the server's.
  const take = (fn: () => unknown): void => {
    if (state.refused) return
    try {
      if (fn() === false) holdUp(connection.stream as Socket, answers.drained())
    } catch (error) {
      state.refused = {by: error}
    }
  }
  const query = Object.assign(new Query(sql), {
    handleRowDescription: ({fields}: {fields: Field[]}) => take(() => answers.fields(fields)),
    handleDataRow: ({fields}: {fields: RawRow}) => take(() => answers.row(fields)),
    handleCommandComplete: ({text}: {text: string}) => take(() => answers.complete(text)),
    handleEmptyQuery: () => {},
    handleCopyData: ({chunk}: {chunk: Buffer}) => take(() => answers.copyOut(chunk)),
    handleCopyInResponse: () => {
      rows.sent = sendRows(connection as Wire, answers.copyIn(), () => state.failed)
    },
  })
  try {
    await new Promise<void>((resolve, reject) => {
      const handleError = (error: Error): void => {
        state.failed = true
        // Only then is known what has become of the transaction; node-postgres does not tell a query that has failed.
        if (isConnectionError(error)) reject(error)
        else onceReady(connection, () => reject(error))
      }
      client.query(Object.assign(query, {handleError, handleReadyForQuery: () => resolve()}))
    })
  } finally {
    // What was typed as rows is not SQL, also when the server has refused the first of them.
    await rows.sent
  }
  if (state.refused) throw state.refused.by
}

function onceReady(connection: Connection, fn: () => void): void {
  const done = (): void => {
    connection.off('readyForQuery', done)
    connection.off('end', done)
    fn()
  }
  connection.once('readyForQuery', done)
  connection.once('end', done)
}

/** The rows of one statement's result, all of them. */
export async function queryRows(
  client: Pick<Client, 'query' | 'connection'>,
  sql: string,
): Promise<{rows: RawRow[]; fields: readonly Field[]}> {
  const result: {rows: RawRow[]; fields: readonly Field[]} = {rows: [], fields: []}
  await runQuery(client, sql, {
    fields: (fields) => {
      result.fields = fields
    },
    row: (row) => result.rows.push(row) > 0,
    complete: () => {},
    copyOut: () => true,
    async *copyIn() {},
    drained: async () => {},
  })
  return result
}

/**
 * Stops reading until then. That nothing comes is ours, not the server's fault, so nobody may conclude from it that the
 * connection is lost: see `watchConnection`, which goes by the socket's timeout.
 */
function holdUp(stream: Socket, until: Promise<void>): void {
  if (stream.isPaused()) return
  const quietMs = stream.timeout ?? 0
  stream.pause()
  stream.setTimeout(0)
  void until.then(() => {
    stream.setTimeout(quietMs)
    stream.resume()
  })
}

/** Bytes that may wait to be sent before the next rows are asked for. */
const AHEAD = 1024 * 1024

async function sendRows(
  wire: Wire,
  rows: AsyncIterable<Buffer>,
  failed: () => boolean,
): Promise<void> {
  const stream = wire.stream as Socket
  const quietMs = stream.timeout ?? 0
  // A person types them.
  stream.setTimeout(0)
  try {
    for await (const chunk of rows) {
      if (failed()) continue
      wire.sendCopyFromChunk(chunk)
      if (stream.writableLength > AHEAD) await drained(stream)
    }
    if (!failed()) wire.endCopyFrom()
  } catch (error) {
    if (!failed()) wire.sendCopyFail(error instanceof Error ? error.message : String(error))
  } finally {
    stream.setTimeout(quietMs)
  }
}

function drained(stream: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
