import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import pg from 'pg'
import {onTestFinished} from 'vitest'
import {CruddurError} from '../../../src/lib/error.js'
import {startSession} from '../../../src/lib/sql/part.js'
import {readParts} from '../../../src/lib/sql/read.js'
import {type RunOptions, type RunResult, runScript} from '../../../src/lib/sql/run.js'
import {readScript, type Script, type ScriptOptions} from '../../../src/lib/sql/script.js'
import {query, urlOf} from '../../support/postgres.js'

/** Runs `fn` in an empty folder of its own, removed afterwards. */
export async function withFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cruddur-db-sql-'))
  try {
    return await fn(folder)
  } finally {
    await rm(folder, {recursive: true})
  }
}

/** An empty folder that is there until the test has ended: files are read again when they run. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cruddur-db-sql-'))
  onTestFinished(() => rm(folder, {recursive: true}))
  return folder
}

export type Content = string | Uint8Array

export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, Content>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), {recursive: true})
    await writeFile(join(folder, name), content)
  }
}

/**
 * The script of a file called `x.sql`, or of several by their names, in a folder of the test's own
 * which is the working directory.
 *
 * @param options `names`: the files to be run, where others are there for them to include
 */
export async function scriptOf(
  content: Content | Readonly<Record<string, Content>>,
  {names, ...options}: Partial<ScriptOptions> & {names?: readonly string[]} = {},
): Promise<Script> {
  const single = typeof content === 'string' || content instanceof Uint8Array
  const files = single ? {'x.sql': content} : content
  const cwd = await testFolder()
  await writeFiles(cwd, files)
  const given = {cwd, transaction: true, database: 'x', ...options}
  return await readScript(names ?? Object.keys(files), given)
}

/** Runs a script on a connection of its own to the database that it is meant for, as this user. */
export async function load(
  script: Script,
  options?: RunOptions,
  login?: {user: string; password: string},
): Promise<RunResult> {
  const url = new URL(urlOf(script.database))
  if (login) Object.assign(url, {username: login.user, password: login.password})
  const client = new pg.Client({connectionString: url.href})
  // A test that has its session ended by the server looks at the outcome, not at this event.
  client.on('error', () => {})
  await client.connect()
  try {
    return await runScript(client, script, options)
  } finally {
    await client.end()
  }
}

/** The statements that a script sends, without those of `\connect` and the like. */
export async function statementsOf(script: Script): Promise<string[]> {
  const statements: string[] = []
  const session = startSession(true)
  for (const file of script.files) {
    for await (const part of readParts(file, session, script)) {
      if (part.kind === 'copy') for await (const _ of part.rows);
      const ranges =
        part.kind === 'batch' ? part.statements : part.kind === 'copy' ? [part.statement] : []
      for (const {start, end} of ranges) {
        statements.push('text' in part ? part.text.bytes.toString('utf8', start, end) : '')
      }
    }
  }
  return statements
}

/** The names of the tables in schema public. */
export async function tablesOf(database: string): Promise<string[]> {
  const rows = await query<{name: string}>(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    database,
  )
  return rows.map(({name}) => name)
}

/** What `fn` throws, which has to be an error of ours. */
export async function errorOf(fn: () => unknown): Promise<CruddurError> {
  try {
    await fn()
  } catch (error) {
    if (error instanceof CruddurError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** `file:line:column` of an error. */
export function placeOf({details}: CruddurError): string {
  return `${details.file}:${details.line}:${details.column}`
}
