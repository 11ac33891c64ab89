import type {Client} from 'pg'

/**
 * Has queries be sent at once from now on, also when others are under way (node-postgres 8.23, `pipeline`; 9 will know
 * no other way): what is asked together takes one round trip. To be called while no query runs; COPY is not possible then,
 * but in {@link withoutPipeline}.
 */
export function startPipeline(client: Pick<Client, 'query'>): void {
  Object.assign(client, {pipeline: true})
}

/** {@link startPipeline} while `fn` runs. */
export async function inPipeline<T>(
  client: Pick<Client, 'query'>,
  fn: () => Promise<T>,
): Promise<T> {
  return await withPipeline(client, true, fn)
}

/** The opposite; to be called while no query runs. */
export async function withoutPipeline<T>(
  client: Pick<Client, 'query'>,
  fn: () => Promise<T>,
): Promise<T> {
  return await withPipeline(client, false, fn)
}

async function withPipeline<T>(
  client: Pick<Client, 'query'> & {pipeline?: boolean},
  pipeline: boolean,
  fn: () => Promise<T>,
): Promise<T> {
  const before = client.pipeline ?? false
  Object.assign(client, {pipeline})
  try {
    return await fn()
  } finally {
    Object.assign(client, {pipeline: before})
  }
}

/** The results of queries that were sent together, once all are answered; of failures that of the first in this order. */
export async function together<T extends readonly unknown[]>(
  begun: T,
): Promise<{-readonly [P in keyof T]: Awaited<T[P]>}> {
  await Promise.allSettled(begun)
  return await Promise.all(begun)
}
