import type pg from 'pg'
import {CruddurError} from '../error.js'
import {HISTORY_TABLE} from '../postgres/history-table.js'
import {isServerError} from '../server-error.js'

/** Its name as SQL, whatever the search_path. */
export const HISTORY = `public.${HISTORY_TABLE}`

/** A migration that has run, or has begun to. */
export interface HistoryRecord {
  version: bigint
  /** Its file's name without the number, when it ran. */
  name: string
  /** SHA-256 of its up part, in hexadecimal, when it ran. */
  checksum: string
  /** ISO 8601, in UTC, with microseconds. */
  startedAt: string
  /** The same; null for one without a transaction that began and did not end. */
  finishedAt: string | null
  appliedBy: string
}

export interface History {
  /** False where no migration has run yet: the first one makes the table. */
  exists: boolean
  /** By version. */
  records: readonly HistoryRecord[]
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`

const READ = `SELECT version::text, name::text, checksum::text, applied_by::text AS "appliedBy",
  pg_catalog.to_char(started_at AT TIME ZONE 'UTC', ${ISO}) AS "startedAt",
  pg_catalog.to_char(finished_at AT TIME ZONE 'UTC', ${ISO}) AS "finishedAt"
FROM ${HISTORY} h ORDER BY h.version`

type Row = {[Column in keyof HistoryRecord]: string | null}

/**
 * Reads what has run in the database that the client is connected to, in one round trip; changes nothing.
 *
 * @throws CruddurError HISTORY_INVALID when a table of that name is another one; an error of the server, as it came
 */
export async function readHistory(client: Pick<pg.Client, 'query'>): Promise<History> {
  try {
    const {rows} = await client.query<Row>(READ)
    return {exists: true, records: rows.map(recordOf)}
  } catch (error) {
    if (!isServerError(error)) throw error
    if (error.code === '42P01') return {exists: false, records: []}
    throw OTHER_COLUMNS.has(error.code) ? historyInvalid(error.message, error) : error
  }
}

/** A column is missing, or is of a type that cannot be read as ours. */
const OTHER_COLUMNS = new Set(['42703', '42702', '42883', '42846', '42804', '22007', '22023'])

function recordOf({version, name, checksum, startedAt, finishedAt, appliedBy}: Row): HistoryRecord {
  const known = name !== null && checksum !== null && startedAt !== null && appliedBy !== null
  if (!known || version === null || !/^-?\d+$/.test(version))
    throw historyInvalid(`a row holds no migration (version ${version ?? 'NULL'})`)
  return {version: BigInt(version), name, checksum, startedAt, finishedAt, appliedBy}
}

function historyInvalid(what: string, cause?: unknown): CruddurError {
  return new CruddurError(
    'HISTORY_INVALID',
    `the table ${HISTORY} is not the one that migrate makes: ${what}`,
    {
      hint: `if it is somebody else's, rename it: ALTER TABLE ${HISTORY} RENAME TO …`,
      ...(cause === undefined ? {} : {cause}),
    },
  )
}

/** Nobody is to be told that the table is there already. */
const CREATE = `SET LOCAL client_min_messages = warning; CREATE TABLE IF NOT EXISTS ${HISTORY} (
  version bigint PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  applied_by text NOT NULL DEFAULT current_user
)`

/**
 * Makes the table, unless it is there.
 *
 * @throws CruddurError NO_RIGHTS with the statement that gives the right; else an error of the server, as it came
 */
export async function createHistory(client: Pick<pg.Client, 'query'>): Promise<void> {
  try {
    await client.query(CREATE)
  } catch (error) {
    if (!isServerError(error) || error.code !== '42501') throw error
    throw new CruddurError(
      'NO_RIGHTS',
      `${error.message}: migrate keeps its history in ${HISTORY}, which it may not make`,
      {
        sqlstate: error.code,
        hint: 'as the owner of the database: GRANT CREATE ON SCHEMA public TO …',
        cause: error,
      },
    )
  }
}
