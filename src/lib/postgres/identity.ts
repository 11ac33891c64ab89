import pg from 'pg'
import {CruddurError} from '../error.js'
import {isServerError} from '../server-error.js'
import type {Target} from '../target/target.js'
import {shellWord} from '../target/text.js'

/** Which database of which server, whatever names lead there. */
export interface Identity {
  /** The server's system identifier; null where it is not told to this role, which may differ between its databases. */
  system: string | null
  /** When the server was started, in place of it: fresh servers give their first databases the same oid. */
  started?: string | null
  /** The database's oid; null when there is none of that name. */
  oid: number | null
}

/** What a look at a database tells of where it is. */
export interface Whereabouts extends Identity {
  /** Whether the server is an instance of RDS, whatever host name led to it: a tunnel, an alias. */
  rds: boolean
  /** The process of the server that answered: behind a pooler not the one that the connection was told of. */
  backendPid: number
}

const SYSTEM = '(SELECT system_identifier::text FROM pg_control_system())'

/** Every RDS server has a database `rdsadmin` that belongs to the role of that name; no dump holds either. */
const WHEREABOUTS = `pg_backend_pid() AS "backendPid", current_database() AS inside,
  extract(epoch FROM pg_postmaster_start_time())::text AS started, (SELECT oid FROM pg_database WHERE datname = NAME) AS oid,
  EXISTS (SELECT FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
    WHERE datname = 'rdsadmin' AND rolname = 'rdsadmin') AS rds`

/**
 * Looks where a connection leads, in one round trip.
 *
 * @param client a connection to any database of the server
 */
export async function readWhereabouts(client: pg.Client, database: string): Promise<Whereabouts> {
  const look = async (system: string): Promise<Whereabouts> => {
    const whereabouts = WHEREABOUTS.replace('NAME', () => pg.escapeLiteral(database))
    // One message is one transaction. A search_path of the database's owner could put other things in the place of the catalogues.
    const results = (await client.query(
      `SELECT set_config('search_path', 'pg_catalog, pg_temp', true); SELECT ${system} AS system, ${whereabouts}`,
    )) as unknown as pg.QueryResult<Whereabouts & {inside: string}>[]
    const found = results[1]?.rows[0]
    if (!found) throw new Error('a SELECT without FROM gives one row')
    const {inside, ...rest} = found
    if (client.database !== undefined && inside !== client.database)
      throw otherDatabase(client.database, inside)
    return rest
  }
  try {
    return await look(SYSTEM)
  } catch (error) {
    // The right to execute pg_control_system() can be revoked.
    if (!isServerError(error) || error.code !== '42501') throw error
    return await look('NULL::text')
  }
}

/** PgBouncer and its like can give a database another name: what is looked up by that name is then another one. */
function otherDatabase(asked: string, inside: string): CruddurError {
  return new CruddurError(
    'DATABASE_RENAMED',
    `what is called "${asked}" at this address is the database "${inside}" of the server`,
    {hint: 'nothing was touched; connect to PostgreSQL itself instead of the pooler'},
  )
}

function changed(what: string): CruddurError {
  return new CruddurError('TARGET_CHANGED', what, {
    exit: 4,
    hint: 'nothing was touched; run it again and look at what is there now',
  })
}

/** @throws CruddurError TARGET_CHANGED, exit 4 */
export function checkSame(database: string, shown: Identity, found: Identity): void {
  const told = shown.system !== null && found.system !== null
  const sameStart = shown.started !== undefined && shown.started === found.started
  if (told ? shown.system !== found.system : !sameStart)
    throw changed('the server is another one than the one that was shown')
  if (shown.oid === found.oid) return
  const what = {
    gone: `the database "${database}" that was shown is not there any more`,
    new: `a database "${database}" was created after it was shown that there is none`,
    other: `the database "${database}" is another one than the one that was shown`,
  }
  if (found.oid === null) throw changed(what.gone)
  throw changed(shown.oid === null ? what.new : what.other)
}

/** Makes sure, on a connection, that it leads where the user was told. */
export type Verify = (client: pg.Client) => Promise<Whereabouts>

/**
 * What has to hold right before an act: the database is the one that was shown; or nobody was asked, because the
 * target is no production, and then the server must not turn out to be one of RDS.
 *
 * @param shown what the user saw before saying yes
 * @returns a function that throws CruddurError TARGET_CHANGED or NOT_CONFIRMED, exit 4
 */
export function verifier({database}: Target, shown: Identity | undefined): Verify {
  return async (client) => {
    const found = await readWhereabouts(client, database)
    if (shown) checkSame(database, shown, found)
    else if (found.rds) throw productionFound(database)
    return found
  }
}

function productionFound(database: string): CruddurError {
  return new CruddurError(
    'NOT_CONFIRMED',
    'this server is one of RDS, whatever its host is called: it counts as production, and nobody confirmed this',
    {
      exit: 4,
      hint: `nothing was touched; look at it with --dry-run, and if you mean it, add: --confirm ${shellWord(database)}`,
    },
  )
}
