import {expect, test} from 'vitest'
import {readArguments} from '../../../src/lib/query/arguments.js'

test('everything behind the first = is the value; := null is NULL', () => {
  const awkward = `p%40"\\'# x=1\n:=null`
  expect(readArguments([`a=${awkward}`, 'b=', 'c:=null', 'd=null'])).toEqual({
    a: awkward,
    b: '',
    c: null,
    d: 'null',
  })
})

test('all that cannot be read is said at once, and no value shown', () => {
  expect(() => readArguments(['secret', 'a:=1', 'b=1', 'b=2', '1a=secret', 'other'])).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      exit: 2,
      message:
        'a parameter is not written as name=value\nonly null can follow a:=\nthe parameter "b" is given twice',
    }),
  )
})

test('names that every object has are names like any other', () => {
  expect(Object.entries(readArguments(['constructor=a', 'toString=b', '__proto__=c']))).toEqual([
    ['constructor', 'a'],
    ['toString', 'b'],
    ['__proto__', 'c'],
  ])
})

test('one of them cannot be given twice, nor be NULL in silence', () => {
  expect(Object.entries(readArguments(['__proto__:=null']))).toEqual([['__proto__', null]])
  expect(() => readArguments(['__proto__=a', '__proto__=b'])).toThrow(
    'the parameter "__proto__" is given twice',
  )
})
