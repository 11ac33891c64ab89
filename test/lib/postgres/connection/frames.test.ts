import {expect, test} from 'vitest'
import {frameChecker} from '../../../../src/lib/postgres/connection/frames.js'
import {int32, message, ready} from '../../../support/hostile-server.js'

const error = message('E', 'SERROR\0CXX000\0Mwords\0\0')
const session = Buffer.concat([
  message('R', int32(0)),
  ready,
  error,
  message('E', '\0'),
  message('D', Buffer.alloc(40_000)),
  message('n'),
  ready,
])

/** What is said about these bytes, given in chunks of that size. */
function verdict(bytes: Buffer, size: number): string | undefined {
  const check = frameChecker()
  try {
    for (let at = 0; at < bytes.length; at += size) check(bytes.subarray(at, at + size))
    return undefined
  } catch (fault) {
    return String(fault)
  }
}

const says = (what: string): string => `Error: it does not speak PostgreSQL's protocol (${what})`

for (const size of [1, 2, 3, 5, 7, 64_000]) {
  test(`answers in order pass in pieces of ${size} bytes`, () => {
    expect(verdict(session, size)).toBeUndefined()
  })

  test(`broken ones are named in pieces of ${size} bytes`, () => {
    const cases: [Buffer, string][] = [
      [message('E', 'SERROR\0'), 'an error without an end'],
      [message('N'), 'an error without an end'],
      [Buffer.concat([session, message('E', 'SERROR')]), 'an error without an end'],
      [message('E', '', 0), 'a message of 0 bytes'],
      [message('Z', '', 3), 'a message of 3 bytes'],
      [message('E', '', -1), 'a message of 4294967295 bytes'],
      [message('D', '', 30_001), 'a message of 30001 bytes'],
      [Buffer.concat([session, message('S', '', 30_001)]), 'a message of 30001 bytes'],
      [Buffer.concat([session, message('D', '', 2 ** 30)]), 'a message of 1073741824 bytes'],
      [Buffer.from('HTTP/1.1 400'), 'a message of 1414811695 bytes'],
      [Buffer.from('\0\0\0\0\0'), 'an unknown message'],
    ]
    for (const [bytes, what] of cases) expect(verdict(bytes, size)).toBe(says(what))
  })
}
