import {CruddurError} from '../lib/error.js'
import {openPool, type Pool} from './pool.js'
import {loadSql, templateOf} from './sql.js'
import {command, type Link, readFirst, readJson} from './statement.js'
import {databaseOf} from './target.js'
import type {DbOptions, Queries, Sql, Values} from './types.js'

type WithLink = <T>(fn: (link: Link) => Promise<T>) => Promise<T>

/** What can be asked on the connections that `withLink` gives. */
function queriesOn(withLink: WithLink, folder: () => string): Queries {
  return {
    template: (...path) => loadSql(path, folder()),
    async queryArrayJson<T>(sql: Sql | string, values: Values = {}): Promise<T[]> {
      const template = await templateOf(sql)
      const rows = await withLink((link) => readJson(link, template, {as: 'array', values}))
      return (rows ?? []) as T[]
    },
    async queryObjectJson<T>(sql: Sql | string, values: Values = {}): Promise<Partial<T>> {
      const template = await templateOf(sql)
      const row = await withLink((link) => readJson(link, template, {as: 'object', values}))
      return (row ?? {}) as Partial<T>
    },
    async queryCommit<T>(sql: Sql | string, values: Values = {}): Promise<T | undefined> {
      const template = await templateOf(sql)
      return (await withLink((link) => readFirst(link, template, values))) as T | undefined
    },
  }
}

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
    this.#withLink = (fn) => pool.use((client, onLost) => fn({client, target, onLost}))
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
   * @throws what `fn` throws; CruddurError TRANSACTION_ABORTED where a statement failed and `fn` returned all the same
   */
  transaction<T>(fn: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#withLink(async (link) => {
      await command(link, 'BEGIN')
      let over = false
      const within: WithLink = (ask) => {
        if (over) throw afterEnd()
        return ask(link)
      }
      try {
        const result = await fn(queriesOn(within, this.#folder))
        over = true
        // PostgreSQL answers COMMIT with ROLLBACK where a statement has failed.
        if ((await command(link, 'COMMIT')) === 'ROLLBACK') throw aborted()
        return result
      } catch (error) {
        over = true
        if (!(error instanceof CruddurError && error.code === 'TRANSACTION_ABORTED'))
          // What it fails with is the connection's end, which rolls back too.
          await command(link, 'ROLLBACK').catch(link.onLost)
        throw error
      }
    })
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

function afterEnd(): CruddurError {
  return new CruddurError('POOL_CLOSED', 'a transaction was asked for something after its end', {
    hint: 'await every query in the function that is given to transaction',
  })
}

function aborted(): CruddurError {
  return new CruddurError(
    'TRANSACTION_ABORTED',
    'a statement of the transaction had failed: nothing of it was kept',
    {hint: 'let the error of the statement out of the function that is given to transaction'},
  )
}
