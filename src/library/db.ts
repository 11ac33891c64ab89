import {CruddurError} from '../lib/error.js'
import {openPool, type Pool} from './pool.js'
import {queriesOn, type WithLink} from './queries.js'
import {databaseOf} from './target.js'
import {runTransaction} from './transaction.js'
import type {DbOptions, Queries, Sql, Values} from './types.js'

const USUAL = {max: 10, idleMs: 10_000, acquireMs: 30_000}

/** Connections to one database, kept for the next request, and what can be asked on them. */
export class Db implements Queries, AsyncDisposable {
  readonly #pool: Pool
  readonly #withLink: WithLink
  readonly #folder: () => string
  readonly #queries: Queries

  /**
   * Connects to nothing yet.
   *
   * @throws CruddurError CONFIGURATION: the URL cannot be used; never with its password
   */
  constructor(options: DbOptions = {}) {
    const target = databaseOf(options.connectionString)
    const pool = openPool(target, {
      max: limit('max', options.max ?? USUAL.max, 1),
      idleMs: limit('idleTimeoutMillis', options.idleTimeoutMillis ?? USUAL.idleMs, 0),
      acquireMs: limit('acquireTimeoutMillis', options.acquireTimeoutMillis ?? USUAL.acquireMs, 1),
    })
    this.#pool = pool
    this.#withLink = (fn, ready) =>
      pool.use((client, onLost) => fn({client, target, onLost}), ready)
    this.#folder = () => options.folder ?? process.cwd()
    this.#queries = queriesOn(this.#withLink, this.#folder)
  }

  template(...path: readonly string[]): Promise<Sql> {
    return this.#queries.template(...path)
  }

  queryArrayJson<T = Record<string, unknown>>(sql: Sql | string, values?: Values): Promise<T[]> {
    return this.#queries.queryArrayJson<T>(sql, values)
  }

  queryObjectJson<T = Record<string, unknown>>(
    sql: Sql | string,
    values?: Values,
  ): Promise<Partial<T>> {
    return this.#queries.queryObjectJson<T>(sql, values)
  }

  queryCommit<T = string>(sql: Sql | string, values?: Values): Promise<T | undefined> {
    return this.#queries.queryCommit<T>(sql, values)
  }

  /**
   * Runs `fn` with queries of one transaction, on one connection: kept as a whole when it returns, or nothing of it when it throws.
   *
   * @throws what `fn` throws; CruddurError TRANSACTION_ABORTED where a statement failed, or was a COMMIT or ROLLBACK, and `fn`
   *   returned all the same
   */
  transaction<T>(fn: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#withLink((link) => runTransaction(link, this.#folder, fn))
  }

  /** Waits for the requests under way, then closes the connections. */
  end(): Promise<void> {
    return this.#pool.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}

function limit(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value
  throw new CruddurError('CONFIGURATION', `${name} is no whole number from ${least} on`, {
    exit: 2,
    hint: `leave ${name} out, or give another number`,
  })
}
