import {type CommandLine, plainCommand} from '../target/again.js'
import type {HistoryRecord} from './history.js'
import {findMigration, labelOf} from './label.js'
import type {Migration, Part} from './migration.js'
import {
  changed,
  irreversibleError,
  lateError,
  missing,
  refuseState,
  unfinished,
} from './refusals.js'
import type {MigrationStatus} from './states.js'

export {unfinishedCure} from './refusals.js'

/** A part that is to be run. */
export interface Step {
  direction: 'up' | 'down'
  migration: Migration
  part: Part
  /** Of one that is rolled back: what is known of its run. */
  record: HistoryRecord | undefined
}

/** A record that is to be written, or taken away, without running anything. */
export interface Mark {
  version: bigint
  /** As {@link labelOf}. */
  label: string
  /** The file that counts as applied; without one the record is taken away. */
  migration: Migration | undefined
}

/** What is to be done, given what has run. */
export interface Decision {
  /** In order. */
  steps: readonly Step[]
  marks: readonly Mark[]
  /** Remarks on it. */
  notes: readonly string[]
}

/** Decides under the lock, and for the plan before it. */
export type Decide = (statuses: readonly MigrationStatus[]) => Decision

interface Asked {
  /** Makes the commands of hints; without it they are for a target that no flag has named. */
  command?: CommandLine
}

export interface MigrateRequest extends Asked {
  /** The last one to run; all pending ones unless told. */
  to?: string | undefined
  /** Also run those with a number below one that is applied. */
  outOfOrder?: boolean
  /** Record these as they are now, and run nothing. */
  markApplied?: readonly string[]
}

/**
 * What `migrate` does.
 *
 * @returns a function that throws CruddurError MIGRATION_NOT_FOUND (exit 2), MIGRATION_CHANGED, MIGRATION_UNFINISHED,
 *   MIGRATION_OUT_OF_ORDER, MIGRATION_FILE_MISSING
 */
export function toMigrate({
  to,
  outOfOrder = false,
  markApplied = [],
  command = plainCommand,
}: MigrateRequest = {}): Decide {
  return (statuses) => {
    if (markApplied.length > 0) return marksOf(markApplied, statuses, appliedMark, command)
    const last = to === undefined ? undefined : findMigration(statuses, to, command).version
    refuseState(statuses, 'unfinished', unfinished, command)
    refuseState(statuses, 'changed', changed, command)
    const pending = statuses.filter(
      ({state, version}) => state === 'pending' && (last === undefined || version <= last),
    )
    const late = pending.filter((status) => status.outOfOrder)
    if (late.length > 0 && !outOfOrder) throw lateError(late)
    const steps = pending.flatMap(({migration}) => (migration ? [stepUp(migration)] : []))
    return {steps, marks: [], notes: []}
  }
}

export interface RollbackRequest extends Asked {
  /** How many; 1 unless told. */
  steps?: number | undefined
  /** Instead of them: all that are applied behind this one, which stays. */
  to?: string | undefined
  /** Take the records of these away, and run nothing. */
  markRolledBack?: readonly string[]
}

/**
 * What `rollback` does; the highest number comes first.
 *
 * @returns a function that throws CruddurError MIGRATION_NOT_FOUND (exit 2), MIGRATION_UNFINISHED,
 *   MIGRATION_FILE_MISSING, MIGRATION_IRREVERSIBLE
 */
export function toRollBack({
  steps = 1,
  to,
  markRolledBack = [],
  command = plainCommand,
}: RollbackRequest = {}): Decide {
  return (statuses) => {
    if (markRolledBack.length > 0) return marksOf(markRolledBack, statuses, rolledBackMark, command)
    const stays = to === undefined ? undefined : findMigration(statuses, to, command).version
    const applied = statuses.filter(({record}) => record !== undefined).reverse()
    const chosen =
      stays === undefined ? applied.slice(0, steps) : applied.filter(({version}) => version > stays)
    refuseState(chosen, 'unfinished', unfinished, command)
    refuseState(chosen, 'missing', missing, command)
    const irreversible = chosen.filter(({migration}) => !migration?.down)
    if (irreversible[0]) throw irreversibleError(irreversible, command)
    const notes = chosen
      .filter(({state}) => state === 'changed')
      .map(
        (status) =>
          `${labelOf(status)} was changed after it was applied; its down part is run as it is now`,
      )
    return {steps: chosen.flatMap(stepsDown), marks: [], notes}
  }
}

function stepUp(migration: Migration): Step {
  return {direction: 'up', migration, part: migration.up, record: undefined}
}

function stepsDown({migration, record}: MigrationStatus): Step[] {
  if (!migration?.down) return []
  return [{direction: 'down', migration, part: migration.down, record}]
}

function marksOf(
  names: readonly string[],
  statuses: readonly MigrationStatus[],
  mark: (status: MigrationStatus, command: CommandLine) => Mark | undefined,
  command: CommandLine,
): Decision {
  const chosen = new Set(names.map((name) => findMigration(statuses, name, command)))
  const marks = [...chosen].map((status) => mark(status, command))
  const notes = [...chosen]
    .filter((_, at) => !marks[at])
    .map((status) => `${labelOf(status)} is ${status.state} already`)
  return {steps: [], marks: marks.filter((each) => each !== undefined), notes}
}

function appliedMark(status: MigrationStatus, command: CommandLine): Mark | undefined {
  const {migration, state, version} = status
  if (state === 'applied') return undefined
  if (!migration) throw missing([status], command)
  return {version, label: labelOf(status), migration}
}

function rolledBackMark(status: MigrationStatus): Mark | undefined {
  if (!status.record) return undefined
  return {version: status.version, label: labelOf(status), migration: undefined}
}
