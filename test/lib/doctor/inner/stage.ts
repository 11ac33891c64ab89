import {rmSync} from 'node:fs'
import type {AtEnd, Scene} from '../../../support/planted-fault.js'
import {dropDatabases, freshName, query, urlOf} from '../../../support/postgres.js'
import {folderWith, id} from './scene.js'

export const SCHEMA = 'CREATE TABLE users (id int, name text); CREATE TABLE notes (id int);'
export const SEED = "INSERT INTO users VALUES (1, 'a'); INSERT INTO notes VALUES (1);"
/** A schema that is loaded, with its seed. */
export const FULL = `${SCHEMA} ${SEED}`
export const FILES = {'db/schema.sql': SCHEMA, 'db/seed.sql': SEED}

export interface Stage extends Scene {
  name: string
  cwd: string
  env: Record<string, string>
}

/** A folder, and the name of a database that is dropped in the end with all whose names begin so. */
export function stage(
  atEnd: AtEnd,
  {files = FILES, suffix = ''}: {files?: Record<string, string>; suffix?: string} = {},
): Stage {
  const name = freshName(suffix)
  const cwd = folderWith(files)
  atEnd(() => rmSync(cwd, {recursive: true}))
  atEnd(async () => {
    const prefix = name.slice(0, 25)
    const rows = await query<{datname: string}>(
      `SELECT datname FROM pg_database WHERE starts_with(datname, '${prefix}')`,
    )
    await dropDatabases(...rows.map(({datname}) => datname))
  })
  return {name, cwd, env: {CONNECTION_URL: urlOf(name)}}
}

/** The same with the database, in which `sql` has been run. */
export async function loaded(
  atEnd: AtEnd,
  sql: string,
  options: {files?: Record<string, string>; suffix?: string; clause?: string} = {},
): Promise<Stage> {
  const made = stage(atEnd, options)
  await query(`CREATE DATABASE ${id(made.name)} TEMPLATE template0 ${options.clause ?? ''}`)
  if (sql) await query(sql, made.name)
  return made
}

/** The same for a role without rights. */
export async function asRole(atEnd: AtEnd, made: Stage): Promise<Stage & {role: string}> {
  const role = `${freshName()} "r"`
  await query(`CREATE ROLE ${id(role)} LOGIN PASSWORD 'p%40"#'`)
  atEnd(async () => {
    await query(`REVOKE ALL ON DATABASE ${id(made.name)} FROM ${id(role)}`)
    await query(`DROP OWNED BY ${id(role)}`, made.name)
    await query(`DROP ROLE ${id(role)}`)
  })
  const url = new URL(urlOf(made.name))
  url.username = encodeURIComponent(role)
  url.password = encodeURIComponent('p%40"#')
  return {...made, role, env: {CONNECTION_URL: url.href}}
}
