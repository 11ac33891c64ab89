import type {Decision, Mark, Step} from '../migrations/decide.js'
import type {MigrationFolder} from '../migrations/folder.js'
import type {Done, MigrationResult} from '../migrations/run.js'
import type {MigrationStatus} from '../migrations/states.js'
import {plural} from '../plural.js'

/** A migration as JSON has it. */
export interface MigrationJson {
  /** A number, unless it is too large for one: then its digits. */
  version: number | string
  name: string
  file: string
}

export function versionJson(version: bigint): number | string {
  const number = Number(version)
  return Number.isSafeInteger(number) ? number : String(version)
}

function migrationJson({migration: {name, path, version}}: Step): MigrationJson {
  return {version: versionJson(version), name, file: path}
}

/** Those that have run. */
export function ranJson(done: readonly Done[]): (MigrationJson & {ms: number})[] {
  return done.map(({ms, step}) => ({...migrationJson(step), ms}))
}

/** What --dry-run adds to the plan for a script. */
export function sqlJson(planned: Decision | undefined): (MigrationJson & {sql: string})[] {
  return (planned?.steps ?? []).map((step) => ({...migrationJson(step), sql: step.part.sql}))
}

/** What --dry-run adds to the plan for a person: the SQL of each part, below its file. */
export function sqlLines(planned: Decision | undefined): string[] {
  return (planned?.steps ?? []).flatMap(({migration, part}) => [
    '',
    `-- ${migration.path}`,
    ...part.sql.trim().split(/\r?\n|\r/),
  ])
}

export function pendingIn(statuses: readonly MigrationStatus[]): number {
  return statuses.filter(({state}) => state === 'pending').length
}

function markLine({label, migration}: Mark): string {
  return migration
    ? `recorded ${label} as applied; nothing was run`
    : `took the record of ${label} away; nothing was run`
}

/** What `migrate` says in the end, beside a line for each that has run. */
export function migrateLines(result: MigrationResult, {path}: MigrationFolder): string[] {
  const {done, marked, statuses} = result
  if (marked.length > 0) return marked.map(markLine)
  const pending = pendingIn(statuses)
  if (pending > 0) return [`${plural(pending, 'migration')} still pending`]
  if (done.length > 0) return []
  if (statuses.length > 0)
    return [`nothing is pending: ${plural(statuses.length, 'migration')} applied`]
  return [
    path === undefined ? 'there is no folder db/migrations' : `there are no migrations in ${path}`,
  ]
}

/** The same for `rollback`. */
export function rollbackLines({done, marked}: MigrationResult): string[] {
  if (marked.length > 0) return marked.map(markLine)
  return done.length > 0 ? [] : ['nothing is applied that would be rolled back']
}
