import type {ChildProcess} from 'node:child_process'
import pg from 'pg'
import type {Pgbouncer} from './pgbouncer.js'
import {dropDatabases, freshName, query} from './postgres.js'
import {ended, type ProgramResult, runProgram, startProgram} from './program.js'

/** The name of a database, as an application and the program see it through a pooler. */
export interface Pooled {
  database: string
  /** The first line of every command's stderr. */
  targetLine: string
  /** Starts the program, which acts through the pooler. */
  start: (...args: string[]) => {child: ChildProcess; result: Promise<ProgramResult>}
  /** Runs it to its end. */
  run: (...args: string[]) => Promise<ProgramResult>
  /** The same where it is production, with consent. */
  inProduction: (...args: string[]) => Promise<ProgramResult>
  /** An application's connection through the pooler; the test ends it. */
  connect: () => Promise<pg.Client>
  /** What an application gets that asks through the pooler. */
  ask: (sql: string) => Promise<pg.QueryResultRow[]>
  /** Makes the database, without the pooler, with a table `old` of two rows. */
  makeOld: () => Promise<void>
  oldRows: () => Promise<unknown>
  /** The databases whose names begin with its name, itself among them. */
  databases: () => Promise<string[]>
  close: () => Promise<void>
}

/** The rows of a database as {@link Pooled.makeOld} made it. */
export const OLD_ROWS = [{n: 1}, {n: 2}]

/** @param cwd where the program runs */
export function openPooled(pooler: Pgbouncer, cwd: string, database = freshName()): Pooled {
  const url = pooler.url(database)
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({connectionString: url})
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const databases = async (): Promise<string[]> => {
    const rows = await query<{datname: string}>(
      `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}') ORDER BY 1`,
    )
    return rows.map(({datname}) => datname)
  }
  const start: Pooled['start'] = (...args) => {
    const child = startProgram(args, {cwd, env: {CONNECTION_URL: url}})
    return {child, result: ended(child)}
  }
  return {
    database,
    targetLine: `local  ${new URL(url).username}@127.0.0.1:${pooler.port}/${database}\n`,
    start,
    run: (...args) => start(...args).result,
    inProduction: (...args) =>
      runProgram([...args, '--prod', '--confirm', database], {
        cwd,
        env: {PROD_CONNECTION_URL: url},
      }),
    connect,
    ask: async (sql) => {
      const client = await connect()
      try {
        return (await client.query(sql)).rows
      } finally {
        await client.end()
      }
    },
    makeOld: async () => {
      await query(`CREATE DATABASE ${database} TEMPLATE template0`)
      await query('CREATE TABLE old (n int); INSERT INTO old VALUES (1), (2)', database)
    },
    oldRows: () => query('SELECT n FROM old ORDER BY n', database),
    databases,
    close: async () => dropDatabases(...(await databases())),
  }
}

/** A file that changes the session as well as the database. */
export const LEAKY = `SELECT set_config('search_path', '', false);
SELECT pg_advisory_lock(4711);
CREATE TEMP TABLE leaked (n int);
CREATE TABLE public.made (n int);
`

const LEAKS = `SELECT current_setting('search_path') AS path, to_regclass('pg_temp.leaked') AS temp,
  (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`

/** What a session shows that such a file has not changed. */
export const NO_LEAKS = {path: '"$user", public', temp: null, locks: 0}

/** What four applications at a time see of it, each in a session of the pool's own. */
export async function leaksIn(pooled: Pooled): Promise<unknown[]> {
  const clients = await Promise.all([1, 2, 3, 4].map(pooled.connect))
  for (const client of clients) await client.query('BEGIN')
  const seen = await Promise.all(clients.map((client) => client.query(LEAKS)))
  for (const client of clients) await client.query('COMMIT')
  for (const client of clients) await client.end()
  return seen.flatMap(({rows}) => rows)
}
