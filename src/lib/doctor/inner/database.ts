import type pg from 'pg'
import {CruddurError} from '../../error.js'
import {pinned, withClient} from '../../postgres/connection/connect.js'
import {createDatabase} from '../../postgres/databases.js'
import {verifier} from '../../postgres/identity.js'
import {IS_CLIENT} from '../../postgres/sessions.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail, ok, together, warn} from '../findings.js'
import {openSession} from '../session.js'
import {command, sqlName} from '../words.js'
import {isCurable, serverOf, targetOf} from './known.js'
import {remains} from './remains.js'

function missing(facts: Facts): Finding {
  const target = targetOf(facts)
  const found = fail(
    `there is no database "${target.database}" on the server`,
    command(facts, 'setup'),
  )
  if (!isCurable(target)) return found
  const cure = async (): Promise<void> => {
    const server = serverOf(facts)
    await verifier(target, undefined)(server)
    await createDatabase(server, target.database)
  }
  return {...found, cure}
}

/** Enters the database, or says why that cannot be: what the server answers tells more than its catalogue. */
async function enter(facts: Facts, signal: AbortSignal): Promise<pg.Client | Finding> {
  if (facts.database) return facts.database
  try {
    const target = pinned(targetOf(facts), serverOf(facts))
    const options = {
      ...facts.connection,
      signal: AbortSignal.any([facts.connection.signal, signal]),
    }
    facts.database = await openSession((fn) => withClient(target, fn, options), facts)
    return facts.database
  } catch (error) {
    if (!(error instanceof CruddurError)) throw error
    if (error.code === 'DATABASE_NOT_FOUND') return missing(facts)
    return fail(error.message, error.details.hint ?? 'see what the server’s log says of it')
  }
}

interface Nature {
  /** What the name leads to: a pooler can give a database another name. */
  inside: string
  encoding: string
  /** -1: none. */
  limit: number
  used: number
}

const NATURE = `SELECT datname AS inside, pg_encoding_to_char(encoding) AS encoding, datconnlimit AS limit,
  (SELECT count(*)::int FROM pg_stat_activity WHERE datid = pg_database.oid AND ${IS_CLIENT}) AS used
FROM pg_database WHERE datname = current_database()`

function judge({encoding, inside, limit, used}: Nature, name: string): Finding[] {
  const found: Finding[] = []
  if (inside !== name) {
    found.push(
      warn(
        `what is called "${name}" at this address is the database "${inside}" of the server`,
        'connect to PostgreSQL itself instead of the pooler',
      ),
    )
  }
  if (limit >= 0 && used >= limit) {
    found.push(
      warn(
        `the connection limit of "${name}" is reached: ${used} of ${limit} are in use, and only superusers get in`,
        `have its owner run: ALTER DATABASE ${sqlName(name)} CONNECTION LIMIT -1`,
      ),
    )
  }
  if (encoding !== 'UTF8') {
    found.push(
      warn(
        `"${name}" stores text as ${encoding}: not every character can be kept in it`,
        `drop it and make it anew: CREATE DATABASE ${sqlName(name)} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`,
      ),
    )
  }
  return found
}

export const databaseCheck: Check<Facts> = {
  name: 'database',
  layer: 'database',
  needs: ['login'],
  opensSession: true,
  run: async (facts, signal) => {
    const {database} = targetOf(facts)
    const client = await enter(facts, signal)
    if ('status' in client) return client
    const {rows} = await client.query<Nature>(NATURE)
    const [nature] = rows
    if (!nature) throw new Error('a session is in a database')
    const left = await remains(serverOf(facts), database)
    const {encoding} = nature
    return together(
      [...judge(nature, database), ...left],
      ok(`"${database}" is there, ${encoding}`),
    )
  },
}
