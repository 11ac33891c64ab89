import {type Client, type Connection, Query} from 'pg'

/**
 * Runs statements in one simple query, which a client in a pipeline sends at once, also while another one runs. Rows they
 * return are let go as they come: nobody reads them.
 *
 * @param onComplete told how the server reports each statement, in order (`INSERT 0 5`)
 * @param onReady told at once when all is done, before the next query's answer is looked at
 * @throws what the server, or the connection, failed with
 */
export async function queryBatch(
  client: Pick<Client, 'query'>,
  sql: string,
  onComplete: (tag: string) => void,
  onReady: () => void = () => {},
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const ready = (): void => {
      onReady()
      resolve()
    }
    client.query(new BatchQuery(sql, onComplete, ready, reject))
  })
}

/** node-postgres' own Query keeps all rows, and forgets how many statements ran before one failed; a pipeline takes no other class. */
class BatchQuery extends Query {
  constructor(
    sql: string,
    private readonly onComplete: (tag: string) => void,
    readonly handleReadyForQuery: () => void,
    readonly handleError: (error: Error) => void,
  ) {
    super(sql)
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
