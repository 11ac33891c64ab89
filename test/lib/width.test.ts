import stringWidth from 'string-width'
import {expect, test} from 'vitest'
import {widthOf} from '../../src/lib/width.js'

test.each(['', 'plain', 'é', 'e\u0301', '日本', '👍', '👨‍👩‍👧', '🇩🇪', '👍🏽', 'ｶﾞ'])(
  'the width of %j is what string-width says, also where it is repeated',
  (text) => {
    for (const times of [1, 7, 400]) {
      expect(widthOf(text.repeat(times))).toBe(stringWidth(text.repeat(times)))
    }
  },
)

test('a text of millions of characters is measured in time that grows with its length only', () => {
  expect(widthOf('日'.repeat(3_000_000))).toBe(6_000_000)
  expect(widthOf('\u0301'.repeat(1_000_000))).toBe(0)
})
