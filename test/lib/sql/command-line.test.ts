import {describe, expect, test} from 'vitest'
import {readCommandLine} from '../../../src/lib/sql/command-line.js'
import {readByPsql} from './psql.js'

const read = (line: string | Buffer) => readCommandLine(Buffer.from(line))
const argsOf = (line: string) => read(`\\echo ${line}`).args

describe('arguments', () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['   \t ', []],
    ['a', ['a']],
    ['a b\tc', ['a', 'b', 'c']],
    ['  a   b  ', ['a', 'b']],
    ['a\r', ['a']],
    ['a\rb\fc', ['a', 'b', 'c']],
    ["'a b'", ['a b']],
    ["''", ['']],
    ["'' ''", ['', '']],
    ["'it''s'", ["it's"]],
    ["'it\\'s'", ["it's"]],
    ["''''", ["'"]],
    ["'a'b'c'", ['abc']],
    ['"a b"', ['"a b"']],
    ['""', ['""']],
    ['"a""b"', ['"a""b"']],
    ['"it\'s"', ['"it\'s"']],
    [`a'b c'd"e f"g`, [`ab cd"e f"g`]],
    ["'a\\nb\\tc\\bd\\re\\ff'", ['a\nb\tc\bd\re\ff']],
    ["'\\x41\\101\\0411\\x4a4'", ['AA!1J4']],
    ["'\\q\\\\\\\"'", ['q\\"']],
    ["'\\x'", ['x']],
    ['"a\\b"', ['"a\\b"']],
    ['a -- b', ['a', '--', 'b']],
    ['a /* b */ c', ['a', '/*', 'b', '*/', 'c']],
    ['a; SELECT 5;', ['a;', 'SELECT', '5;']],
    ['$$a b$$', ['$$a', 'b$$']],
    ['é😀 "ü ö"', ['é😀', '"ü ö"']],
    ['a\u00a0b \u2028 c', ['a\u00a0b', '\u2028', 'c']],
    ["'é\\é'", ['éé']],
  ])('%j', (line, args) => {
    expect(argsOf(line)).toEqual(args)
  })

  test('bytes of UTF-8 may be written in octal and hex', () => {
    expect(argsOf("'\\303\\251\\xc3\\xa9'")).toEqual(['éé'])
  })
})

describe('the name', () => {
  test.each<[string, string]>([
    ['\\echo', 'echo'],
    ['\\echo a', 'echo'],
    ['\\echo\ta', 'echo'],
    ['\\echo\r', 'echo'],
    ['\\d+ a', 'd+'],
    ['\\echo\\c', 'echo'],
    ['\\\\', ''],
    ['\\', ''],
    ['\\ a', ''],
    ['\\;', ';'],
    ['\\.', '.'],
    ['\\?', '?'],
    ['\\!ls', '!ls'],
    ["\\echo'a'", "echo'a'"],
    ['\\ﬁ x', 'ﬁ'],
    ['\\echo\u00a0a b', 'echo\u00a0a'],
    ['\\echo\u3000a b', 'echo\u3000a'],
    ['\\echo\ufeff b', 'echo\ufeff'],
  ])('%j', (line, name) => {
    expect(read(line).name).toBe(name)
  })
})

describe('where it ends', () => {
  const behind = (line: string) => line.slice(read(line).end)
  test.each([
    ['\\echo a', ''],
    ['\\echo a   ', ''],
    ['\\echo a \\echo b', '\\echo b'],
    ['\\echo a\\echo b', '\\echo b'],
    ['\\echo\\echo b', '\\echo b'],
    ['\\echo a \\\\ SELECT 1;', ' SELECT 1;'],
    ['\\echo a\\\\SELECT 1;', 'SELECT 1;'],
    ['\\echo\\\\', ''],
    ['\\echo a \\', '\\'],
    ["\\echo 'a\\\\b' \\x", '\\x'],
    ['\\echo "a\\x" \\y', '\\y'],
    ["\\echo 'a'\\x", '\\x'],
  ])('%j: before %j', (line, rest) => {
    expect(behind(line)).toBe(rest)
  })

  test('counts in bytes', () => {
    expect(read('\\echo é😀 \\\\').end).toBe(Buffer.byteLength('\\echo é😀 \\\\'))
    expect(read('\\é ü\\x').end).toBe(Buffer.byteLength('\\é ü'))
  })
})

describe('what cannot be taken as it is', () => {
  test.each(["'", "'a", "'a''", "'a\\'", "a'b", '"', '"a', '"a\\', '`', '`a', "a b 'c"])(
    '%j is not closed',
    (line) => {
      expect(read(`\\echo ${line}`).unclosed).toBe(true)
    },
  )

  test.each(["''", "'a\"'", '"a\'"', "'a`'", '`a`', "'a''b'", '"a""b"'])('%j is closed', (line) => {
    expect(read(`\\echo ${line}`).unclosed).toBe(false)
  })

  test('backticks run a program, but in quotes they do not', () => {
    for (const line of ['`a`', 'a`b`', '"a"`b`', '`', 'x `y z` \\\\'])
      expect(read(`\\echo ${line}`).runsProgram, line).toBe(true)
    for (const line of ["'`a`'", '"`a`"', 'a', '\\\\ `a`'])
      expect(read(`\\echo ${line}`).runsProgram, line).toBe(false)
  })
})

test('psql echoes the same', async (context) => {
  const lines = [
    'a',
    'a b\tc',
    '  a   b  ',
    "'a b'  c",
    "''",
    "'' ''",
    "a '' b",
    "'it''s'",
    "'it\\'s' ''''",
    "'a'b'c'",
    '"a b" ""',
    '"a""b"',
    `"it's" 'q"r'`,
    `a'b c'd"e f"g`,
    "'a\\nb\\tc'",
    "'\\x41\\101\\0411\\x4a4'",
    "'\\q\\\\\\\"\\x'",
    '"a\\',
    'a -- b /* c */ d',
    'a; SELECT 5;',
    '$$a b$$',
    'é😀 "ü ö"',
    "'é\\é'",
    "'\\303\\251\\xc3\\xa9'",
    'a:b ::int :1 a:',
    'a\u00a0b',
    'a -n b',
    'a\rb\fc\r',
    "'`a`'",
    '"`a`"',
    'a#$%&()*+,-./<=>?@[]^_{|}~',
  ].filter((line) => !readCommandLine(Buffer.from(`\\echo ${line}`)).unclosed)
  const outcomes = await readByPsql(lines.map((line) => `\\echo ${line}\n`))
  if (!outcomes) return context.skip('psql is not installed')
  expect(lines.map((line) => `${argsOf(line).join(' ')}\n`)).toEqual(
    outcomes.map(({output}) => output),
  )
})
