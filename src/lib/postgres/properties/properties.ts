import pg from 'pg'

/** `ALTER DATABASE … SET name`, or, with a role, `ALTER ROLE … IN DATABASE … SET name`. */
export interface Setting {
  /** Null for every role. */
  role: string | null
  name: string
  /** As the catalogue holds it: plain text, but of `search_path` and its like a list of quoted names. */
  value: string
}

/** One privilege in a database's ACL; what an empty ACL stands for is written out. */
export interface Grant {
  grantor: string
  /** Null for PUBLIC. */
  grantee: string | null
  /** CREATE, CONNECT or TEMPORARY. */
  privilege: string
  grantable: boolean
}

export interface SecurityLabel {
  provider: string
  label: string
}

/** What belongs to a database itself and not to its contents. */
export interface DatabaseProperties {
  name: string
  oid: number
  owner: string
  /** The server's name of it: `UTF8`. */
  encoding: string
  /** Who compares text; null before PostgreSQL 15, which had libc only. */
  provider: 'libc' | 'icu' | 'builtin' | null
  collate: string
  ctype: string
  /** The locale of icu and builtin. */
  locale: string | null
  /** Tailoring of an icu locale, from PostgreSQL 16 on. */
  icuRules: string | null
  tablespace: string
  /** Sessions at a time; -1: no limit. */
  connectionLimit: number
  allowConnections: boolean
  isTemplate: boolean
  /** A DROP DATABASE was killed in it: nobody can connect, and only dropping or renaming it is left. */
  invalid: boolean
  comment: string | null
  settings: Setting[]
  grants: Grant[]
  labels: SecurityLabel[]
  /** Changes with any of the above. */
  fingerprint: string
}

/** How `datconnlimit` marks an invalid database (DATCONNLIMIT_INVALID_DB in pg_database.h; 13.12, 14.9, 15.4 and newer). */
const INVALID = -2

const PROVIDERS: Record<string, DatabaseProperties['provider']> = {
  b: 'builtin',
  c: 'libc',
  i: 'icu',
}

/** The columns that not every version has are read out of the row as JSON: null where there is none. */
const READ = `SELECT d.datname AS name, d.oid, pg_get_userbyid(d.datdba) AS owner,
  pg_encoding_to_char(d.encoding) AS encoding, to_jsonb(d) ->> 'datlocprovider' AS provider,
  d.datcollate AS collate, d.datctype AS ctype,
  coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
  to_jsonb(d) ->> 'daticurules' AS "icuRules", t.spcname AS tablespace,
  d.datconnlimit AS "connectionLimit", d.datallowconn AS "allowConnections",
  d.datistemplate AS "isTemplate", shobj_description(d.oid, 'pg_database') AS comment,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object(
      'role', CASE s.setrole WHEN 0 THEN NULL ELSE pg_get_userbyid(s.setrole) END,
      'name', split_part(c.entry, '=', 1),
      'value', substr(c.entry, strpos(c.entry, '=') + 1)) ORDER BY s.setrole, c.place)
    FROM pg_db_role_setting s, unnest(s.setconfig) WITH ORDINALITY AS c (entry, place)
    WHERE s.setdatabase = d.oid), '[]') AS settings,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object(
      'grantor', pg_get_userbyid(a.grantor),
      'grantee', CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END,
      'privilege', a.privilege, 'grantable', a.grantable) ORDER BY a.place)
    FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba)))
      WITH ORDINALITY AS a (grantor, grantee, privilege, grantable, place)), '[]') AS grants,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object('provider', l.provider, 'label', l.label) ORDER BY l.provider)
    FROM pg_shseclabel l
    WHERE l.classoid = 'pg_database'::regclass AND l.objoid = d.oid), '[]') AS labels
FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
WHERE d.datname = `

/** Not md5(), which servers in FIPS mode do not have. */
const FINGERPRINT = 'hashtextextended(p::text, 0)::text'

interface Row extends Omit<DatabaseProperties, 'provider' | 'invalid'> {
  provider: string | null
}

/**
 * Reads, in one round trip, what belongs to the databases themselves. Every role may read it.
 *
 * @param client a connection to any database of the server
 * @returns by their names; without those that are not there
 */
export async function readAllProperties(
  client: pg.Client,
  databases: readonly string[],
): Promise<Map<string, DatabaseProperties>> {
  const read = `SELECT p.*, ${FINGERPRINT} AS fingerprint FROM (${READ}ANY ($1)) p`
  const {rows} = await client.query<Row>(read, [databases])
  return new Map(rows.map((row) => [row.name, propertiesOf(row)]))
}

/** {@link readAllProperties} of one; undefined when there is no such database. */
export async function readProperties(
  client: pg.Client,
  database: string,
): Promise<DatabaseProperties | undefined> {
  return (await readAllProperties(client, [database])).get(database)
}

function propertiesOf(row: Row): DatabaseProperties {
  const invalid = row.connectionLimit === INVALID
  return {
    ...row,
    provider: PROVIDERS[row.provider ?? ''] ?? null,
    connectionLimit: invalid ? -1 : row.connectionLimit,
    invalid,
  }
}

/** A condition: the database is still as {@link readProperties} found it, on the same connection. */
export function isUnchanged({name, fingerprint}: DatabaseProperties): string {
  const now = `(SELECT ${FINGERPRINT} FROM (${READ}${pg.escapeLiteral(name)}) p)`
  return `coalesce(${now} = ${pg.escapeLiteral(fingerprint)}, false)`
}
