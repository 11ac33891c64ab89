import {expect, test} from 'vitest'
import {paced} from '../../../scripts/pictures/pace.js'

const screen = {lines: [], cursor: {line: 0, column: 0}}
const timesOf = (times: number[], typing = false): number[] =>
  paced(times.map((at) => ({at, screen, typing}))).map(({at}) => at)

test('a wait is cut short', () => {
  expect(timesOf([0, 300, 60_300])).toEqual([0, 300, 1500])
})

test('a command that works for long is shown in at most 6 s, unless it is talked to', () => {
  const times = Array.from({length: 21}, (_, i) => i * 1000)
  expect(timesOf(times).at(-1)).toBe(6000)
  expect(timesOf(times, true).at(-1)).toBe(20_000)
})

test('of quick changes some are shown, and the last', () => {
  expect(timesOf([0, 10, 20, 100, 110, 120, 500])).toEqual([0, 100, 120, 500])
})
