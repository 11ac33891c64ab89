import type pg from 'pg'
import {queryRows} from './query.js'

/** A table, view, index or the like, with the columns it has. */
export interface Relation {
  schema: string
  name: string
  /** Found without naming its schema. */
  visible: boolean
  columns: string[]
}

/** Names that can be completed. */
export interface Names {
  schemas: readonly string[]
  relations: readonly Relation[]
  databases: readonly string[]
  roles: readonly string[]
}

const NONE: Names = {schemas: [], relations: [], databases: [], roles: []}

/** What a person completes names from. */
export interface Catalogue {
  names(): Names
  /** Has it be read anew when it is next looked at. */
  outdate(): void
  /** Reads it where it is not up to date; a failure leaves what is known. */
  refresh(client: pg.Client): Promise<void>
}

/** A database with more columns than these is completed in part. */
const LIMIT = 50_000

/** Catalogues of PostgreSQL's own come last, so that the limit takes them first. */
const NAMES = `SELECT 'schema' AS kind, nspname::text AS one, NULL AS two, NULL AS three, NULL AS visible, 0 AS sort
  FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast|temp)'
UNION ALL SELECT 'database', datname, NULL, NULL, NULL, 0 FROM pg_catalog.pg_database WHERE datallowconn
UNION ALL SELECT 'role', rolname, NULL, NULL, NULL, 0 FROM pg_catalog.pg_roles
UNION ALL (SELECT 'column', n.nspname, c.relname, a.attname, pg_catalog.pg_table_is_visible(c.oid)::text,
    CASE WHEN n.nspname IN ('pg_catalog', 'information_schema') THEN 2 ELSE 1 END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
  WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S', 'i', 'I') AND n.nspname !~ '^pg_(toast|temp)'
    AND c.relname !~ '^pg_toast'
  ORDER BY 6, 2, 3, a.attnum LIMIT ${LIMIT})`

/** Nothing, until it is read. */
export function openCatalogue(): Catalogue {
  let known = NONE
  let current = false
  return {
    names: () => known,
    outdate: () => {
      current = false
    },
    async refresh(client) {
      if (current) return
      current = true
      try {
        known = namesOf((await queryRows(client, NAMES)).rows)
      } catch {
        // Completion is a comfort: what it cannot read, it does not offer.
      }
    },
  }
}

function namesOf(rows: readonly (readonly (string | null)[])[]): Names {
  const of = (kind: string): string[] =>
    rows.filter(([each]) => each === kind).map(([, name]) => name ?? '')
  const relations = new Map<string, Relation>()
  for (const [kind, schema, name, column, visible] of rows) {
    if (kind !== 'column' || !schema || !name) continue
    const key = JSON.stringify([schema, name])
    const relation = relations.get(key) ?? {schema, name, visible: visible === 'true', columns: []}
    if (column) relation.columns.push(column)
    relations.set(key, relation)
  }
  return {
    schemas: of('schema'),
    databases: of('database'),
    roles: of('role'),
    relations: [...relations.values()],
  }
}
