import {execFileSync} from 'node:child_process'
import {expect, test} from 'vitest'
import {printable, shellWord} from '../../../src/lib/target/text.js'

test.each([
  ['\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
  ['a\nb\rc\td\0', 'a\\x0ab\\x0dc\\x09d\\x00'],
  ['\x7f\x9b31m', '\\x7f\\x9b31m'],
  ['user\u202Egnp', 'user\\u202egnp'],
  ['\u2066a\u2069\u200b\ufeff\u2028\u2029', '\\u2066a\\u2069\\u200b\\ufeff\\u2028\\u2029'],
  ['\u{e0041}', '\\u{e0041}'],
  ['\ud800', '\\ud800'],
  ['Grüße 数据库 🐘 "a\'b\\ c', 'Grüße 数据库 🐘 "a\'b\\ c'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

test.each([
  'plain-name_1.env',
  '',
  '~/a b',
  "it's",
  '$HOME `id` "x" \\ ! *',
  'a\nb\tc',
  "\x1b[31m'red'\\",
  'user\u202egnp\u0085',
  '\u{e0041}1',
  'Grüße 🐘',
])('%j is one word of a shell, and shows what it is', (text) => {
  const word = shellWord(text)
  expect(printable(word)).toBe(word)
  const said = execFileSync('bash', ['-c', `printf %s ${word}`], {
    encoding: 'utf8',
    env: {...process.env, LC_ALL: 'C.UTF-8'},
  })
  expect(said).toBe(text)
})
