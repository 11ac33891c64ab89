import {describe, expect, test} from 'vitest'
import {age, elapsed, troubleOf} from '../../../../src/lib/cli/sessions/marks.js'
import {ago, NOW, own, session} from './session.js'

describe('a session is marked', () => {
  test.each([
    ['idle in transaction', 61, 'idle in transaction'],
    ['idle in transaction', 59, undefined],
    ['idle in transaction (aborted)', 61, 'idle in transaction'],
    ['active', 60, 'running'],
    ['active', 59, undefined],
    ['idle', 86_400, undefined],
    [null, 86_400, undefined],
  ])('%s for %i s: %s', (state, seconds, trouble) => {
    const times = {query_start: ago(seconds), state_change: ago(seconds)}
    expect(troubleOf(session(1, {state, ...times}), NOW)).toBe(trouble)
  })

  test('by how long its statement runs, not by when the one before began', () => {
    const times = {query_start: ago(500), state_change: ago(5)}
    expect(troubleOf(session(1, {state: 'idle in transaction', ...times}), NOW)).toBeUndefined()
  })

  test('never when it is our own, PostgreSQL’s, or of unknown age', () => {
    const running = {state: 'active', query_start: ago(500)}
    expect(troubleOf({...own, ...running}, NOW)).toBeUndefined()
    expect(troubleOf(session(1, {...running, type: 'walsender'}), NOW)).toBeUndefined()
    const hidden = {state: 'active', query_start: null, state_change: null}
    expect(troubleOf(session(1, hidden), NOW)).toBeUndefined()
  })
})

describe('an age in words', () => {
  test.each([
    [undefined, ''],
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [172_799_999, '47 h'],
    [172_800_000, '2 d'],
  ])('%s ms: %s', (ms, words) => {
    expect(age(ms)).toBe(words)
  })

  test('is never negative: statements begin while the server looks', () => {
    expect(elapsed(ago(-1), NOW)).toBe(0)
    expect(elapsed(null, NOW)).toBeUndefined()
    expect(elapsed('whenever', NOW)).toBeUndefined()
  })
})
