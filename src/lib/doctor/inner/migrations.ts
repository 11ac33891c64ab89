import {CruddurError} from '../../error.js'
import {toMigrate, unfinishedCure} from '../../migrations/decide.js'
import {labelOf} from '../../migrations/label.js'
import type {MigrationState, MigrationStatus} from '../../migrations/states.js'
import {plural} from '../../plural.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail, few, ok, skipped, together, warn} from '../findings.js'
import {command} from '../words.js'
import {fileFault} from './file.js'
import {databaseOf} from './known.js'
import {lookAtMigrations, type Migrated} from './migrated.js'

/** What `migrate` would say to these, without the ones that are pending. */
function cureOf(facts: Facts, statuses: readonly MigrationStatus[], otherwise: string): string {
  try {
    toMigrate({command: (words) => command(facts, words)})(statuses)
  } catch (error) {
    if (error instanceof CruddurError) return error.details.hint ?? otherwise
    throw error
  }
  return otherwise
}

function pending(facts: Facts, found: readonly MigrationStatus[]): Finding {
  const late = found.some(({outOfOrder}) => outOfOrder)
  const verb = found.length === 1 ? 'is' : 'are'
  const behind = late ? ', with a number below one that is applied' : ''
  return fail(
    `${few(found.map(labelOf))} ${verb} pending${behind}`,
    command(facts, late ? 'migrate --out-of-order' : 'migrate'),
  )
}

function judge(facts: Facts, {statuses}: Migrated): Finding[] {
  const isIn = (state: MigrationState) => statuses.filter((status) => status.state === state)
  const [unfinished, changed, open, missing] = (
    ['unfinished', 'changed', 'pending', 'missing'] as const
  ).map(isIn)
  const found: Finding[] = []
  const say = (
    some: readonly MigrationStatus[] = [],
    finding: (names: string, some: readonly MigrationStatus[]) => Finding,
  ): void => {
    if (some.length > 0) found.push(finding(few(some.map(labelOf)), some))
  }
  say(unfinished, (names, some) =>
    fail(
      `${names}: stopped half way`,
      unfinishedCure(some, (words) => command(facts, words)),
    ),
  )
  say(changed, (names, some) =>
    fail(`${names}: changed after it was applied`, cureOf(facts, some, 'restore the file')),
  )
  say(open, (_, some) => pending(facts, some))
  say(missing, (names) =>
    warn(`${names}: applied, and there is no such file any more`, 'restore the file'),
  )
  return found
}

function inOrder({folder, statuses}: Migrated): Finding {
  if (statuses.length > 0)
    return ok(`${plural(statuses.length, 'migration')} applied, none pending`)
  return ok(
    folder.path === undefined ? 'there is no folder db/migrations' : `no files in ${folder.path}`,
  )
}

/** Where nothing was loaded yet there is nothing to migrate. */
async function isEmpty(facts: Facts): Promise<boolean> {
  const sql = 'SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_stat_user_tables) AS empty'
  const {rows} = await databaseOf(facts).query<{empty: boolean}>(sql)
  return rows[0]?.empty === true
}

export const migrationsCheck: Check<Facts> = {
  name: 'migrations',
  layer: 'contents',
  needs: ['database'],
  run: async (facts, signal) => {
    try {
      const migrated = await lookAtMigrations(facts, signal)
      const {statuses, used} = migrated
      if (!used && statuses.length > 0 && (await isEmpty(facts)))
        return skipped('there is nothing to migrate: see schema')
      return together(judge(facts, migrated), inOrder(migrated))
    } catch (error) {
      signal.throwIfAborted()
      return fileFault(error)
    }
  },
}
