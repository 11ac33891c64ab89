import {createHash} from 'node:crypto'
import pg from 'pg'
import {isServerError} from '../../src/lib/server-error.js'

/** A hash of all that a database holds; or that there is none of that name, or one whose DROP was cut short. */
export type Content = 'absent' | 'invalid' | (string & {})

type Connect = (database: string) => Promise<pg.Client>

const OBJECTS = `
SELECT format('%s %s %s', relkind, relname, (
    SELECT string_agg(format('%s %s %s', attname, atttypid::regtype, attnotnull), ',' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)) AS line
  FROM pg_class c WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT format('%s %s %s', conname, convalidated, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT format('%s %s %s', pg_get_indexdef(indexrelid), indisvalid, indisready)
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT pg_get_viewdef(oid) FROM pg_class
  WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
ORDER BY 1`

const TABLES = `SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`

/** What there is, and every row of every table. */
export async function contentOf(connect: Connect, database: string): Promise<Content> {
  const client = await connect(database).catch(whyNot)
  if (!(client instanceof pg.Client)) return client
  try {
    const objects = await client.query(OBJECTS)
    const tables = await client.query<{relname: string}>(TABLES)
    const sums = tables.rows.map(({relname}) => sumOf(relname))
    // The server may work at several tables at once, and so answer in any order.
    const rows =
      sums.length > 0 ? (await client.query(`${sums.join(' UNION ALL ')} ORDER BY 1`)).rows : []
    const all = JSON.stringify([objects.rows, tables.rows, rows])
    return createHash('sha256').update(all).digest('hex').slice(0, 12)
  } finally {
    await client.end()
  }
}

function sumOf(table: string): string {
  return `SELECT ${pg.escapeLiteral(table)} AS name, count(*), md5(string_agg(t::text, ' ' ORDER BY t::text))
    FROM ${pg.escapeIdentifier(table)} t`
}

/** @throws the error, where it is another one */
function whyNot(error: unknown): 'absent' | 'invalid' {
  if (isServerError(error) && error.code === '3D000') return 'absent'
  if (isServerError(error) && error.message.includes('invalid database')) return 'invalid'
  throw error
}

/** What belongs to the database as a whole, and so not to its content, in words; it is not connected to. */
export const PROPERTIES_OF = `SELECT pg_get_userbyid(datdba) AS owner, datacl::text, datconnlimit,
  shobj_description(d.oid, 'pg_database') AS comment,
  (SELECT array_agg(setconfig::text || setrole) FROM pg_db_role_setting
    WHERE setdatabase = d.oid) AS settings
FROM pg_database d WHERE datname = `
