import pg from 'pg'

const DATABASES = `SELECT d.datname AS name, d.oid, pg_get_userbyid(datdba) AS owner, datacl::text AS acl,
  datconnlimit, datallowconn, datistemplate, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype,
  dattablespace, shobj_description(d.oid, 'pg_database') AS comment,
  (SELECT array_agg(s.setrole::text || s.setconfig::text ORDER BY 1) FROM pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings
FROM pg_database d WHERE starts_with(datname, $1) ORDER BY datname`

const TABLES = `SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE relkind IN ('r', 'm') AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  AND relnamespace::regnamespace::text NOT LIKE 'pg_toast%' ORDER BY 1`

const CONTENT = (table: string): string =>
  `SELECT count(*)::int AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS md5 FROM ${table} t`

/** What a schema is made of, without numbers that a copy would have, too; the schemas of temporary tables stay, empty. */
const CATALOG = `SELECT md5(string_agg(t, E'\\n' ORDER BY t)) AS md5 FROM (
  SELECT concat_ws(' ', oid::regclass, relkind, relowner, relacl) FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT concat_ws(' ', attrelid::regclass, attname, atttypid::regtype)
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
  UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE oid >= 16384 AND prokind <> 'a'
  UNION ALL SELECT concat_ws(' ', nspname, nspowner, nspacl) FROM pg_namespace
    WHERE nspname !~ '^pg_(toast_)?temp_'
) AS texts (t)`

/**
 * All there is to lose: of each database whose name begins with `prefix` its owner, grants, settings and comment, rows and
 * a hash of every table, and a hash of the definitions.
 *
 * @param serverUrl of a superuser; its database does not matter
 */
export async function fingerprint(
  serverUrl: string,
  prefix: string,
): Promise<Record<string, unknown>> {
  const databases = await withClient(serverUrl, 'postgres', (client) =>
    client.query(DATABASES, [prefix]),
  )
  const prints: Record<string, unknown> = {}
  for (const {name, ...properties} of databases.rows)
    prints[name] = {
      ...properties,
      ...(properties.datallowconn ? await content(serverUrl, name) : {}),
    }
  return prints
}

function content(serverUrl: string, database: string): Promise<Record<string, unknown>> {
  return withClient(serverUrl, database, async (client) => {
    const print: Record<string, unknown> = {catalog: (await client.query(CATALOG)).rows[0]?.md5}
    for (const {name} of (await client.query(TABLES)).rows)
      print[name] = (await client.query(CONTENT(name))).rows[0]
    return print
  })
}

/** Runs `fn` with a connection to another database of the server. */
export async function withClient<T>(
  serverUrl: string,
  database: string,
  fn: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connectTo(serverUrl, database)
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

/** A connection to another database of the server; the caller ends it. */
export async function connectTo(
  serverUrl: string,
  database: string,
  applicationName = 'somebody else',
): Promise<pg.Client> {
  const {hostname, port, username, password} = new URL(serverUrl)
  const client = new pg.Client({
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database,
    application_name: applicationName,
  })
  // Some sessions are there to be ended.
  client.on('error', () => {})
  await client.connect()
  return client
}
