import type {ChildProcess} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  type FakeCognito,
  type FakeUser,
  fakeUser,
  poolOf,
  startFakeCognito,
  subOf,
} from './aws/fake-cognito.js'
import {dropDatabases, freshName, query, urlOf} from './postgres.js'
import {ended, type ProgramResult, startProgram} from './program.js'

export const POOL = 'ca-central-1_AbCdEf123'

/** What each run shows on stderr first, behind the target. */
const POOL_LINE = `AWS  ca-central-1  user pool ${POOL}\n`

/** A row of `users`: handle and id. */
export type Row = readonly [handle: string | null, id: string | null]

/** A fake pool, a database with a table of users, and the program as it is run with both. */
export interface UserIdsStage {
  database: string
  fake: FakeCognito
  /** The first lines of stderr: target and pool. */
  head: string
  /** Puts these in the place of the users of the pool. */
  pool: (...users: FakeUser[]) => void
  /** Puts these in the place of the rows. */
  rows: (...rows: Row[]) => Promise<void>
  /** Handles with their ids, in the order in which the rows were made. */
  ids: () => Promise<Record<string, unknown>[]>
  sql: (text: string) => Promise<Record<string, unknown>[]>
  env: (more?: Record<string, string>) => Record<string, string>
  start: (
    args?: readonly string[],
    env?: Record<string, string>,
  ) => {child: ChildProcess; result: Promise<ProgramResult>}
  run: (args?: readonly string[], env?: Record<string, string>) => Promise<ProgramResult>
  /** The document on stdout, with the exit code. */
  json: (
    args?: readonly string[],
    env?: Record<string, string>,
  ) => Promise<{code: number | null; json: unknown}>
}

/** As in `db/schema.sql`, with both unique indexes of the first migration unless told. */
const TABLE = `CREATE TABLE public.users (
  at serial PRIMARY KEY, uuid uuid DEFAULT gen_random_uuid() NOT NULL, display_name text, handle text, email text,
  cognito_user_id text)`
const INDEX = `CREATE UNIQUE INDEX ON public.users (cognito_user_id) WHERE cognito_user_id <> 'MOCK'`

/** Opens a stage for one test and closes it behind. */
export async function onUserIdsStage(act: (stage: UserIdsStage) => Promise<void>): Promise<void> {
  const fake = await startFakeCognito({[POOL]: poolOf([])})
  const database = freshName()
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-user-ids-'))
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(`${TABLE}; ${INDEX}`, database)
  const {hostname, port, username} = new URL(urlOf(database))
  const env: UserIdsStage['env'] = (more) => ({
    ...fake.env,
    AWS_COGNITO_USER_POOL_ID: POOL,
    CONNECTION_URL: urlOf(database),
    ...more,
  })
  const start: UserIdsStage['start'] = (args = [], more = {}) => {
    const child = startProgram(['update-cognito-user-ids', ...args], {cwd: folder, env: env(more)})
    return {child, result: ended(child)}
  }
  const literal = (text: string | null): string =>
    text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`
  const sql: UserIdsStage['sql'] = (text) => query(text, database)
  try {
    await act({
      database,
      fake,
      head: `local  ${username}@${hostname}:${port}/${database}\n${POOL_LINE}`,
      pool: (...users) => {
        fake.pools.set(POOL, poolOf(users))
      },
      rows: async (...rows) => {
        const values = rows.map(([handle, id]) => `(${literal(handle)}, ${literal(id)})`)
        await sql('TRUNCATE public.users')
        await sql(`INSERT INTO public.users (handle, cognito_user_id) VALUES ${values.join(', ')}`)
      },
      ids: () => sql('SELECT handle, cognito_user_id AS id FROM public.users ORDER BY at'),
      sql,
      env,
      start,
      run: (args, more) => start(args, more).result,
      json: async (args = [], more = {}) => {
        const {code, stdout} = await start(['--json', ...args], more).result
        return {code, json: JSON.parse(stdout)}
      },
    })
  } finally {
    await fake.close()
    await dropDatabases(database)
    rmSync(folder, {recursive: true, force: true})
  }
}

/** Two users whose ids are to be set, and a row of nobody. */
export async function prepare({pool, rows}: UserIdsStage): Promise<void> {
  pool(fakeUser(subOf(1), 'andrewbrown'), fakeUser(subOf(2), 'bayko'))
  await rows(['andrewbrown', 'MOCK'], ['bayko', 'MOCK'], ['londo', 'MOCK'])
}
/** The rows then. */
export const BEFORE = [
  {handle: 'andrewbrown', id: 'MOCK'},
  {handle: 'bayko', id: 'MOCK'},
  {handle: 'londo', id: 'MOCK'},
]
/** The rows as they are to be. */
export const AFTER = [
  {handle: 'andrewbrown', id: subOf(1)},
  {handle: 'bayko', id: subOf(2)},
  {handle: 'londo', id: 'MOCK'},
]

/** The table of a difference; behind a number may stand handles. */
export const LINES = (set: string, unchanged: number, only = '0', ambiguous = '0'): string =>
  `will set                            ${set}
unchanged                           ${unchanged}
in the database but not in Cognito  ${only}
in Cognito but not in the database  0
ambiguous, left alone               ${ambiguous}
`
