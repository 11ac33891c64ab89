import pg from 'pg'
import {carryOver, finishStatements} from '../../../../src/lib/postgres/properties/carry-over.js'
import {creationClause} from '../../../../src/lib/postgres/properties/creation.js'
import {
  type DatabaseProperties,
  readProperties,
} from '../../../../src/lib/postgres/properties/properties.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../../../support/postgres.js'

/** What a test made on the server, and how it goes away again. */
export interface Made {
  database: (suffix?: string) => string
  /** A role that can log in with the password `secret`. */
  role: (suffix: string, attributes?: string) => Promise<string>
  /** Undefined where the server cannot make one without a folder. */
  tablespace: () => Promise<string | undefined>
  clear: () => Promise<void>
}

const id = pg.escapeIdentifier

export function collection(): Made {
  const databases: string[] = []
  const roles: string[] = []
  const tablespaces: string[] = []
  return {
    database(suffix) {
      databases.push(freshName(suffix))
      return databases.at(-1) ?? ''
    },
    async role(suffix, attributes = '') {
      const name = freshName(suffix)
      roles.push(name)
      await query(`CREATE ROLE ${id(name)} LOGIN PASSWORD 'secret' ${attributes}`)
      return name
    },
    async tablespace() {
      const name = freshName()
      const inPlace = "SELECT set_config('allow_in_place_tablespaces', 'on', false)"
      const client = await connect('postgres')
      try {
        await client.query(inPlace)
        await client.query(`CREATE TABLESPACE ${id(name)} LOCATION ''`)
        tablespaces.push(name)
        return name
      } catch {
        return undefined
      } finally {
        await client.end()
      }
    },
    async clear() {
      await dropDatabases(...databases.splice(0))
      for (const name of tablespaces.splice(0)) await query(`DROP TABLESPACE ${id(name)}`)
      const names = roles.splice(0).map(id)
      for (const name of names) await query(`DROP OWNED BY ${name} CASCADE`)
      if (names.length > 0) await query(`DROP ROLE ${names.join()}`)
    },
  }
}

/** Runs statements one by one on the database `postgres`. */
export async function run(...statements: string[]): Promise<void> {
  const client = await connect('postgres')
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A connection as `role`, closed behind `fn`. */
export async function as<T>(
  role: string,
  fn: (client: pg.Client) => Promise<T>,
  database = 'postgres',
): Promise<T> {
  const url = new URL(urlOf(database))
  url.username = encodeURIComponent(role)
  url.password = 'secret'
  const client = new pg.Client({connectionString: url.href})
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

/** As {@link as}, with the role that the tests run as. */
export async function asSuperuser<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect('postgres')
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

export async function propertiesOf(client: pg.Client, name: string): Promise<DatabaseProperties> {
  const properties = await readProperties(client, name)
  if (!properties) throw new Error(`no database ${name}`)
  return properties
}

/**
 * Makes `name` a successor of `old` in the way setup does, but for the renaming.
 *
 * @param meanwhile what happens while the new one is filled
 * @returns the clause, and the statements of the swap's message
 */
export async function succeed(
  client: pg.Client,
  old: string,
  name: string,
  meanwhile: () => Promise<void> = async () => {},
): Promise<{clause: string; finish: string[]}> {
  const before = await propertiesOf(client, old)
  const clause = creationClause(before, await readProperties(client, 'template1'))
  await client.query(`CREATE DATABASE ${id(name)}${clause}`)
  await carryOver(client, before, await readProperties(client, name), name)
  await meanwhile()
  const finish = finishStatements(before, await propertiesOf(client, old), name)
  await client.query(['BEGIN', ...finish, 'COMMIT'].join(';\n'))
  return {clause, finish}
}

const CATALOGUES = `SELECT to_jsonb(d) - '{oid,datname,datacl,datfrozenxid,datminmxid}'::text[] AS row,
  (SELECT array_agg(item::text ORDER BY item::text)
   FROM unnest(coalesce(d.datacl, acldefault('d', d.datdba))) AS item) AS acl,
  (SELECT jsonb_agg(to_jsonb(s) - 'setdatabase' ORDER BY s.setrole)
   FROM pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings,
  (SELECT jsonb_agg(c.description) FROM pg_shdescription c
   WHERE c.classoid = 'pg_database'::regclass AND c.objoid = d.oid) AS comments,
  (SELECT jsonb_agg(to_jsonb(l) - 'objoid' ORDER BY l.provider) FROM pg_shseclabel l
   WHERE l.classoid = 'pg_database'::regclass AND l.objoid = d.oid) AS labels
FROM pg_database d WHERE d.datname = `

/** All that the server's catalogues hold of a database itself, but for its name and its number. */
export async function catalogues(name: string): Promise<Record<string, unknown>> {
  const [row] = await query(CATALOGUES + pg.escapeLiteral(name))
  if (!row) throw new Error(`no database ${name}`)
  return row
}
