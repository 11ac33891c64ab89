import type pg from 'pg'
import {CruddurError} from '../error.js'
import type {Target} from '../target/target.js'

const TABLE = `SELECT t.oid IS NOT NULL AS found,
  ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped) AS columns,
  coalesce((SELECT bool_and(has_column_privilege(attrelid, attnum, 'SELECT')) FROM pg_attribute
    WHERE attrelid = t.oid AND attname IN ('handle', 'cognito_user_id') AND NOT attisdropped), true) AS reads,
  coalesce(has_table_privilege(t.oid, 'UPDATE'), true) AS writes,
  pg_relation_is_updatable(t.oid, true) & 4 = 4 AS changeable,
  (SELECT format_type(y.oid, NULL) FROM pg_attribute JOIN pg_type y ON y.oid = atttypid
    WHERE attrelid = t.oid AND attname = 'cognito_user_id' AND NOT attisdropped AND typcategory <> 'S') AS "otherType",
  quote_ident(current_user) AS role
FROM (SELECT to_regclass('public.users')::oid AS oid) AS t`

interface Table {
  found: boolean
  columns: string[]
  reads: boolean
  writes: boolean
  /** Not so for a view over more than one table, or a materialized one (information_schema's is_updatable). */
  changeable: boolean
  /** The type of the ids, where it is none of text. */
  otherType: string | null
  role: string
}

const NEEDED = ['handle', 'cognito_user_id']

function missing(what: string, hint: string): CruddurError {
  return new CruddurError('USERS_TABLE_MISSING', `${what}; nothing was changed`, {hint})
}

/**
 * Makes sure that there is a table whose users can be given their ids, before a pool is read for minutes.
 *
 * @param options.targetFlags those of a hinted command
 * @param options.writes whether rows are to be changed, and not only looked at
 * @throws CruddurError USERS_TABLE_MISSING or NO_RIGHTS, exit 1
 */
export async function checkUsersTable(
  client: pg.Client,
  {database}: Target,
  {targetFlags = '', writes}: {targetFlags?: string; writes: boolean},
): Promise<void> {
  const [table] = (await client.query<Table>(TABLE)).rows
  if (!table?.found)
    throw missing(
      `the database "${database}" has no table public.users`,
      `load the schema: cruddur-db schema-load${targetFlags}`,
    )
  const absent = NEEDED.filter((name) => !table.columns.includes(name))
  if (absent.length > 0)
    throw missing(
      `the table public.users has no column ${absent.join(' and no column ')}`,
      `add it: ALTER TABLE public.users ${absent.map((name) => `ADD COLUMN ${name} text`).join(', ')}`,
    )
  if (writes) checkChangeable(table)
  if (table.reads && (table.writes || !writes)) return
  const rights = writes ? 'SELECT, UPDATE' : 'SELECT'
  throw new CruddurError(
    'NO_RIGHTS',
    `the role ${table.role} may not ${table.reads ? 'change' : 'read'} public.users; nothing was changed`,
    {hint: `have its owner run: GRANT ${rights} ON public.users TO ${table.role}`},
  )
}

function checkChangeable({changeable, otherType}: Table): void {
  if (!changeable)
    throw missing(
      'public.users is no table but a view whose rows cannot be changed',
      'give it an INSTEAD OF UPDATE trigger, or make a table of it',
    )
  if (otherType !== null)
    throw missing(
      `the column public.users.cognito_user_id is of type ${otherType}, and no text`,
      'change it: ALTER TABLE public.users ALTER COLUMN cognito_user_id TYPE text',
    )
}
