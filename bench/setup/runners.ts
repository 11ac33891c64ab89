import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {urlOf} from '../database.js'
import type {Command} from '../measure.js'
import {cruddurDb, REACH_MB} from '../programs.js'
import {PSQL} from '../psql.js'
import type {Runner} from '../rounds.js'

/** What the database is rebuilt with. */
export interface Tools {
  /** The psql that starts, where the one on PATH is its wrapper. */
  realPsql: string | undefined
  dbmate: string
  /** One of `writeMigration`. */
  migrations: string
}

/** The database to rebuild. */
export interface Rebuild {
  /** URL of the server's maintenance database, as the programs are to reach it. */
  server: string
  database: string
  cwd: string
}

const SCHEMA = fileURLToPath(new URL('../../db/schema.sql', import.meta.url))
const SEED = fileURLToPath(new URL('../../db/seed.sql', import.meta.url))
const WITH_PSQL = fileURLToPath(new URL('psql.sh', import.meta.url))
const WITH_DBMATE = fileURLToPath(new URL('dbmate.sh', import.meta.url))

/** @param reach of ours */
export function runnersOf(
  tools: Tools,
  rebuild: Rebuild,
  reach: NonNullable<Runner['reach']>,
): Runner[] {
  const {dbmate, migrations, realPsql} = tools
  const script = (name: string, title: string, command: Command): Runner => {
    return {name, title, command: () => command, script: true}
  }
  const url = urlOf(rebuild.server, rebuild.database)
  // Named, so that Cruddur's migrations, which the others do not run, are not run either.
  const files = ['--schema-file', SCHEMA, '--seed-file', SEED]
  const ours = cruddurDb(['setup', '--url', url, ...files], rebuild.cwd)
  const runners = [
    script('bash', 'bash and psql', withPsql(PSQL, rebuild)),
    script('dbmate', 'dbmate drop, dbmate up', withDbmate(dbmate, migrations, rebuild)),
    {name: 'ours', title: 'cruddur-db setup', command: () => ours, reach, reachMb: REACH_MB},
  ]
  if (realPsql !== undefined)
    runners.push(script('bash-real', 'psql without its wrapper', withPsql(realPsql, rebuild)))
  return runners
}

/**
 * Makes a folder with one migration for dbmate: schema and seed.
 *
 * @returns the folder
 */
export async function writeMigration(parent: string): Promise<string> {
  const folder = join(parent, 'migrations')
  const parts = await Promise.all([SCHEMA, SEED].map((path) => readFile(path, 'utf8')))
  await mkdir(folder, {recursive: true})
  const path = join(folder, '20240101000000_cruddur.sql')
  await writeFile(path, ['-- migrate:up', ...parts, '-- migrate:down', ''].join('\n'))
  return folder
}

function withPsql(psql: string, {server, database, cwd}: Rebuild): Command {
  const args = [WITH_PSQL, psql, server, urlOf(server, database), database, SCHEMA, SEED]
  return {file: 'bash', args, cwd}
}

function withDbmate(dbmate: string, migrations: string, {server, database, cwd}: Rebuild): Command {
  const url = new URL(urlOf(server, database))
  // Unlike libpq and us, it insists on TLS unless it is told not to.
  if (!url.searchParams.has('sslmode')) url.searchParams.set('sslmode', 'disable')
  return {file: 'bash', args: [WITH_DBMATE, dbmate, url.href, migrations], cwd}
}
