import {describe, expect, test} from 'vitest'
import {cut, type Fitting, fit, line, table} from '../../../src/lib/cli/table.js'

describe('a text that is cut', () => {
  test.each([
    ['short', 5, 'short'],
    ['a little longer', 8, 'a littl…'],
    ['a little longer', 1, '…'],
    ['anything', 0, ''],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['👨‍👩‍👧 family', 4, '👨‍👩‍👧 …'],
  ])('«%s» in %i columns is «%s»', (text, columns, shown) => {
    expect(cut(text, columns)).toBe(shown)
  })
})

describe('a table', () => {
  test('is aligned by columns of the terminal, whatever width characters have', () => {
    const rows = [
      [1, '日本語', 'x'],
      [23, 'abc', null],
    ]
    expect(table(['n', 'name', 'end'], rows)).toBe('n   name    end\n1   日本語  x\n23  abc')
  })

  test('makes harmless what could steer the terminal', () => {
    expect(table(['a'], [['x\u001b[31m\ny']])).toBe('a\nx\\x1b[31m\\x0ay')
  })

  test('without rows is its headings', () => {
    expect(table(['a', 'b'], [])).toBe('a  b')
  })
})

describe('a line', () => {
  test('fills up behind its colour, not before, and not at its end', () => {
    const paint = (text: string): string => `<${text}>`
    expect(line(['ab', '', 'c', ''], [4, 2, 3, 5], paint)).toBe('<ab>        <c>')
  })
})

describe('columns that have to fit', () => {
  const firm: Fitting = {natural: 10}
  const soft: Fitting = {natural: 20, least: 5, leaves: 2}
  const loose: Fitting = {natural: 6, leaves: 1}

  test('have all they want where there is room', () => {
    expect(fit([firm, soft, loose], 40)).toEqual([10, 20, 6])
    expect(fit([firm, soft, loose], Number.POSITIVE_INFINITY)).toEqual([10, 20, 6])
  })

  test('are cut, but for those that may not be', () => {
    expect(fit([firm, soft, loose], 30)).toEqual([10, 10, 6])
    expect(fit([firm, soft, loose], 25)).toEqual([10, 5, 6])
  })

  test('are left out in their order when even that is too much, and never those that have to stay', () => {
    expect(fit([firm, soft, loose], 24)).toEqual([10, 12, undefined])
    expect(fit([firm, soft, loose], 16)).toEqual([10, undefined, undefined])
    expect(fit([firm, soft, loose], 3)).toEqual([10, undefined, undefined])
  })

  test('get what they are to have first before others get more', () => {
    const [first, other] = [{...soft, first: 12}, soft]
    expect(fit([other, first], 20)).toEqual([6, 12])
    expect(fit([other, first], 30)).toEqual([14, 14])
  })

  test('that are extra leave before others are narrower than their first width', () => {
    const columns = [
      {...soft, first: 12},
      {...loose, extra: true},
    ]
    expect(fit(columns, 20)).toEqual([12, 6])
    expect(fit(columns, 19)).toEqual([19, undefined])
  })

  test.each(Array.from({length: 60}, (_, at) => at + 10))('never take more than %i', (room) => {
    const widths = fit([firm, soft, loose, {...soft, first: 9, leaves: 3}], room)
    const kept = widths.filter((width) => width !== undefined)
    expect(kept.reduce((sum, width) => sum + width + 2, -2)).toBeLessThanOrEqual(room)
  })
})
