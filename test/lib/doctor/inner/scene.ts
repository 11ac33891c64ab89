import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import pg from 'pg'
import type {Check, Finding} from '../../../../src/lib/doctor/check.js'
import type {Facts} from '../../../../src/lib/doctor/facts.js'
import {openSession} from '../../../../src/lib/doctor/session.js'
import {withMaintenanceClient} from '../../../../src/lib/postgres/connection/connect.js'
import {resolveTarget, type Target} from '../../../../src/lib/target/target.js'
import {dropDatabases, freshName, query, urlOf} from '../../../support/postgres.js'
import {packageRoot} from '../../../support/program.js'

export const id = (name: string): string => pg.escapeIdentifier(name)

/** What doctor sees behind a login; `close` ends its sessions. */
export interface Seen {
  facts: Facts
  see: (check: Check<Facts>) => Promise<Finding>
  close: () => Promise<void>
}

interface SceneOptions {
  /** Files of the working directory, by path: `db/schema.sql`. */
  files?: Record<string, string>
  env?: Record<string, string>
  target?: Partial<Target>
}

/** Writes files into a new folder. */
export function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-doctor-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), {recursive: true})
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Logs in as doctor does. */
export async function look(url: string, options: SceneOptions = {}): Promise<Seen> {
  const {env = {}, files = {}} = options
  const context = {env, homeDir: '/nonexistent', osUser: 'tester'}
  const resolved = resolveTarget({prod: false, url, command: 'doctor'}, context)
  if (!resolved) throw new Error('a URL names a target')
  const target: Target = {...resolved, name: 'local', ...options.target}
  const closers: (() => Promise<void>)[] = []
  const cwd = folderWith(files)
  const {signal} = new AbortController()
  const facts: Facts = {
    env,
    cwd,
    packageRoot,
    prod: false,
    connection: {signal},
    atEnd: (close) => closers.push(close),
    target,
  }
  facts.server = await openSession((fn) => withMaintenanceClient(target, fn), facts)
  return {
    facts,
    see: (check) => check.run(facts, signal),
    close: async () => {
      for (const close of closers.reverse()) await close()
      rmSync(cwd, {recursive: true, force: true})
    },
  }
}

/** {@link look} for the time of `fn`. */
export async function looking<T>(
  url: string,
  fn: (seen: Seen) => Promise<T>,
  options?: SceneOptions,
): Promise<T> {
  const seen = await look(url, options)
  try {
    return await fn(seen)
  } finally {
    await seen.close()
  }
}

/** One look at one check. */
export async function seeOnce(
  url: string,
  checks: readonly Check<Facts>[],
  options?: SceneOptions,
): Promise<Finding> {
  return await looking(
    url,
    async ({see}) => {
      let finding: Finding = {status: 'skipped', message: 'no check'}
      for (const check of checks) finding = await see(check)
      return finding
    },
    options,
  )
}

/** The SQL that a fix says to run: what stands behind its last `run: `, statement by statement. */
export function sqlOf(fix: string | undefined): string[] {
  const [, sql] = /(?:^|.*?)(?:run|anew): (.*)$/s.exec(fix ?? '') ?? []
  if (sql === undefined) throw new Error(`no SQL in the fix: ${fix}`)
  return sql.split('; ')
}

/** Does what a fix says, as somebody who may. */
export async function applySql(fix: string | undefined, database = 'postgres'): Promise<void> {
  for (const statement of sqlOf(fix)) await query(statement, database)
}

export interface Role {
  name: string
  url: (database: string) => string
}

/** Runs `fn` with a role without any rights, which is dropped with what it owns. */
export async function withRole<T>(fn: (role: Role) => Promise<T>, suffix = ''): Promise<T> {
  const name = freshName(suffix)
  await query(`CREATE ROLE ${id(name)} LOGIN PASSWORD 'secret'`)
  const url = (database: string): string => {
    const at = new URL(urlOf(database))
    at.username = encodeURIComponent(name)
    at.password = 'secret'
    return at.href
  }
  try {
    return await fn({name, url})
  } finally {
    await query(`DROP ROLE IF EXISTS ${id(name)}`)
  }
}

/** Runs `fn` with a database of this name, which is dropped afterwards, however it is by then. */
export async function withNamed<T>(name: string, clause: string, fn: () => Promise<T>): Promise<T> {
  await query(`CREATE DATABASE ${id(name)} TEMPLATE template0 ${clause}`)
  try {
    return await fn()
  } finally {
    await dropDatabases(name)
  }
}

/** Names that SQL, a shell or a terminal could take for something else. */
export const AWKWARD = [
  ' with blanks',
  '"double" \'single\'',
  '🎉ünï',
  '\u001b[31mred',
  'a\\b;--',
  '%$user',
]
