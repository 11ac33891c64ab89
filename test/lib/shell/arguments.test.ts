import {describe, expect, test} from 'vitest'
import {commandArguments} from '../../../src/lib/shell/arguments.js'

test('-c is taken in each of its forms, as often as wanted', () => {
  const args = ['-c', 'a', '-cb', '--command', 'c', '--command=d', '-c', '-x']
  expect(commandArguments(args)).toEqual(['a', 'b', 'c', 'd', '-x'])
  expect(commandArguments([])).toEqual([])
})

describe('what is for psql only is refused by its name', () => {
  test.each([
    [['-A'], '-A is for psql: the built-in shell takes only -c SQL'],
    [['-c', 'a', '--csv'], '--csv is for psql: the built-in shell takes only -c SQL'],
    [['-psecret'], '-p is for psql: the built-in shell takes only -c SQL'],
    [
      ['--dbname=postgres://u:secret@h/d'],
      '--dbname is for psql: the built-in shell takes only -c SQL',
    ],
    [['host=h password=secret'], 'that argument is for psql: the built-in shell takes only -c SQL'],
    [['-c'], '-c needs a statement behind it'],
  ])('%j', (args, message) => {
    expect(() => commandArguments(args)).toThrow(
      expect.objectContaining({code: 'USAGE', exit: 2, message}),
    )
  })
})
