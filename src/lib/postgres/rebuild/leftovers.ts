import pg from 'pg'
import {identifier} from '../databases.js'
import {sessionsIn} from '../sessions.js'
import {isTemporaryName} from './names.js'

/** The comment of every database that setup may remove again; the name alone could be a user's own idea. */
const MARK = 'cruddur-db setup: '

/**
 * CREATE DATABASE takes no comment, and a setup killed before there is one would leave a database that no other may
 * remove. Until then this connection limit says the same: 'crud' in ASCII, more than any server admits, so that it limits nothing.
 */
const BIRTHMARK = 0x63_72_75_64

/** What CREATE DATABASE is given, so that the new database is marked as setup's own from its first moment on. */
export const BORN_MARKED = ` CONNECTION LIMIT ${BIRTHMARK}`

/**
 * The statements that put the lasting mark in the place of {@link BORN_MARKED}, both or neither; a division by zero where the
 * database was not born with that: sent behind a CREATE DATABASE that failed, they must not mark somebody else's.
 */
export function markBuilt(name: string): string {
  const born = `SELECT 1 / (count(*))::int FROM pg_database WHERE datname = ${pg.escapeLiteral(name)} AND datconnlimit = ${BIRTHMARK}`
  return `${born}; ${markStatement(name, 'being built')}; ALTER DATABASE ${identifier(name)} CONNECTION LIMIT -1`
}

/** The statement that marks a database as setup's own, to be removed by a later one if this one is killed. */
export function markStatement(name: string, why: string): string {
  const now = new Date().toISOString()
  return `COMMENT ON DATABASE ${identifier(name)} IS '${MARK}${why} ${now}'`
}

/** A database, by its name perhaps one that an unfinished setup left. */
export interface Leftover {
  name: string
  /** Whether setup marked it as its own. */
  marked: boolean
}

const DATABASES = `SELECT datname AS name, datconnlimit = ${BIRTHMARK}
  OR coalesce(starts_with(shobj_description(oid, 'pg_database'), '${MARK}'), false) AS marked
FROM pg_database ORDER BY datname`

/** All databases of the server, as far as {@link leftoversOf} is concerned. */
export async function listDatabases(client: pg.Client): Promise<Leftover[]> {
  return (await client.query<Leftover>(DATABASES)).rows
}

/** Those with a name that a setup of `database` gives to what it builds and to what it has replaced. */
export function leftoversOf(databases: readonly Leftover[], database: string): Leftover[] {
  return databases.filter(({name}) => isTemporaryName(name, database))
}

/**
 * Removes what killed setups left, if it is surely theirs and nobody uses it.
 *
 * @param leftovers found under setup's lock, so that no other setup is at work on them
 * @param options.onNote told what was removed, and what was not and why
 * @throws the signal's reason
 */
export async function removeLeftovers(
  client: pg.Client,
  leftovers: readonly Leftover[],
  {onNote, signal}: {onNote: (note: string) => void; signal?: AbortSignal | undefined},
): Promise<void> {
  for (const {name, marked} of leftovers) {
    const kept = marked ? await removeUnused(client, name) : 'is not marked as its own'
    signal?.throwIfAborted()
    onNote(
      kept === undefined
        ? `removed "${name}", left by an unfinished setup`
        : `"${name}" has the name of what an unfinished setup leaves, but ${kept}: it was not removed`,
    )
  }
}

/** @returns why it was not removed */
async function removeUnused(client: pg.Client, name: string): Promise<string | undefined> {
  if ((await sessionsIn(client, name)).length > 0) return 'is in use'
  try {
    await client.query(`DROP DATABASE IF EXISTS ${identifier(name)}`)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
