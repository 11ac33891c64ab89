import {Db} from '../../src/library/db.js'
import type {DbOptions} from '../../src/library/types.js'
import {urlOf} from '../support/postgres.js'
import {packageRoot} from '../support/program.js'

/** A Db of a test database, closed in the end. */
export async function withDb<T>(
  database: string,
  fn: (db: Db) => Promise<T>,
  options: DbOptions = {},
): Promise<T> {
  const db = new Db({connectionString: urlOf(database), folder: packageRoot, ...options})
  try {
    return await fn(db)
  } finally {
    await db.end()
  }
}
