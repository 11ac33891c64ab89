import {describe, expect, test} from 'vitest'
import {type Decision, toMigrate, toRollBack} from '../../../src/lib/migrations/decide.js'
import type {HistoryRecord} from '../../../src/lib/migrations/history.js'
import type {Migration} from '../../../src/lib/migrations/migration.js'
import {statesOf} from '../../../src/lib/migrations/states.js'

const PART = {file: {} as never, transaction: true, sql: '', endedBy: undefined}
const file = (version: bigint, checksum = 'a', name = `m${version}`): Migration => {
  const path = `db/migrations/${version}_${name}.sql`
  return {version, name, path, checksum, up: PART, down: PART}
}
const record = (version: bigint, finishedAt: string | null = 'then'): HistoryRecord => ({
  version,
  name: `m${version}`,
  checksum: 'a',
  startedAt: 'then',
  finishedAt,
  appliedBy: 'me',
})
const FILES = [file(1n), file(2n), file(3n), file(4n)]

const shown = ({marks, notes, steps}: Decision): string[] => [
  ...steps.map(({direction, migration}) => `${direction} ${migration.version}`),
  ...marks.map(({label, migration}) => `${migration ? 'mark' : 'unmark'} ${label}`),
  ...notes,
]
const refusal = (decide: () => unknown) => {
  try {
    return decide()
  } catch (error) {
    const {code, message, exit} = error as {code: string; message: string; exit: number}
    return [exit, code, message]
  }
}

describe('migrate', () => {
  const statuses = statesOf(FILES, [record(1n)])

  test.each([
    ['all that are pending', {}, ['up 2', 'up 3', 'up 4']],
    ['those up to one', {to: '3'}, ['up 2', 'up 3']],
    ['nothing behind one that is applied', {to: '1'}, []],
    [
      'marks only, where it is told to mark',
      {markApplied: ['3', '2', 'm3']},
      ['mark 3_m3', 'mark 2_m2'],
    ],
    ['nothing for a mark that is there', {markApplied: ['1']}, ['1_m1 is applied already']],
  ])('does %s', (_, request, expected) => {
    expect(shown(toMigrate(request)(statuses))).toEqual(expected)
  })

  test('runs what is late when it is told to', () => {
    const late = statesOf(FILES, [record(1n), record(3n)])
    expect(shown(toMigrate({outOfOrder: true})(late))).toEqual(['up 2', 'up 4'])
    expect(refusal(() => toMigrate()(late))).toEqual([
      1,
      'MIGRATION_OUT_OF_ORDER',
      '2_m2: pending, with a number below one that is applied; nothing was run',
    ])
  })

  test('is refused for all that were changed, also behind the last one to run', () => {
    const files = [file(1n, 'b'), file(2n), file(3n, 'b', 'new')]
    const changed = statesOf(files, [record(1n), record(2n), record(3n)])
    expect(refusal(() => toMigrate({to: '2'})(changed))).toEqual([
      1,
      'MIGRATION_CHANGED',
      '1_m1, 3_new: changed after it was applied (it was called m3 then); nothing was run',
    ])
    expect(shown(toMigrate({markApplied: ['1', '3']})(changed))).toEqual([
      'mark 1_m1',
      'mark 3_new',
    ])
  })

  test('is refused where one stopped half way', () => {
    const unfinished = statesOf(FILES, [record(1n, null)])
    expect(refusal(() => toMigrate()(unfinished))).toEqual([
      1,
      'MIGRATION_UNFINISHED',
      '1_m1: stopped half way, and what it did before that is kept; nothing was run',
    ])
    expect(shown(toMigrate({markApplied: ['1']})(unfinished))).toEqual(['mark 1_m1'])
  })

  test('marks no migration whose file is gone', () => {
    const gone = statesOf([], [record(1n)])
    expect(refusal(() => toMigrate({markApplied: ['1']})(gone))).toEqual([
      1,
      'MIGRATION_FILE_MISSING',
      '0001_m1: applied, and there is no such file any more; nothing was run',
    ])
    expect(shown(toMigrate()(gone))).toEqual([])
  })
})

describe('rollback', () => {
  const statuses = statesOf(FILES, [record(1n), record(2n), record(3n)])

  test.each([
    ['the last one', {}, ['down 3']],
    ['the last two', {steps: 2}, ['down 3', 'down 2']],
    ['no more than there are', {steps: 9}, ['down 3', 'down 2', 'down 1']],
    ['all behind one', {to: 'm1'}, ['down 3', 'down 2']],
    ['nothing behind the last one', {to: '4'}, []],
    ['marks only, where it is told to mark', {markRolledBack: ['2']}, ['unmark 2_m2']],
    ['nothing for a mark that is not there', {markRolledBack: ['4']}, ['4_m4 is pending already']],
  ])('takes back %s', (_, request, expected) => {
    expect(shown(toRollBack(request)(statuses))).toEqual(expected)
  })

  test('is refused where one of them stopped half way, and not where another did', () => {
    const unfinished = statesOf(FILES, [record(1n), record(2n, null), record(3n)])
    expect(shown(toRollBack()(unfinished))).toEqual(['down 3'])
    expect(refusal(() => toRollBack({steps: 2})(unfinished))).toEqual([
      1,
      'MIGRATION_UNFINISHED',
      '2_m2: stopped half way, and what it did before that is kept; nothing was run',
    ])
  })
})
