import type {Client} from 'pg'

/** Why a session can only read, and what to do about it. */
export interface ReadOnly {
  why: string
  hint: string
}

const STANDBY: ReadOnly = {
  why: 'this server is a standby, which only reads',
  hint: 'name the primary in the URL, or several hosts with ?target_session_attrs=read-write',
}

/** What overrides the setting for one run, wherever it was made (pg_settings: `client` is above role and database). */
const OVERRIDE = '?options=-c%20default_transaction_read_only%3Doff'

const UNKNOWN: ReadOnly = {
  why: 'this server is a standby, or default_transaction_read_only is on',
  hint: `name the primary in the URL; or, if that setting is on, add ${OVERRIDE} to the URL`,
}

/** What is known from the server's words alone, which it says in its own language. */
export function readOnlyFrom(message: string): ReadOnly {
  return message.includes('during recovery') ? STANDBY : UNKNOWN
}

interface State {
  standby: boolean
  enabled: boolean
  /** pg_settings.source: `database`, `user`, `database user`, `client`, `configuration file`, … */
  source: string
  role: string
  database: string
}

const STATE = `SELECT pg_is_in_recovery() AS standby, setting = 'on' AS enabled, source,
  quote_ident(current_user) AS role, quote_ident(current_database()) AS database
FROM pg_settings WHERE name = 'default_transaction_read_only'`

/**
 * Asks the server why it answered 25006, outside of the transaction that failed.
 *
 * @returns what the error alone tells when the server does not answer
 */
export async function askReadOnly(
  client: Pick<Client, 'query'>,
  message: string,
): Promise<ReadOnly> {
  try {
    const {rows} = await client.query<State>(STATE)
    return rows[0] ? explain(rows[0]) : readOnlyFrom(message)
  } catch {
    return readOnlyFrom(message)
  }
}

function explain({standby, enabled, source, role, database}: State): ReadOnly {
  if (standby) return STANDBY
  if (!enabled || source === 'session')
    return {why: 'the transaction was made read-only', hint: 'remove READ ONLY from it'}
  const place = {
    database: `DATABASE ${database}`,
    user: `ROLE ${role}`,
    'database user': `ROLE ${role} IN DATABASE ${database}`,
  }[source]
  if (place !== undefined) {
    return {
      why: `default_transaction_read_only is on for ${place}`,
      hint: `add ${OVERRIDE} to the URL; for good: SET default_transaction_read_only = off; ALTER ${place} RESET default_transaction_read_only`,
    }
  }
  if (source === 'client') {
    return {
      why: 'default_transaction_read_only is on',
      hint: 'remove it from options in the URL, or from PGOPTIONS',
    }
  }
  return {
    why: 'default_transaction_read_only is on for the whole server',
    hint: `find out who set it and why (some hosts do when the disk is full); to write all the same, add ${OVERRIDE} to the URL`,
  }
}
