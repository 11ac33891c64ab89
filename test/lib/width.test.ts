import stringWidth from 'string-width'
import {expect, test, vi} from 'vitest'
import {widthOf} from '../../src/lib/width.js'

vi.mock('string-width', async (original) => {
  const {default: measure} = await original<typeof import('string-width')>()
  return {default: vi.fn(measure)}
})

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

test('no half of a character is measured, however many belong together', () => {
  vi.mocked(stringWidth).mockClear()
  for (const before of [998, 999]) widthOf(`${'a'.repeat(before)}${'🏽'.repeat(60)}`)
  const pieces = vi.mocked(stringWidth).mock.calls.map(([piece]) => piece)
  expect(pieces).toHaveLength(4)
  expect(pieces.filter((piece) => /\p{Cs}/u.test(piece))).toEqual([])
})
