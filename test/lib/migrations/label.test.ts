import {expect, test} from 'vitest'
import {findMigration, labelOf} from '../../../src/lib/migrations/label.js'
import type {Migration} from '../../../src/lib/migrations/migration.js'
import type {MigrationStatus} from '../../../src/lib/migrations/states.js'

const UP = {file: {} as never, transaction: true, sql: '', endedBy: undefined}
const status = (version: bigint, name: string, file: string | undefined): MigrationStatus => {
  const migration: Migration | undefined = file
    ? {version, name, path: `db/migrations/${file}`, checksum: '', up: UP, down: undefined}
    : undefined
  return {version, name, state: 'pending', migration, record: undefined, outOfOrder: false}
}
const STATUSES = [
  status(1n, 'add_likes', '001_add_likes.sql'),
  status(2n, '2024', '002_2024.sql'),
  status(3n, 'again', '003_again.sql'),
  status(4n, 'again', '004_again.sql'),
  status(5n, 'gone', undefined),
  status(6n, '', '006.sql'),
]

test.each([
  ['001_add_likes', 1n],
  ['001_add_likes.sql', 1n],
  ['db/migrations/001_add_likes.sql', 1n],
  ['add_likes', 1n],
  ['1', 1n],
  ['0001', 1n],
  ['2', 2n],
  ['0005_gone', 5n],
  ['gone', 5n],
  ['006', 6n],
  ['2024', 2n],
])('%s is migration %s', (name, version) => {
  expect(findMigration(STATUSES, name).version).toBe(version)
})

test.each([
  ['again', '"again" is the name of several migrations: 003_again, 004_again'],
  ['7', 'there is no migration "7", neither in db/migrations nor in public.cruddur_migrations'],
  ['', 'there is no migration "", neither in db/migrations nor in public.cruddur_migrations'],
])('%s is none', (name, message) => {
  const find = () => findMigration(STATUSES, name)
  expect(find).toThrow(message)
  expect(find).toThrow(expect.objectContaining({code: 'MIGRATION_NOT_FOUND', exit: 2}))
})

test('one whose file is gone is called as its file was, as far as that is known', () => {
  expect(STATUSES.map(labelOf)).toEqual([
    '001_add_likes',
    '002_2024',
    '003_again',
    '004_again',
    '0005_gone',
    '006',
  ])
})
