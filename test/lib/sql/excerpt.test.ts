import {expect, test} from 'vitest'
import {excerptAt} from '../../../src/lib/sql/excerpt.js'
import type {Text} from '../../../src/lib/sql/text.js'

/** A whole file, unless told. */
const textOf = (content: string | Buffer, part: Partial<Text> = {}): Text => ({
  path: 'x.sql',
  bytes: Buffer.from(content),
  line: 1,
  before: 0,
  lineEnding: 0x0a,
  cut: false,
  ...part,
})

const excerpt = (content: string, mark: string, part?: Partial<Text>) =>
  excerptAt(textOf(content, part), Buffer.from(content).indexOf(mark))

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
  expect(excerpt('\té\tßx', 'x')).toBe('   1 | \té\tßx\n     | \t \t ^')
})

test.each(['日本', 'ｗ', '한', '😀', '、', '𠀀'])(
  '%s: a character that is two columns wide has two blanks under it',
  (wide) => {
    const blanks = ' '.repeat([...wide].length * 2)
    expect(excerpt(`a${wide}x`, 'x')).toBe(`   1 | a${wide}x\n     |  ${blanks}^`)
    expect(excerpt(`a${wide}x`, wide)).toBe(`   1 | a${wide}x\n     |  ^`)
  },
)

test('a mark that is drawn upon its letter has no blank under it', () => {
  expect(excerpt('e\u0301x', 'x')).toBe('   1 | e\u0301x\n     |  ^')
})

test('a line that begins before what is in memory is shown from there on', () => {
  const part = {line: 41, before: 3000}
  expect(excerpt('bcd e\nf', 'e', part)).toBe('  41 | …cd e\n     |     ^')
  expect(excerpt('bcd e\nf', 'f', part)).toBe('  42 | f\n     | ^')
  expect(excerpt('日 e', 'e', {before: 1})).toBe('   1 | … e\n     |   ^')
})

test('a line that goes on behind what is in memory is cut there', () => {
  expect(excerpt('a\nbcd', 'c', {cut: true})).toBe('   2 | bc…\n     |  ^')
  expect(excerpt('a\nbcd\n', 'c', {cut: true})).toBe('   2 | bcd\n     |  ^')
})

test('a line may end with CR alone', () => {
  expect(excerpt('a\rbcd\re', 'c', {lineEnding: 0x0d})).toBe('   2 | bcd\n     |  ^')
})

test('a CRLF line ends before its CR', () => {
  expect(excerpt('ab\r\ncd\r\n', 'c')).toBe('   2 | cd\n     | ^')
  expect(excerptAt(textOf('ab\r\ncd'), 3)).toBe('   1 | ab\n     |   ^')
})

test('the end of the file can be pointed at', () => {
  expect(excerptAt(textOf('ab'), 2)).toBe('   1 | ab\n     |   ^')
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
  const text = textOf('', {bytes: Buffer.alloc(50 * 1024 * 1024, 'a')})
  // The processor's time, which does not grow with what else the machine does.
  const before = process.cpuUsage()
  expect(excerptAt(text, text.bytes.length - 1)).toHaveLength(2 * 7 + 120 + 1 + 120)
  const {system, user} = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(1000)
})
