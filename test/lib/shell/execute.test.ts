import {expect, test} from 'vitest'
import {elapsed} from '../../../src/lib/shell/execute.js'

test.each([
  [0.5, 'Time: 0.500 ms'],
  [999.9994, 'Time: 999.999 ms'],
  [1203.072, 'Time: 1203.072 ms (00:01.203)'],
  [61_000, 'Time: 61000.000 ms (01:01.000)'],
  [3_600_000, 'Time: 3600000.000 ms (01:00:00.000)'],
  [90_061_001, 'Time: 90061001.000 ms (1 d 01:01:01.001)'],
])('%d ms are told as by psql: %s', (ms, text) => {
  expect(elapsed(ms)).toBe(text)
})
