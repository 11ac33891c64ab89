import {expect, test} from 'vitest'
import {formatOf} from '../../../src/lib/diagram/format.js'

test.each([
  [undefined, undefined, 'svg'],
  ['mermaid', undefined, 'mermaid'],
  [undefined, 'a/b.svg', 'svg'],
  [undefined, 'schema.MMD', 'mermaid'],
  [undefined, 'schema.mermaid', 'mermaid'],
  [undefined, 'schema.md', 'svg'],
  ['mermaid', 'schema.md', 'mermaid'],
  ['svg', 'schema.svg', 'svg'],
] as const)('--format %s, --output %s: %s', (named, file, format) => {
  expect(formatOf(named, file)).toBe(format)
})

test('a file whose name says something else is refused', () => {
  const refusal = expect.objectContaining({
    code: 'USAGE',
    exit: 2,
    message: '--format mermaid does not go into schema.svg',
  })
  expect(() => formatOf('mermaid', 'schema.svg')).toThrow(refusal)
})

test('a file without a name is refused', () => {
  const refusal = expect.objectContaining({code: 'USAGE', message: '--output names no file'})
  expect(() => formatOf(undefined, '')).toThrow(refusal)
})
