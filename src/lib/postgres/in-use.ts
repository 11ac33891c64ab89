import pg from 'pg'

/** What keeps a database without being a session in it. */
export interface Hold {
  kind: 'prepared transaction' | 'replication slot' | 'subscription'
  name: string
  /** A slot that nobody reads from is not: DROP DATABASE would drop it too, without a word (measured on 15.18 and 18.4). */
  active: boolean
}

/**
 * The query for the holds. Each may be read by every role; a database's own slots are the logical ones.
 *
 * @param database SQL for its name: a literal or a parameter
 */
export function holdsQuery(database: string): string {
  return `SELECT 'prepared transaction' AS kind, gid AS name, true AS active
  FROM pg_prepared_xacts WHERE database = ${database}
UNION ALL SELECT 'replication slot', slot_name::text, active FROM pg_replication_slots WHERE database = ${database}
UNION ALL SELECT 'subscription', subname::text, true FROM pg_subscription
  WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = ${database})
ORDER BY kind, name`
}

/** What holds `database` beside the sessions in it; nothing of it gives way to `WITH (FORCE)` while it is active. */
export async function holdsOf(client: pg.Client, database: string): Promise<Hold[]> {
  const {rows} = await client.query<Hold>(holdsQuery('$1'), [database])
  return rows
}

/** `1 prepared transaction`, `2 replication slots`: what there is of each kind. */
export function countHolds(holds: readonly Hold[]): string[] {
  const kinds = [...new Set(holds.map(({kind}) => kind))]
  return kinds.map((kind) => {
    const count = holds.filter((hold) => hold.kind === kind).length
    return count === 1 ? `1 ${kind}` : `${count} ${kind}s`
  })
}

/** Their names: `prepared transaction "a", replication slot "b" (active)`. */
export function nameHolds(holds: readonly Hold[]): string | undefined {
  const named = holds.map(
    ({kind, name, active}) =>
      `${kind} "${name}"${kind === 'replication slot' && active ? ' (active)' : ''}`,
  )
  return named.length > 0 ? named.join(', ') : undefined
}

/** How a hold is ended, by hand: each may be somebody's work that is not done yet. */
export function cureOf({kind, name, active}: Hold, database: string): string {
  const literal = pg.escapeLiteral(name)
  const inside = `connect to ${pg.escapeIdentifier(database)} and run`
  switch (kind) {
    case 'prepared transaction':
      return `${inside}: ROLLBACK PREPARED ${literal} (or COMMIT PREPARED, if its work is to stay)`
    case 'subscription':
      return `${inside}: DROP SUBSCRIPTION ${pg.escapeIdentifier(name)}`
    case 'replication slot':
      return active
        ? `stop the program that reads from it, then run: SELECT pg_drop_replication_slot(${literal})`
        : `if nobody will read from it any more: SELECT pg_drop_replication_slot(${literal}); --force drops it too`
  }
}
