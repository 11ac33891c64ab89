/** The table of what has run, in the schema `public` of each database that `migrate` was used on. */
export const HISTORY_TABLE = 'cruddur_migrations'

/** SQL on pg_class `c` and pg_namespace `n`: not that table, which is no part of anybody's schema. */
export const IS_NOT_HISTORY = `(n.nspname <> 'public' OR c.relname <> '${HISTORY_TABLE}')`
