import {parse} from 'dotenv'
import {describe, expect, test} from 'vitest'
import {unreadLines} from '../../../../src/lib/doctor/outer/env-file.js'

describe('lines of a .env that are not read are', () => {
  test.each<[string, string, number[]]>([
    ['none in an empty file', '', []],
    ['none of assignments, comments and blank lines', '# a\n\nA=1\n  B = 2 # b\nexport C=3\n', []],
    ['none of a value over several lines', 'A="one\ntwo\nthree"\nB=1\n', []],
    ['none of an assignment with a colon', 'A: 1\n', []],
    ['none of one without a value', 'A=\nB=\n', []],
    ['none for carriage returns', 'A=1\r\nB=2\r\n', []],
    ['those without "="', 'A=1\nCONNECTION_URL postgres://u@h/d\nB=2\n', [2]],
    ['those of a shell', 'set -a\nA=1\nsource other\n', [1, 3]],
    ['those behind a value over several lines', "A='x\ny'\nnonsense\n", [3]],
  ])('%s', (_, text, expected) => {
    expect(unreadLines(text)).toEqual(expected)
  })

  test('the same that dotenv passes over', () => {
    const text = 'A=1\nB 2\nC=3\n'
    expect(Object.keys(parse(text))).toEqual(['A', 'C'])
    expect(unreadLines(text)).toEqual([2])
  })
})
