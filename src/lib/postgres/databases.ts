import pg from 'pg'
import {isServerError} from '../server-error.js'
import {databaseInUse, refuseInUse} from './sessions.js'

/** A database's name as SQL. */
export function identifier(name: string): string {
  return pg.escapeIdentifier(name)
}

export async function databaseExists(client: pg.Client, name: string): Promise<boolean> {
  const {rowCount} = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
  return rowCount === 1
}

/**
 * CREATE DATABASE copies template1, which must then have no other session; from a maintenance
 * connection to template1 itself only template0 can be copied (55006, measured on 15.18).
 */
function createStatement(client: pg.Client, name: string): string {
  const template = client.database === 'template1' ? ' TEMPLATE template0' : ''
  return `CREATE DATABASE ${identifier(name)}${template}`
}

/** A second create at the same moment fails with 23505 on pg_database's index, never with 42P04 (measured: 6 of 6). */
function existsAlready(error: unknown): boolean {
  return isServerError(error) && (error.code === '42P04' || error.code === '23505')
}

/**
 * Creates the database.
 *
 * @returns false when it was there already
 */
export async function createDatabase(client: pg.Client, name: string): Promise<boolean> {
  if (await databaseExists(client, name)) return false
  try {
    await client.query(createStatement(client, name))
    return true
  } catch (error) {
    if (existsAlready(error)) return false
    throw error
  }
}

/**
 * Drops the database. Sessions in it are looked at first.
 *
 * @param options.force ends the sessions in one statement (PostgreSQL 13 or newer), which wins against
 * a pool that reconnects where terminate-then-drop loses (lerd-env/lerd #1140)
 * @returns false when there was no such database
 * @throws CruddurError DATABASE_IN_USE with the sessions; nothing is dropped
 */
export async function dropDatabase(
  client: pg.Client,
  name: string,
  options: {force: boolean},
): Promise<boolean> {
  if (!(await databaseExists(client, name))) return false
  if (!options.force) await refuseInUse(client, name, 'nothing was dropped')
  try {
    await client.query(`DROP DATABASE ${identifier(name)}${options.force ? ' WITH (FORCE)' : ''}`)
    return true
  } catch (error) {
    if (!isServerError(error)) throw error
    if (error.code === '3D000') return false
    if (error.code !== '55006') throw error
    throw await databaseInUse(client, name, 'nothing was dropped', error)
  }
}
