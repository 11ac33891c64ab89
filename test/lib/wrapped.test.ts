import {describe, expect, test} from 'vitest'
import {listed, wrapped} from '../../src/lib/wrapped.js'

describe('a text', () => {
  test('is broken between words, at the last one that fits', () => {
    expect(wrapped('one two three four', 11)).toEqual(['one two', 'three four'])
  })

  test('keeps blanks between words, but not those at a break', () => {
    expect(wrapped('local  postgres@h  x', 14)).toEqual(['local', 'postgres@h  x'])
  })

  test('has words broken that are longer than a line, and goes on behind them', () => {
    expect(wrapped(`a ${'x'.repeat(25)} b`, 10)).toEqual([
      'a',
      'xxxxxxxxxx',
      'xxxxxxxxxx',
      'xxxxx b',
    ])
  })

  test('leaves a word whole that is to be copied', () => {
    expect(wrapped('see https://example.org/a-long-path now', 10, {whole: true})).toEqual([
      'see',
      'https://example.org/a-long-path',
      'now',
    ])
  })

  test('hangs behind its first line', () => {
    expect(wrapped('1. one two three four', 13, {hang: 3})).toEqual(['1. one two', '   three four'])
  })

  test('is measured in columns, of which some characters take two and some none', () => {
    expect(wrapped('表表表 表表表', 12)).toEqual(['表表表', '表表表'])
    expect(wrapped(`${'e\u0301'.repeat(10)} x`, 12)).toEqual([`${'e\u0301'.repeat(10)} x`])
    expect(wrapped('🦀'.repeat(7), 10)).toEqual(['🦀'.repeat(5), '🦀'.repeat(2)])
  })

  test('stays in one line where there is no width', () => {
    expect(wrapped('x '.repeat(500).trim(), Number.POSITIVE_INFINITY)).toHaveLength(1)
  })

  test('of nothing is an empty line, and a width of nothing still ends', () => {
    expect(wrapped('', 40)).toEqual([''])
    expect(wrapped('abcdefghijklm', 0)).toEqual(['abcdefghij', 'klm'])
  })
})

describe('a list of tables', () => {
  test('names all of them where they fit', () => {
    expect(listed(['activities', 'users'], 2, 40)).toBe('2 tables: activities, users')
    expect(listed(['users'], 1, 40)).toBe('1 table: users')
  })

  test('names as many as fit, and says that there are more', () => {
    expect(listed(['activities', 'likes', 'users'], 3, 30)).toBe('3 tables: activities, likes, …')
    expect(listed(['activities', 'likes', 'users'], 3, 29)).toBe('3 tables: activities, …')
  })

  test('tells their number alone where not even one fits', () => {
    expect(listed(['x'.repeat(63)], 1, 40)).toBe('1 table')
  })

  test('names twelve at most, however wide the terminal is', () => {
    const names = Array.from({length: 20}, (_, index) => `t${index}`)
    expect(listed(names, 48, Number.POSITIVE_INFINITY)).toBe(
      '48 tables: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, …',
    )
  })
})
