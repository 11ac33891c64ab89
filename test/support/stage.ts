import {type ChildProcess, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import pg from 'pg'
import {inject} from 'vitest'
import {ended, type ProgramOptions, type ProgramResult, programCommand} from './program.js'
import {until} from './wait.js'

export interface Run {
  child: ChildProcess
  result: Promise<ProgramResult>
}

/** A database with something to lose, and the program as it is run on it. */
export interface Stage {
  database: string
  /** With the password of a role of the stage's own. */
  url: string
  /** The first line of every command's stderr. */
  targetLine: string
  query: (sql: string) => Promise<pg.QueryResultRow[]>
  /** A session in the database, for who uses it; the test ends it. */
  hold: () => Promise<pg.Client>
  /** Starts the program in `cwd`; its standard input is a pipe that the test writes to and ends. */
  start: (...args: string[]) => Run
  /** Runs it to its end, with an empty standard input unless told. */
  run: (args: readonly string[], input?: string | Buffer) => Promise<ProgramResult>
  /** Tables and rows of the database, and the databases whose names begin with its name. */
  state: () => Promise<unknown>
  /** Waits until a session of the program does what `condition` (SQL on pg_stat_activity) says. */
  session: (condition: string) => Promise<void>
  /** Waits until the server has no session of the program. */
  noSession: () => Promise<void>
  /** All that the programs wrote so far. */
  output: () => string
  close: () => Promise<void>
}

/** Holds what has to be encoded in a URL. */
const SECRET = 'to#be/kept secret'

/**
 * Makes a database with a table `old` of two rows, and a role that owns all it does.
 *
 * @param serverUrl a server whose user may create both; the test server unless told
 */
export async function openStage(
  cwd: string,
  serverUrl: string = inject('serverUrl'),
): Promise<Stage> {
  const database = `cruddur_test_${randomBytes(6).toString('hex')}`
  const [url, admin] = [new URL(serverUrl), new URL(serverUrl)]
  url.pathname = `/${database}`
  url.username = database
  url.password = encodeURIComponent(SECRET)
  const target = `${database}@${url.hostname}:${url.port || 5432}/${database}`
  await queryAt(admin, `CREATE ROLE "${database}" SUPERUSER LOGIN PASSWORD '${SECRET}'`)
  await queryAt(admin, `CREATE DATABASE "${database}" TEMPLATE template0`)
  await queryAt(
    url,
    "CREATE TABLE old (n int PRIMARY KEY, t text); INSERT INTO old VALUES (1, 'a')",
  )

  let written = ''
  const children: ChildProcess[] = []
  const launch = (args: readonly string[], options: ProgramOptions): Run => {
    const command = programCommand(args, options)
    const child = spawn(command.file, command.args, command.options)
    children.push(child)
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        written += data
      })
    }
    // A program that ends while its input is written is what some tests are about.
    child.stdin.on('error', () => {})
    return {child, result: ended(child)}
  }
  const start = (...args: string[]): Run => launch(args, {cwd, env: {CONNECTION_URL: url.href}})
  const databases = `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}') ORDER BY 1`
  const sessions = `SELECT FROM pg_stat_activity WHERE usename = '${database}' AND application_name LIKE 'cruddur-db %'`
  return {
    database,
    url: url.href,
    targetLine: `local  ${target}\n`,
    query: (sql) => queryAt(url, sql),
    hold: () => connectTo(url),
    start,
    run: (args, input = '') => {
      const {child, result} = start(...args)
      child.stdin?.end(input)
      return result
    },
    state: async () => ({
      databases: await queryAt(admin, databases),
      relations: await queryAt(
        url,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
      ),
      rows: await queryAt(url, 'SELECT * FROM old ORDER BY n'),
    }),
    session: (condition) =>
      until(
        async () => (await queryAt(admin, `${sessions} AND (${condition})`)).length === 1,
        () => `a session with ${condition}; the program said:\n${written}`,
      ),
    noSession: () =>
      until(
        async () => (await queryAt(admin, sessions)).length === 0,
        () => 'the sessions to end',
      ),
    output: () => written,
    close: async () => {
      // Those of a test that failed half way.
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
      for (const {datname} of await queryAt(admin, databases)) {
        await queryAt(admin, `DROP DATABASE ${pg.escapeIdentifier(datname)} WITH (FORCE)`)
      }
      await queryAt(admin, `DROP ROLE "${database}"`)
    },
  }
}

/** What no output may hold: the password in either form, and stack traces. */
export function leaks(output: string): string[] {
  const traces = output.match(/^\s+at .*:\d+.*/gm) ?? []
  const secrets = [SECRET, encodeURIComponent(SECRET)].filter((secret) => output.includes(secret))
  return [...traces, ...secrets]
}

/** The server's last words, which may be lost with the connection, or how the system says that it is cut. */
const LAST_WORDS = 'terminating connection due to administrator command'
const CUT = '(read|write) (ECONNRESET|EPIPE)|Connection terminated unexpectedly'

/**
 * All that stderr holds when the server ends the connection.
 *
 * @param words a pattern for what else the server may say
 */
export function lostConnection({targetLine, url}: Stage, words = LAST_WORDS): RegExp {
  const [first, host] = [targetLine, new URL(url).host].map((text) => text.replaceAll('.', '\\.'))
  return new RegExp(
    `^${first}(WARNING: .*\\n)?Error: the connection to ${host} was lost: (${words}|${CUT})\\n  → check that the server runs and what is in the database, then try again\\n(  SQLSTATE \\w+\\n)?$`,
  )
}

async function connectTo(url: URL): Promise<pg.Client> {
  const client = new pg.Client({connectionString: url.href})
  client.on('error', () => {})
  await client.connect()
  return client
}

async function queryAt(url: URL, sql: string): Promise<pg.QueryResultRow[]> {
  const client = await connectTo(url)
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
