import pg from 'pg'
import type {Stage} from '../support/stage.js'
import {until} from '../support/wait.js'

/** Asks as the server's superuser, in the scene's database unless told. */
export type Query = (sql: string, database?: string) => Promise<pg.QueryResultRow[]>

/** What the old database holds, and what makes it the user's own. */
export const SOMETHING = `
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO people (name) SELECT 'Ünïcødé ' || n FROM generate_series(1, 500) n;
CREATE TABLE letters (id serial, person int NOT NULL REFERENCES people DEFERRABLE INITIALLY DEFERRED, text bytea);
INSERT INTO letters (person, text) SELECT id, sha256(name::bytea) FROM people;
CREATE VIEW readers AS SELECT name FROM people;
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
GRANT SELECT ON people TO pg_monitor;
COMMENT ON DATABASE {database} IS 'the old one';
ALTER DATABASE {database} SET work_mem = '5MB';
ALTER DATABASE {database} CONNECTION LIMIT 50;
GRANT CONNECT ON DATABASE {database} TO pg_monitor;
`

/** Waits until a session of the program fits. */
export function sessionOf(
  query: Query,
  database: string,
  condition: string,
  output: () => string,
): Promise<void> {
  const sql = `${SESSIONS(database)} AND (${condition})`
  return until(
    async () => (await query(sql, 'postgres')).length === 1,
    () => `a session with ${condition}; the program said:\n${output()}`,
  )
}

/** The program's, whatever role it has logged in as; a scene's roles begin with its database's name. */
const SESSIONS = (database: string): string => `SELECT FROM pg_stat_activity
  WHERE starts_with(usename, '${database}') AND application_name LIKE 'cruddur-db %'`

/** Waits until the server has no session of the program. */
export function noSession(query: Query, database: string): Promise<void> {
  return until(
    async () => (await query(SESSIONS(database), 'postgres')).length === 0,
    () => 'the sessions to end',
  )
}

/** Removes databases and roles, whatever state they are in. */
export async function clear(query: Query, {database, close}: Stage): Promise<void> {
  const ask = (sql: string) => query(sql, 'postgres')
  const named = (column: string) => `starts_with(${column}, '${database}')`
  for (const {datname} of await ask(`SELECT datname FROM pg_database WHERE ${named('datname')}`)) {
    const name = pg.escapeIdentifier(datname)
    await ask(`ALTER DATABASE ${name} IS_TEMPLATE false`)
    await ask(`DROP DATABASE ${name} WITH (FORCE)`)
  }
  for (const {rolname} of await ask(
    `SELECT rolname FROM pg_roles WHERE ${named('rolname')} AND rolname <> '${database}'`,
  )) {
    const name = pg.escapeIdentifier(rolname)
    await ask(`DROP OWNED BY ${name}; DROP ROLE ${name}`)
  }
  await close()
}
