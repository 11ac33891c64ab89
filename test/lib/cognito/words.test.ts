import {expect, test} from 'vitest'
import {differenceLines} from '../../../src/lib/cli/difference-lines.js'
import type {Difference} from '../../../src/lib/cognito/difference.js'
import {ambiguityWarning, planOf} from '../../../src/lib/cognito/words.js'

const none = {count: 0, handles: [], cut: false}

const difference = (changes: Partial<Difference>): Difference => ({
  set: {...none, replaced: 0},
  unchanged: {count: 0},
  databaseOnly: none,
  cognitoOnly: none,
  ambiguous: none,
  cognito: {users: 0, unconfirmed: 0, withoutHandle: 0, notEncodable: 0, disabled: 0},
  database: {rows: 0, withoutHandle: 0},
  ...changes,
})
const handles = (count: number) => ({
  count,
  handles: Array.from({length: Math.min(count, 1000)}, (_, at) => `u${at}`),
  cut: count > 1000,
})

test('a difference names the first ten of each kind and counts the rest', () => {
  const lines = differenceLines(
    difference({set: {...handles(1234), replaced: 1}, databaseOnly: handles(10)}),
  )
  expect(lines).toEqual([
    'will set                            1234  u0, u1, u2, u3, u4, u5, u6, u7, u8, u9 and 1224 more',
    'unchanged                              0',
    'in the database but not in Cognito    10  u0, u1, u2, u3, u4, u5, u6, u7, u8, u9',
    'in Cognito but not in the database     0',
    'ambiguous, left alone                  0',
    '1 of those to be set: in place of another id',
  ])
})

test('it says why a handle is ambiguous, and who was left out', () => {
  const found = difference({
    ambiguous: {
      count: 4,
      cut: false,
      handles: [
        {handle: 'a', reason: 'several-users', users: 2, rows: 1},
        {handle: 'b', reason: 'several-rows', users: 1, rows: 3},
        {handle: 'c', reason: 'renamed', users: 1, rows: 1},
        {handle: 'd', reason: 'id-taken', users: 1, rows: 1},
      ],
    },
    cognito: {users: 9, unconfirmed: 1, withoutHandle: 2, notEncodable: 4, disabled: 3},
    database: {rows: 9, withoutHandle: 1},
  })
  const doubts =
    'a (2 users in Cognito have it), b (3 rows have it), c (its user was renamed meanwhile), d (another row keeps its id)'
  expect(differenceLines(found).slice(4)).toEqual([
    `ambiguous, left alone               4  ${doubts}`,
    '1 user in Cognito is unconfirmed: left out',
    '2 users in Cognito without a preferred_username: left out',
    "4 users in Cognito with a handle that the database's encoding cannot hold: left out",
    '3 users in Cognito are disabled: counted as any other',
    '1 row without a handle: left alone',
  ])
  expect(ambiguityWarning(found)).toBe(`4 handles are ambiguous and left alone: ${doubts}`)
  expect(ambiguityWarning(difference({}))).toBeUndefined()
})

test('no handle steers the terminal', () => {
  const set = {count: 1, handles: ['\x1b[2J\u202e'], cut: false, replaced: 0}
  const found = difference({set})
  expect(differenceLines(found)[0]).toBe('will set                            1  \\x1b[2J\\u202e')
  expect(planOf(found).steps).toEqual(['set cognito_user_id of 1 user: \\x1b[2J\\u202e'])
})

test('a handle of whatever length leaves room for the others', () => {
  const long = [
    'a'.repeat(2048),
    'ー'.repeat(128),
    `z${'\u0301'.repeat(2047)}`,
    '🇨🇦'.repeat(60),
    'b'.repeat(40),
  ]
  const found = difference({databaseOnly: {count: 5, handles: long, cut: false}})
  const shown = (differenceLines(found)[2] ?? '').slice(39).split(', ')
  expect(shown.slice(0, 2)).toEqual([`${'a'.repeat(39)}…`, `${'ー'.repeat(19)}…`])
  expect(shown[2]?.length).toBeLessThan(90)
  expect(shown[3]).toBe(`${'🇨🇦'.repeat(19)}…`)
  expect(shown[4]).toBe('b'.repeat(40))
})

test('a plan says what would be lost, and is empty where nothing is to be set', () => {
  expect(planOf(difference({}))).toEqual({steps: [], loss: null})
  const set = {...handles(2), replaced: 1}
  expect(planOf(difference({set}))).toEqual({
    steps: ['set cognito_user_id of 2 users: u0, u1'],
    loss: 'the ids that 1 of them have now',
  })
  expect(planOf(difference({set: {...set, replaced: 0}})).loss).toBeNull()
})
