import {expect, test} from 'vitest'
import {differenceLines} from '../../../src/lib/cli/difference-lines.js'
import type {Difference} from '../../../src/lib/cognito/difference.js'

const none = {count: 0, handles: [], cut: false}

const difference = (handles: string[]): Difference => ({
  set: {count: handles.length, handles, cut: false, replaced: 0},
  unchanged: {count: 0},
  databaseOnly: none,
  cognitoOnly: none,
  ambiguous: none,
  cognito: {users: 0, unconfirmed: 0, withoutHandle: 0, notEncodable: 0, disabled: 0},
  database: {rows: 0, withoutHandle: 0},
})

test('on a terminal the names stay in their column, or below where that is narrow', () => {
  const found = difference(Array.from({length: 12}, (_, at) => `u${at}`))
  expect(differenceLines(found, 75).slice(0, 3)).toEqual([
    'will set                            12  u0, u1, u2, u3, u4, u5, u6, u7, u8,',
    '                                        u9 and 2 more',
    'unchanged                            0',
  ])
  expect(differenceLines(found, 40).slice(0, 3)).toEqual([
    'will set                            12',
    '    u0, u1, u2, u3, u4, u5, u6, u7, u8,',
    '    u9 and 2 more',
  ])
})
