import type pg from 'pg'
import {IS_NOT_HISTORY} from '../history-table.js'
import type {Schema, Table} from './schema.js'

interface ReadSchemaOptions {
  /** Views and materialized views too; without them unless told. */
  views?: boolean
}

const KINDS = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
    WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view' ELSE 'materialized view' END`

const ON_DELETE = `CASE k.confdeltype WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
    WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' ELSE 'no action' END`

/** Not pg_get_expr() for defaults: since PostgreSQL 17 it waits for whoever changes the table. */
const COLUMNS = `SELECT json_agg(json_build_object('name', a.attname,
    'type', regexp_replace(format_type(a.atttypid, a.atttypmod), '^public\\.', ''),
    'notNull', a.attnotnull, 'hasDefault', a.atthasdef AND a.attgenerated = '',
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'generated', CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END)
    ORDER BY a.attnum)
  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`

/** Names of a relation's columns, in the order of an array of their numbers. */
function columnNames(relation: string, numbers: string): string {
  return `(SELECT json_agg(a.attname ORDER BY n.place)
    FROM unnest(${numbers}) WITH ORDINALITY n (attnum, place)
    JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = n.attnum)`
}

/** What is included in an index beside its keys stands behind them. */
const INDEXED = columnNames('i.indrelid', '(i.indkey::int2[])[0:i.indnkeyatts - 1]')

const PRIMARY_KEY = `SELECT ${INDEXED} FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary`

const UNIQUES = `SELECT json_agg(${INDEXED} ORDER BY x.relname)
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
  WHERE i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary AND i.indisvalid
    AND i.indpred IS NULL AND i.indexprs IS NULL`

/** A key that refers to a partitioned table stands there once more for each partition, below the one that was made. */
const FOREIGN_KEYS = `SELECT json_agg(json_build_object('name', k.conname,
    'columns', ${columnNames('k.conrelid', 'k.conkey')},
    'references', json_build_object('schema', rn.nspname, 'table', r.relname,
      'columns', ${columnNames('k.confrelid', 'k.confkey')}),
    'onDelete', ${ON_DELETE}) ORDER BY k.conname)
  FROM pg_constraint k
  JOIN pg_class r ON r.oid = coalesce(pg_partition_root(k.confrelid), k.confrelid)
  JOIN pg_namespace rn ON rn.oid = r.relnamespace
  WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0`

/**
 * One message is one transaction. With an empty search_path a type is named the same whoever asks. PostgreSQL's own schemas
 * begin with `pg_`, those of temporary tables among them.
 */
function tablesQuery(kinds: readonly string[]): string {
  return `SET LOCAL search_path = ''; SELECT n.nspname AS schema, c.relname AS name, ${KINDS} AS kind,
  coalesce((${COLUMNS}), '[]') AS columns, coalesce((${PRIMARY_KEY}), '[]') AS "primaryKey",
  coalesce((${UNIQUES}), '[]') AS uniques, coalesce((${FOREIGN_KEYS}), '[]') AS "foreignKeys"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN (${kinds.map((kind) => `'${kind}'`).join(', ')}) AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ${IS_NOT_HISTORY}
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname`
}

/**
 * Reads in one round trip what tables a database has: those of all schemas but PostgreSQL's own, without temporary ones,
 * those that belong to an extension, and `migrate`'s own. Every role may read it, and it waits for no lock. PostgreSQL 13 and newer.
 *
 * @param client a connection to that database, outside of a transaction: `search_path` would stay empty to its end
 * @throws what the query does, as node-postgres gives it
 */
export async function readSchema(
  client: Pick<pg.Client, 'query'>,
  {views = false}: ReadSchemaOptions = {},
): Promise<Schema> {
  const kinds = ['r', 'p', 'f', ...(views ? ['v', 'm'] : [])]
  const results = (await client.query(tablesQuery(kinds))) as unknown as pg.QueryResult<Table>[]
  return {tables: results.find(({command}) => command === 'SELECT')?.rows ?? []}
}
