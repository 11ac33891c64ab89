import type pg from 'pg'

const SETTINGS = `SELECT coalesce(pg_catalog.string_agg(pg_catalog.hashtextextended(s::text, 0)::text, ',' ORDER BY setdatabase, setrole), '')
  || ' ' || pg_catalog.pg_my_temp_schema() AS settings
FROM pg_catalog.pg_db_role_setting s
WHERE setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
  AND setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1))`

/**
 * What a session like this one is given at its login (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), as something to compare:
 * one that has it still is as good as new after DISCARD ALL, but for {@link outlivesDiscard}. One that has made temporary tables
 * is not the same: to drop thousands at once takes more locks than the server may have, and at a session's end that is no error.
 *
 * @returns undefined when it cannot be read
 */
export async function askLoginSettings(client: pg.Client): Promise<string | undefined> {
  try {
    return (await client.query<{settings: string}>(SETTINGS, [client.user])).rows[0]?.settings
  } catch {
    return undefined
  }
}

const LASTING =
  /\bset\s+(?:(?:session|local)\s+)?[\w"$]+\s*\.|\bset_config\s*\((?!\s*'\w+'\s*,)|\b(?:load|setseed)\b/i

/**
 * Whether statements may leave behind what DISCARD ALL does not take away: a setting of one's own, which is empty then and not
 * unknown (`current_setting('my.setting', true)`), a library, the seed of random(). No catalogue tells of these.
 */
export function outlivesDiscard(sql: string): boolean {
  return LASTING.test(sql)
}
