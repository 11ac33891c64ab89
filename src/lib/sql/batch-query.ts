import type {Client, Connection, Submittable} from 'pg'

/**
 * Runs statements in one simple query, which is sent at once, also while another one runs. Rows they
 * return are let go as they come: nobody reads them.
 *
 * @param onComplete told how the server reports each statement, in order (`INSERT 0 5`)
 * @param onReady told at once when all is done, before the next query's answer is looked at
 * @throws what the server, or the connection, failed with
 */
export async function queryBatch(
  client: Pick<Client, 'query' | 'connection'>,
  sql: string,
  onComplete: (tag: string) => void,
  onReady: () => void = () => {},
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const ready = (): void => {
      onReady()
      resolve()
    }
    const query = client.query(new BatchQuery(sql, onComplete, ready, reject))
    query.submit(client.connection)
  })
}

/**
 * What node-postgres calls as the server answers, for queries that are not its own (pg-cursor,
 * pg-copy-streams): its own Query keeps all rows and forgets how many statements ran before one failed.
 */
class BatchQuery implements Submittable {
  #sent = false
  readonly handleReadyForQuery: () => void
  readonly handleError: (error: Error) => void

  constructor(
    private readonly sql: string,
    private readonly onComplete: (tag: string) => void,
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.handleReadyForQuery = resolve
    this.handleError = reject
  }

  /** node-postgres calls it when the query before this one has ended; by then it may have been sent. */
  submit(connection: Connection): void {
    if (!this.#sent) connection.query(this.sql)
    this.#sent = true
  }

  handleCommandComplete({text}: {text: string}): void {
    this.onComplete(text)
  }

  /** The server asks for rows that the file does not have: a COPY the splitter took for something else. */
  handleCopyInResponse(connection: Connection & {sendCopyFail: (message: string) => void}): void {
    connection.sendCopyFail('no rows follow')
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCopyData(): void {}
  handleEmptyQuery(): void {}
}
