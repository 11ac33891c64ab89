import type {Client} from 'pg'
import {type CopyStreamQuery, from as copyFrom} from 'pg-copy-streams'

/**
 * Runs COPY … FROM stdin with these rows, as fast as the server takes them.
 *
 * @returns rows copied
 * @throws what the server said, also while no rows come; or what reading them failed with: then the
 *   server is told, and keeps none
 */
export async function copyIn(
  client: Pick<Client, 'query'>,
  sql: string,
  rows: AsyncGenerator<Buffer>,
): Promise<number> {
  const stream = client.query(copyFrom(sql))
  let failure: Error | undefined
  let fail = (_: Error): void => {}
  // The server can fail at any time; pg-copy-streams then reports it without ending what is under way.
  stream.on('error', (error) => {
    failure = error
    fail(error)
  })
  const unlessFailed = <T>(step: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      fail = reject
      if (failure) reject(failure)
      step.then(resolve, reject)
    })
  try {
    for (;;) {
      const {value, done} = await unlessFailed(rows.next())
      if (done) break
      await unlessFailed(new Promise<void>((resolve) => stream.write(value, () => resolve())))
    }
    await unlessFailed(new Promise<void>((resolve) => stream.end(resolve)))
    return stream.rowCount
  } catch (error) {
    if (!failure) await tellServer(stream)
    throw error
  } finally {
    // Not waited for: the next row may never come.
    rows.return(undefined).catch(() => {})
  }
}

/** Ends the COPY as failed, and waits for the server's answer to that. */
async function tellServer(stream: CopyStreamQuery): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.once('close', resolve)
    stream.destroy(new Error('the file could not be read on'))
  })
}
