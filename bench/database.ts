import {randomBytes} from 'node:crypto'
import pg from 'pg'

/**
 * Runs `fn` with a new database, dropped afterwards. A checkpoint comes first, so that no run writes
 * out what the one before has left.
 *
 * @param sql run in it beforehand: what the race's file expects to be there
 */
export async function withDatabase<T>(
  server: string,
  sql: string,
  fn: (name: string) => Promise<T>,
): Promise<T> {
  const name = `cruddur_bench_${randomBytes(6).toString('hex')}`
  await query(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
  try {
    await query(urlOf(server, name), sql)
    await query(server, 'CHECKPOINT')
    return await fn(name)
  } finally {
    await query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  }
}

/** The rows that are in a table. */
export async function countRows(url: string, table: string): Promise<number> {
  const [row] = await query<{count: string}>(url, `SELECT count(*) FROM ${table}`)
  return Number(row?.count)
}

/** PostgreSQL's version: '18.4'. */
export async function serverVersion(url: string): Promise<string> {
  const [row] = await query<{version: string}>(
    url,
    `SELECT current_setting('server_version') AS version`,
  )
  return row?.version ?? ''
}

/** A server's URL with another database in its path. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** Runs `fn` with a connection, closed afterwards. */
export async function withConnection<T>(
  url: string,
  fn: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({connectionString: url})
  // A connection that breaks fails the query under way; this event would end the bench with the server still running.
  client.on('error', () => {})
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

/** Runs one statement with a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return await withConnection(
    url,
    async (client) => (await client.query<Row>(sql, [...values])).rows,
  )
}
