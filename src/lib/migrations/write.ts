import type pg from 'pg'
import {isConnectionError} from '../server-error.js'
import type {CommandLine} from '../target/again.js'
import type {Step} from './decide.js'
import {recordFailed} from './failures.js'

/**
 * Sends what records a step, before or with what it records.
 *
 * @throws CruddurError MIGRATION_RAN_ALREADY, HISTORY_NOT_WRITTEN; an error of the connection as it came
 */
export async function writeRecord(
  client: pg.Client,
  sql: string,
  step: Step,
  command: CommandLine,
): Promise<void> {
  try {
    await client.query(sql)
  } catch (error) {
    throw isConnectionError(error) ? error : recordFailed(error, step, {command})
  }
}
