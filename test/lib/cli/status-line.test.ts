import {stripVTControlCharacters} from 'node:util'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {openStatusLine} from '../../../src/lib/cli/status-line.js'

let written: string[]
const output = (isTTY: boolean) => ({
  isTTY,
  columns: 60,
  write: (text: string) => {
    const [line = ''] = text.split('\r').filter((part) => stripVTControlCharacters(part))
    written.push(stripVTControlCharacters(line))
    return true
  },
})

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubEnv('TERM', 'xterm-256color')
  vi.stubEnv('CI', '')
  vi.stubEnv('DEBUG', '')
  written = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

/** What was written since the last time, without the erasing of lines. */
function news(): string[] {
  const lines = written.filter((text) => text !== '')
  written = []
  return lines
}

describe('on a terminal', () => {
  test('the status is there at once, and its time runs', () => {
    const line = openStatusLine(output(true))
    line.update('creating')
    expect(news()).toEqual(['… creating 0 s'])
    vi.advanceTimersByTime(3000)
    expect(news()).toEqual(['… creating 1 s', '… creating 2 s', '… creating 3 s'])
    line.stop(true)
  })

  test('a status that is over leaves a line with ✔ and how long it took', () => {
    const line = openStatusLine(output(true))
    line.update('creating')
    vi.advanceTimersByTime(151_000)
    news()
    line.update('backing-up')
    expect(news()).toEqual(['✔ creating 2 min 31 s\n', '… backing-up 0 s'])
    line.update('available')
    expect(news()).toEqual(['✔ backing-up 0 s\n', '… available 0 s'])
    line.stop(true)
    expect(news()).toEqual(['✔ available 0 s\n'])
  })

  test('the same status again is not over', () => {
    const line = openStatusLine(output(true))
    line.update('creating')
    vi.advanceTimersByTime(5000)
    news()
    line.update('creating')
    expect(news()).toEqual([])
    vi.advanceTimersByTime(1000)
    expect(news()).toEqual(['… creating 6 s'])
    line.stop(true)
  })

  test('what is not reached ends in ✖', () => {
    const line = openStatusLine(output(true))
    line.update('creating')
    line.update('failed')
    news()
    line.stop(false)
    expect(news()).toEqual(['✖ failed 0 s\n'])
  })

  test('trouble stands beside the status as long as it lasts', () => {
    const line = openStatusLine(output(true))
    line.update('creating')
    news()
    line.update('creating', 'cannot reach RDS')
    expect(news()).toEqual(['… creating 0 s  cannot reach RDS'])
    line.update('creating')
    expect(news()).toEqual(['… creating 0 s'])
    line.update('creating', 'throttled')
    line.update('available')
    expect(news()).toEqual(['… creating 0 s  throttled', '✔ creating 0 s\n', '… available 0 s'])
    line.stop(true)
  })

  test('what comes from AWS cannot steer the terminal', () => {
    const line = openStatusLine(output(true))
    line.update('cre\x1b[2Jating\n', 'x\x1b]0;t\x07')
    line.stop(false)
    expect(news()).toEqual([
      '… cre\\x1b[2Jating\\x0a 0 s  x\\x1b]0;t\\x07',
      '✖ cre\\x1b[2Jating\\x0a 0 s\n',
    ])
  })

  test('stopped, it is quiet: no timer, no listener, nothing more', () => {
    const listeners = process.listenerCount('exit')
    const line = openStatusLine(output(true))
    line.update('creating')
    line.stop(true)
    line.stop(true)
    news()
    vi.advanceTimersByTime(10_000)
    expect(news()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(process.listenerCount('exit')).toBe(listeners)
  })

  test('stopped before anything was known, it writes nothing', () => {
    openStatusLine(output(true)).stop(false)
    expect(news()).toEqual([])
  })
})

describe.each([
  ['a pipe', 'xterm', false],
  ['a dumb terminal', 'dumb', true],
])('on %s', (_, term, isTTY) => {
  beforeEach(() => {
    vi.stubEnv('TERM', term)
  })

  test('each status is a line, once, however long it lasts', () => {
    const line = openStatusLine(output(isTTY))
    line.update('creating')
    vi.advanceTimersByTime(60_000)
    line.update('creating')
    line.update('available')
    line.stop(true)
    expect(news()).toEqual(['creating\n', 'available\n'])
  })

  test('trouble is a line when it begins, when it changes and when it comes back', () => {
    const line = openStatusLine(output(isTTY))
    line.update('creating')
    line.update('creating', 'one')
    line.update('creating', 'one')
    line.update('creating', 'two')
    line.update('creating')
    line.update('creating', 'two')
    line.update('available')
    line.stop(true)
    expect(news()).toEqual([
      'creating\n',
      'one; trying again\n',
      'two; trying again\n',
      'two; trying again\n',
      'available\n',
    ])
  })

  test('trouble that is there from the beginning is told too', () => {
    const line = openStatusLine(output(isTTY))
    line.update('creating', 'one')
    line.stop(false)
    expect(news()).toEqual(['creating\n', 'one; trying again\n'])
  })

  test('what comes from AWS stays in its line', () => {
    const line = openStatusLine(output(isTTY))
    line.update('a\nb')
    line.update('a\nb', 'c\r\x1b[1md')
    line.stop(false)
    expect(news()).toEqual(['a\\x0ab\n', 'c\\x0d\\x1b[1md; trying again\n'])
  })
})
