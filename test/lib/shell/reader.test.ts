import {describe, expect, test} from 'vitest'
import {
  awaited,
  createReader,
  feed,
  type Item,
  nextItem,
  pending,
  reset,
  takeRest,
} from '../../../src/lib/shell/reader.js'

const shown = (item: Item): string =>
  item.kind === 'command'
    ? item.text
    : item.text.bytes.toString('utf8', item.statement.start, item.statement.end)

function read(...lines: string[]) {
  const reader = createReader('')
  const items: string[] = []
  for (const line of lines) {
    feed(reader, Buffer.from(line))
    for (let item = nextItem(reader); item; item = nextItem(reader)) items.push(shown(item))
  }
  return {reader, items}
}

describe('lines come to statements and commands', () => {
  test.each<[string[], string[]]>([
    [['SELECT 1;'], ['SELECT 1']],
    [['SELECT 1; SELECT 2;'], ['SELECT 1', 'SELECT 2']],
    [['SELECT', '1', ';'], ['SELECT\n1\n']],
    [['', '  ', '-- nothing', ';;'], []],
    [['SELECT \';\', ";", $$;$$, $a$;$b$;$a$;'], ['SELECT \';\', ";", $$;$$, $a$;$b$;$a$']],
    [['/* ; */ SELECT 1 /* ; */;'], ['SELECT 1 /* ; */']],
    [
      ['CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);'],
      ['CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)'],
    ],
    [['\\d users'], ['\\d users']],
    [['\\dt \\l'], ['\\dt ', '\\l']],
    [['\\h alter table \\x'], ['\\h alter table \\x']],
    [
      ['SELECT 1 \\x', '+ 1;'],
      ['\\x', 'SELECT 1 \n+ 1'],
    ],
    [["SELECT '\\d';"], ["SELECT '\\d'"]],
    [["SELECT E'\\';';"], ["SELECT E'\\';'"]],
    [["SELECT 'é日';"], ["SELECT 'é日'"]],
  ])('%j', (lines, items) => {
    expect(read(...lines).items).toEqual(items)
  })
})

describe('the prompt tells what is awaited', () => {
  test.each<[string, string]>([
    ['', '='],
    ['SELECT 1;', '='],
    ['-- a comment', '='],
    ['SELECT 1', '-'],
    ["SELECT 'a", "'"],
    ['SELECT "a', '"'],
    ['SELECT $x$ a', '$'],
    ['SELECT /* a', '*'],
    ['/* a', '*'],
    ['SELECT (1', '('],
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;', '-'],
  ])('%j: %s', (line, sign) => {
    expect(awaited(read(line).reader)).toBe(sign)
  })
})

describe('what is typed', () => {
  test('can be shown, and forgotten', () => {
    const {reader} = read('SELECT 1,', "  'x")
    expect(pending(reader)).toBe("SELECT 1,\n  'x")
    reset(reader)
    expect([pending(reader), awaited(reader)]).toEqual(['', '='])
    feed(reader, Buffer.from('SELECT 2;'))
    const item = nextItem(reader)
    expect(item && shown(item)).toBe('SELECT 2')
  })

  test.each<[string, string | undefined]>([
    ['SELECT 1', 'SELECT 1'],
    ['SELECT 1 -- and so on', 'SELECT 1 -- and so on'],
    ["SELECT 'open", "SELECT 'open"],
    ['SELECT (1', 'SELECT (1'],
    ['', undefined],
    ['-- nothing', undefined],
  ])('without a ; can be taken as it is: %j', (line, taken) => {
    const typed = takeRest(read(line).reader)
    const text = typed?.text.bytes.toString('utf8', typed.statement.start, typed.statement.end)
    expect(text).toBe(taken)
  })

  test('is taken up to the command in its middle, and the rest of the line goes on', () => {
    const reader = createReader('')
    feed(reader, Buffer.from('SELECT 1 \\g \\x'))
    expect(nextItem(reader)).toMatchObject({kind: 'command', within: true})
    const typed = takeRest(reader)
    expect(typed?.statement).toEqual({start: 0, end: 8})
    expect(nextItem(reader)).toMatchObject({kind: 'command', text: '\\x', within: false})
    expect(awaited(reader)).toBe('=')
  })
})

test('a statement knows its line, also behind rows that went elsewhere', () => {
  const reader = createReader('f.sql')
  feed(reader, Buffer.from('SELECT 1; SELECT'), 1)
  nextItem(reader)
  expect(nextItem(reader)).toBeUndefined()
  feed(reader, Buffer.from('2;'), 2)
  expect(nextItem(reader)).toMatchObject({text: {line: 1, before: 9}, statement: {start: 1}})
  expect(nextItem(reader)).toBeUndefined()
  feed(reader, Buffer.from('SELECT 3;'), 12)
  expect(nextItem(reader)).toMatchObject({text: {line: 12, before: 0}})
})

test('a backslash in a string follows standard_conforming_strings', () => {
  const reader = createReader('')
  reader.scanner.standardStrings = false
  feed(reader, Buffer.from("SELECT '\\';' ;"))
  const item = nextItem(reader)
  expect(item && shown(item)).toBe("SELECT '\\';' ")
  reset(reader)
  expect(reader.scanner.standardStrings).toBe(false)
})

test('a statement of a hundred thousand lines is read in time', () => {
  const reader = createReader('')
  const begun = performance.now()
  for (let n = 0; n < 100_000; n++) {
    feed(reader, Buffer.from(`SELECT ${n},`))
    expect(nextItem(reader)).toBeUndefined()
  }
  feed(reader, Buffer.from('1;'))
  expect(nextItem(reader)).toMatchObject({kind: 'statement'})
  expect(performance.now() - begun).toBeLessThan(5000)
})
