import {randomBytes} from 'node:crypto'
import pg from 'pg'
import {inject} from 'vitest'

const TEST_DATABASE = /^cruddur_test_[0-9a-f]{12}/

/** The test server's URL with another database in its path. */
export function urlOf(database: string): string {
  const url = new URL(inject('serverUrl'))
  // encodeURIComponent leaves a quote alone, which at a URL's end looks like a slip.
  url.pathname = `/${encodeURIComponent(database).replaceAll("'", '%27')}`
  return url.href
}

/** Options of CREATE DATABASE for one in another encoding than UTF-8; before PostgreSQL 15 there is one provider only. */
export function latin1(): string {
  const provider = inject('serverVersion') < 15 ? '' : ' LOCALE_PROVIDER libc'
  return `TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'${provider}`
}

/** A connection to the test server; the caller's `fn` ends before it is closed. */
export async function query<Row extends pg.QueryResultRow = Record<string, unknown>>(
  sql: string,
  database = 'postgres',
): Promise<Row[]> {
  const client = await connect(database)
  try {
    const result = await client.query<Row>(sql)
    return result.rows
  } finally {
    await client.end()
  }
}

/** An open connection to `database`, for tests that hold a session; the caller ends it. */
export async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client({connectionString: urlOf(database)})
  // A test that has its session ended by the server looks at the outcome, not at this event.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** A name no other test uses; nothing is created. */
export function freshName(suffix = ''): string {
  return `cruddur_test_${randomBytes(6).toString('hex')}${suffix}`
}

/** Drops databases this run made, sessions or not. A name that is not a test's own is refused. */
export async function dropDatabases(...names: string[]): Promise<void> {
  for (const name of names) {
    if (!TEST_DATABASE.test(name)) throw new Error(`not a test database: ${name}`)
    await query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)
  }
}

/** Runs `fn` with an empty database of its own, dropped afterwards. */
export async function withDatabase<T>(fn: (name: string) => Promise<T>): Promise<T> {
  const name = freshName()
  await query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`)
  try {
    return await fn(name)
  } finally {
    await dropDatabases(name)
  }
}
