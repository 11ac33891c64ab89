import {expect, test} from 'vitest'
import {excerptAt} from '../../../src/lib/sql/excerpt.js'

const excerpt = (text: string, mark: string) => {
  const bytes = Buffer.from(text)
  return excerptAt(bytes, bytes.indexOf(mark))
}

test('shows the line with its number, and a caret under the place', () => {
  const text = `${'\n'.repeat(40)}INSERT INTO public.userz (uuid) VALUES (1)\nSELECT 1`
  expect(excerpt(text, 'public')).toBe(
    ['  41 | INSERT INTO public.userz (uuid) VALUES (1)', '     |             ^'].join('\n'),
  )
})

test('the number has the room it needs', () => {
  expect(excerpt(`${'\n'.repeat(12344)}ab`, 'b')).toBe('12345 | ab\n      |  ^')
})

test('tabs are kept under the line, other characters are one blank each', () => {
  expect(excerpt('\té\t😀x', 'x')).toBe('   1 | \té\t😀x\n     | \t \t ^')
})

test('a CRLF line ends before its CR', () => {
  expect(excerpt('ab\r\ncd\r\n', 'c')).toBe('   2 | cd\n     | ^')
  expect(excerptAt(Buffer.from('ab\r\ncd'), 3)).toBe('   1 | ab\n     |   ^')
})

test('the end of the file can be pointed at', () => {
  expect(excerptAt(Buffer.from('ab'), 2)).toBe('   1 | ab\n     |   ^')
})

test('control characters and those that turn the writing are harmless and keep the caret in place', () => {
  expect(excerpt('\u001b[31m\u202e\u009b\u007fx', 'x')).toBe('   1 | ␛[31m��␡x\n     |         ^')
  expect(excerpt('\u200e\u2067\u2069x', 'x')).toBe('   1 | ���x\n     |    ^')
})

test('a long line is cut to 120 characters around the caret', () => {
  const text = `${'a'.repeat(500)}X${'é'.repeat(500)}`
  expect(excerpt(text, 'X')).toBe(
    [`   1 | …${'a'.repeat(59)}X${'é'.repeat(58)}…`, `     | ${' '.repeat(60)}^`].join('\n'),
  )
})

test('a long line is cut on one side only where the caret is near an end', () => {
  const line = 'a'.repeat(300)
  expect(excerpt(`X${line}`, 'X')).toBe(`   1 | X${'a'.repeat(118)}…\n     | ^`)
  expect(excerpt(`${line}X`, 'X')).toBe(`   1 | …${'a'.repeat(118)}X\n     | ${' '.repeat(119)}^`)
})

test('a line of 50 MB takes no second', () => {
  const bytes = Buffer.alloc(50 * 1024 * 1024, 'a')
  const started = performance.now()
  expect(excerptAt(bytes, bytes.length - 1)).toHaveLength(2 * 7 + 120 + 1 + 120)
  expect(performance.now() - started).toBeLessThan(1000)
})
