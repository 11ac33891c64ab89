import type pg from 'pg'

const SETTINGS = `SELECT coalesce(string_agg(hashtextextended(s::text, 0)::text, ',' ORDER BY setdatabase, setrole), '') AS settings
FROM pg_db_role_setting s WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))`

/**
 * What a session like this one is given at its login (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), as something to compare:
 * one that has it still is as good as new after DISCARD ALL.
 *
 * @returns undefined when it cannot be read
 */
export async function askLoginSettings(client: pg.Client): Promise<string | undefined> {
  try {
    return (await client.query<{settings: string}>(SETTINGS)).rows[0]?.settings
  } catch {
    return undefined
  }
}
