import {CruddurError} from '../error.js'
import type {ErrorCode} from '../error-codes.js'
import {type CommandLine, plainCommand} from '../target/again.js'
import {shellWord} from '../target/text.js'
import {labelOf} from './label.js'
import type {MigrationStatus} from './states.js'

/** @throws what `errorOf` makes of those in that state */
export function refuseState(
  statuses: readonly MigrationStatus[],
  state: MigrationStatus['state'],
  errorOf: (found: readonly MigrationStatus[], command: CommandLine) => CruddurError,
  command: CommandLine,
): void {
  const found = statuses.filter((status) => status.state === state)
  if (found.length > 0) throw errorOf(found, command)
}

/** What to type so that they count as they are meant to. */
export function marking(
  flag: '--mark-applied' | '--mark-rolled-back',
  statuses: readonly MigrationStatus[],
  command: CommandLine,
): string {
  const verb = flag === '--mark-applied' ? 'migrate' : 'rollback'
  const flags = statuses.map((status) => `${flag} ${shellWord(labelOf(status))}`)
  return command(`${verb} ${flags.join(' ')}`)
}

/** How a migration that stopped half way is brought to an end. */
export function unfinishedCure(
  statuses: readonly MigrationStatus[],
  command: CommandLine = plainCommand,
): string {
  const [applied, back] = [
    marking('--mark-applied', statuses, command),
    marking('--mark-rolled-back', statuses, command),
  ]
  return `finish it by hand, then ${applied}; or undo what it did, then ${back}`
}

function refused(
  code: ErrorCode,
  statuses: readonly MigrationStatus[],
  message: string,
  hint: string,
): CruddurError {
  const names = statuses.map(labelOf)
  return new CruddurError(code, `${names.join(', ')}: ${message}`, {
    hint,
    data: {migrations: names},
  })
}

export function unfinished(
  statuses: readonly MigrationStatus[],
  command: CommandLine,
): CruddurError {
  const message = 'stopped half way, and what it did before that is kept; nothing was run'
  return refused('MIGRATION_UNFINISHED', statuses, message, unfinishedCure(statuses, command))
}

export function changed(statuses: readonly MigrationStatus[], command: CommandLine): CruddurError {
  const names = statuses.map(({name, record}) =>
    record && record.name !== name ? ` (it was called ${record.name} then)` : '',
  )
  const message = `changed after it was applied${names.join('')}; nothing was run`
  const hint = `restore the file, or, if the database is as it says now: ${marking('--mark-applied', statuses, command)}`
  return refused('MIGRATION_CHANGED', statuses, message, hint)
}

export function lateError(statuses: readonly MigrationStatus[]): CruddurError {
  const message = 'pending, with a number below one that is applied; nothing was run'
  const hint =
    'give it a higher number, or, if it does not matter which runs first, add: --out-of-order'
  return refused('MIGRATION_OUT_OF_ORDER', statuses, message, hint)
}

export function missing(statuses: readonly MigrationStatus[], command: CommandLine): CruddurError {
  const message = 'applied, and there is no such file any more; nothing was run'
  const hint = `restore the file, or, if the database has nothing of it: ${marking('--mark-rolled-back', statuses, command)}`
  return refused('MIGRATION_FILE_MISSING', statuses, message, hint)
}

export function irreversibleError(
  statuses: readonly MigrationStatus[],
  command: CommandLine,
): CruddurError {
  const message = 'it has no down part; nothing was rolled back'
  const hint = `write one below "-- migrate:down", or undo it by hand, then ${marking('--mark-rolled-back', statuses, command)}`
  return refused('MIGRATION_IRREVERSIBLE', statuses, message, hint)
}
