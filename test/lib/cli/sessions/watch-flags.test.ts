import {describe, expect, test} from 'vitest'
import {intervalMs} from '../../../../src/lib/cli/sessions/watch-flags.js'

describe('--interval', () => {
  test.each([
    [undefined, 2000],
    ['1', 1000],
    ['0.2', 200],
    ['.5', 500],
    ['1.25', 1250],
    ['3600', 3_600_000],
  ])('%s is %i ms', (text, ms) => {
    expect(intervalMs(text)).toBe(ms)
  })

  test.each(['0', '0.1', '-1', '3601', '2s', '1e1', '', ' 2', 'NaN', 'Infinity', '1,5'])(
    '«%s» is a mistake, and the error says what it takes',
    (text) => {
      expect(() => intervalMs(text)).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          exit: 2,
          message: `--interval takes seconds from 0.2 to 3600, not "${text}"`,
        }),
      )
    },
  )
})
