import type pg from 'pg'

/**
 * Those that CREATE INDEX, REINDEX or DROP INDEX CONCURRENTLY has left when it failed (pages of these in the reference): they
 * slow writes down, serve no query, and have IF NOT EXISTS believe that all is well. One that is being built is not valid yet; one
 * of a partitioned table waits for those of its partitions.
 */
const INVALID = `SELECT i.indexrelid::text AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
ORDER BY 2`

/** Names as SQL, by oid. */
export type InvalidIndexes = ReadonlyMap<string, string>

/** @throws an error of the server or the connection, as it came */
export async function invalidIndexes(client: Pick<pg.Client, 'query'>): Promise<InvalidIndexes> {
  const {rows} = await client.query<{oid: string; name: string}>(INVALID)
  return new Map(rows.map(({oid, name}) => [oid, name]))
}

/** The names of those that were not among the ones before. */
export function madeSince(before: InvalidIndexes, now: InvalidIndexes): string[] {
  return [...now].filter(([oid]) => !before.has(oid)).map(([, name]) => name)
}
