import {expect, test} from 'vitest'
import {NEW_SEARCH, searchFrom, searchPrompt} from '../../../src/lib/shell/search.js'

const ENTRIES = ['SELECT 3;', 'INSERT INTO a;', 'select 2;', 'SELECT 1;']

test('a search goes from the latest entry to older ones, and stays at the last that is found', () => {
  const typed = {...NEW_SEARCH, wanted: 'select'}
  const first = searchFrom(ENTRIES, typed, 0)
  expect(first.at).toBe(0)
  const second = searchFrom(ENTRIES, first, first.at + 1)
  expect(second.at).toBe(2)
  const third = searchFrom(ENTRIES, second, second.at + 1)
  expect(third.at).toBe(3)
  expect(searchFrom(ENTRIES, third, third.at + 1)).toEqual(third)
})

test('the prompt says what is looked for, and when nothing holds it', () => {
  expect(searchPrompt(ENTRIES, NEW_SEARCH)).toBe('(search: ) ')
  expect(searchPrompt(ENTRIES, {wanted: 'ins', at: 1})).toBe('(search: ins) ')
  expect(searchPrompt(ENTRIES, {wanted: 'insx', at: 1})).toBe('(not found: insx) ')
  expect(searchPrompt(ENTRIES, {wanted: 'x', at: -1})).toBe('(not found: x) ')
})
