import type pg from 'pg'

/** The server process that the connection was told of, to cancel with; a pooler makes one up (PgBouncer: a random one). */
export function processIdOf(client: pg.Client): number | null {
  return (client as pg.Client & {processID: number | null}).processID
}
