import {expect, test} from 'vitest'
import type {HistoryRecord} from '../../../src/lib/migrations/history.js'
import type {Migration} from '../../../src/lib/migrations/migration.js'
import {isUpToDate, statesOf} from '../../../src/lib/migrations/states.js'

const UP = {file: {} as never, transaction: true, sql: '', endedBy: undefined}
const file = (version: bigint, checksum = 'a'): Migration => ({
  version,
  name: `m${version}`,
  path: `db/migrations/${version}_m${version}.sql`,
  checksum,
  up: UP,
  down: undefined,
})
const record = (version: bigint, changes: Partial<HistoryRecord> = {}): HistoryRecord => ({
  version,
  name: `m${version}`,
  checksum: 'a',
  startedAt: '2026-01-01T00:00:00.000000Z',
  finishedAt: '2026-01-01T00:00:01.000000Z',
  appliedBy: 'me',
  ...changes,
})
const shown = (files: Migration[], records: HistoryRecord[]): string[] =>
  statesOf(files, records).map(
    ({outOfOrder, state, version}) => `${version} ${state}${outOfOrder ? ' late' : ''}`,
  )

test('each migration has the state that its file and its record give it', () => {
  const files = [file(1n), file(2n), file(3n, 'b'), file(4n), file(6n), file(20n)]
  const records = [
    record(1n),
    record(3n),
    record(4n, {finishedAt: null, checksum: 'other'}),
    record(5n),
    record(6n, {finishedAt: null}),
  ]
  expect(shown(files, records)).toEqual([
    '1 applied',
    '2 pending late',
    '3 changed',
    '4 unfinished',
    '5 missing',
    '6 unfinished',
    '20 pending',
  ])
})

test('numbers are compared as numbers, however large', () => {
  const versions = [20260101000000n, 9n, 10n, 9007199254740993n, 9007199254740992n]
  expect(
    statesOf(
      versions.map((version) => file(version)),
      [],
    ).map(({version}) => version),
  ).toEqual([9n, 10n, 20260101000000n, 9007199254740992n, 9007199254740993n])
})

test('a file that was given another name is the same migration', () => {
  expect(shown([file(1n)], [record(1n, {name: 'before'})])).toEqual(['1 applied'])
})

test('a database is up to date without files, and not with one that is pending', () => {
  expect(isUpToDate(statesOf([], [record(1n)]))).toBe(true)
  expect(isUpToDate(statesOf([file(2n)], [record(1n)]))).toBe(false)
  expect(isUpToDate(statesOf([file(1n, 'b')], [record(1n)]))).toBe(false)
  expect(isUpToDate(statesOf([], [record(1n, {finishedAt: null})]))).toBe(false)
})
