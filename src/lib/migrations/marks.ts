import type pg from 'pg'
import type {Mark} from './decide.js'
import {markApplied, markRolledBack} from './record.js'

/** Writes, or takes away, records without running anything: all of them or none. */
export async function writeMarks(client: pg.Client, marks: readonly Mark[]): Promise<void> {
  if (marks.length === 0) return
  // One message is one transaction.
  const statements = marks.map(({migration, version}) =>
    migration ? markApplied(migration) : markRolledBack(version),
  )
  await client.query(statements.join(';\n'))
}
