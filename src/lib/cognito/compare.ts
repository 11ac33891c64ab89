import type pg from 'pg'

/** A comparison: what was shown, and what holds when it is acted on. */
export type Compared = 'cruddur_shown' | 'cruddur_found'

/**
 * What becomes of a handle. `rows` and `users` are counted, so that of several nothing is guessed; `shared`: one user has come
 * under two handles, because it was renamed while the pool was read. An id is compared as text, whatever its column is.
 */
const HANDLES = `WITH pool AS (
  SELECT handle, min(sub) AS sub, count(*)::int AS users, bool_or(shared) AS shared FROM (
    SELECT handle, sub, count(*) OVER (PARTITION BY sub) > 1 AS shared
    FROM (SELECT DISTINCT handle, sub FROM pg_temp.cruddur_pool) AS seen) AS each GROUP BY handle
), held AS (
  SELECT handle::text COLLATE "C" AS handle, min(cognito_user_id::text COLLATE "C") AS id, count(*)::int AS rows
  FROM public.users WHERE handle::text <> '' GROUP BY 1
), told AS (
  SELECT handle, sub, id, users, rows,
    CASE WHEN users > 1 THEN 'several-users' WHEN rows > 1 THEN 'several-rows' WHEN shared THEN 'renamed' END AS reason
  FROM pool FULL JOIN held USING (handle)
)
SELECT handle, sub, id, users, rows, CASE WHEN users IS NULL OR rows IS NULL THEN NULL ELSE reason END AS reason,
  CASE WHEN users IS NULL THEN 'databaseOnly' WHEN rows IS NULL THEN 'cognitoOnly' WHEN reason IS NOT NULL THEN 'ambiguous'
    WHEN sub = id THEN 'unchanged' ELSE 'set' END AS kind
FROM told`

/**
 * An id that another row keeps cannot be given: that one is no user's of the pool, or is ambiguous, or keeps its own id for the
 * same reason.
 */
const taken = (table: Compared): string => `WITH RECURSIVE kept (id) AS (
  SELECT cognito_user_id::text COLLATE "C" FROM public.users
  WHERE NOT EXISTS (SELECT FROM pg_temp.${table} t WHERE t.kind = 'set' AND t.handle = users.handle::text COLLATE "C")
  UNION
  SELECT t.id FROM pg_temp.${table} t JOIN kept ON t.sub = kept.id WHERE t.kind = 'set'
)
UPDATE pg_temp.${table} t SET kind = 'ambiguous', reason = 'id-taken' FROM kept WHERE t.kind = 'set' AND t.sub = kept.id`

/**
 * Compares the pool's users with the rows of `public.users`, each handle once, into a temporary table of that name.
 *
 * @param client `loadPool` has run on it
 */
export async function compare(client: pg.Client, table: Compared): Promise<void> {
  // One message is one transaction, unless one is open. A handle can be longer than what a btree takes.
  await client.query(`CREATE TEMP TABLE ${table} AS ${HANDLES};
    CREATE INDEX ON pg_temp.${table} (sub) WHERE kind = 'set'; CREATE INDEX ON pg_temp.${table} USING hash (handle);
    ANALYZE pg_temp.${table}; ${taken(table)}`)
}
