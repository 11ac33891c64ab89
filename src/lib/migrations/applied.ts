import type pg from 'pg'
import {readHistory} from './history.js'
import {labelOf} from './label.js'

/**
 * What migrations have run, by their labels; none where that cannot be told.
 */
export async function appliedLabels(client: Pick<pg.Client, 'query'>): Promise<string[]> {
  try {
    const {records} = await readHistory(client)
    return records.map((record) => labelOf({...record, migration: undefined}))
  } catch {
    return []
  }
}
