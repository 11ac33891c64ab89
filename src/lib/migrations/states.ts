import type {HistoryRecord} from './history.js'
import type {Migration} from './migration.js'

/**
 * `changed`: applied, and its up part is another one since. `missing`: applied, and there is no such file.
 * `unfinished`: one without a transaction that stopped half way.
 */
export type MigrationState = 'applied' | 'pending' | 'changed' | 'missing' | 'unfinished'

/** A migration, as a file, in the database, or both. */
export interface MigrationStatus {
  version: bigint
  /** That of the file; of one without a file the name it had when it ran. */
  name: string
  state: MigrationState
  migration: Migration | undefined
  record: HistoryRecord | undefined
  /** Pending, though one with a higher number is applied. */
  outOfOrder: boolean
}

/** The state of each migration that there is a file of, or that was applied, by version. */
export function statesOf(
  migrations: readonly Migration[],
  records: readonly HistoryRecord[],
): MigrationStatus[] {
  const files = new Map(migrations.map((migration) => [migration.version, migration]))
  const known = new Map(records.map((record) => [record.version, record]))
  const versions = [...new Set([...files.keys(), ...known.keys()])].sort(byValue)
  const last = records
    .map(({version}) => version)
    .sort(byValue)
    .at(-1)
  return versions.map((version) => {
    const [migration, record] = [files.get(version), known.get(version)]
    return {
      version,
      name: migration?.name ?? record?.name ?? '',
      state: stateOf(migration, record),
      migration,
      record,
      outOfOrder: record === undefined && last !== undefined && version < last,
    }
  })
}

function stateOf(
  migration: Migration | undefined,
  record: HistoryRecord | undefined,
): MigrationState {
  if (!record) return 'pending'
  if (record.finishedAt === null) return 'unfinished'
  if (!migration) return 'missing'
  return migration.checksum === record.checksum ? 'applied' : 'changed'
}

function byValue(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}

/** Whether the database is where the files would have it; one whose file is gone is no reason to run something. */
export function isUpToDate(statuses: readonly MigrationStatus[]): boolean {
  return statuses.every(({state}) => state === 'applied' || state === 'missing')
}
