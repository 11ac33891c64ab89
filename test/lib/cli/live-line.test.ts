import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {openLiveLine} from '../../../src/lib/cli/live-line.js'

const [BEFORE, AFTER, ERASED] = ['\r\x1b[?7l', '\x1b[J\r\x1b[?7h', '\r\x1b[J']
const drawn = (line: string): string => BEFORE + line + AFTER

let written: string[]
const terminal = {
  isTTY: true,
  columns: 80,
  write: (text: string) => {
    written.push(text)
    return true
  },
}

beforeEach(() => {
  vi.stubEnv('TERM', 'xterm-256color')
  vi.stubEnv('CI', '')
  vi.stubEnv('DEBUG', '')
  written = []
})
afterEach(() => {
  vi.unstubAllEnvs()
})

function open() {
  const line = openLiveLine(terminal)
  if (!line) throw new Error('no line on a terminal')
  return line
}

describe('a line that is drawn anew', () => {
  test('stands in its place, without wrapping, and is erased behind its end', () => {
    const line = open()
    line.show('one')
    line.show('another')
    line.stop()
    expect(written).toEqual([drawn('one'), drawn('another'), ERASED])
  })

  test('is not drawn where nothing has changed', () => {
    const line = open()
    line.show('one')
    line.show('one')
    line.stop()
    expect(written).toEqual([drawn('one'), ERASED])
  })

  test('makes way for other lines, and comes back below them', () => {
    const line = open()
    line.show('one')
    line.interrupt(() => terminal.write('NOTICE\n'))
    line.stop()
    expect(written).toEqual([drawn('one'), ERASED, 'NOTICE\n', drawn('one'), ERASED])
  })

  test('comes back also when what interrupts it fails', () => {
    const line = open()
    line.show('one')
    const fail = (): never => {
      throw new Error('gone')
    }
    expect(() => line.interrupt(fail)).toThrow('gone')
    line.stop()
    expect(written).toEqual([drawn('one'), ERASED, drawn('one'), ERASED])
  })

  test('writes nothing around other lines before it is there and after it has gone', () => {
    const line = open()
    line.interrupt(() => terminal.write('before\n'))
    line.show('one')
    line.stop()
    line.interrupt(() => terminal.write('after\n'))
    expect(written).toEqual(['before\n', drawn('one'), ERASED, 'after\n'])
  })

  test('is taken off once, and can come again', () => {
    const line = open()
    line.show('one')
    line.stop()
    line.stop()
    line.show('one')
    line.stop()
    expect(written).toEqual([drawn('one'), ERASED, drawn('one'), ERASED])
  })

  test('is taken off when the program ends, and leaves no listener otherwise', () => {
    const before = process.listeners('exit')
    const line = open()
    expect(process.listeners('exit')).toEqual(before)
    line.show('one')
    line.show('two')
    const added = process.listeners('exit').filter((listener) => !before.includes(listener))
    expect(added).toHaveLength(1)
    added[0]?.(0)
    expect(written.at(-1)).toBe(ERASED)
    expect(process.listeners('exit')).toEqual(before)
  })
})

describe('several lines', () => {
  const three = '\r\x1b[?7la\x1b[K\nb\x1b[K\nc\x1b[J\x1b[2A\r\x1b[?7h'

  test('are drawn with the cursor at the beginning of the first, from which they are erased', () => {
    const line = open()
    line.show('a\nb\nc')
    line.stop()
    expect(written).toEqual([three, ERASED])
  })

  test('are as many as the terminal has room for, and one less', () => {
    const line = openLiveLine({...terminal, rows: 4})
    line?.show('a\nb\nc\nd\ne')
    line?.stop()
    expect(written).toEqual([three, ERASED])
  })

  test('are drawn anew where the terminal has changed its width', () => {
    const narrower = {...terminal}
    const line = openLiveLine(narrower)
    line?.show('a\nb\nc')
    line?.show('a\nb\nc')
    narrower.columns = 40
    line?.show('a\nb\nc')
    line?.stop()
    expect(written).toEqual([three, three, ERASED])
  })

  test('make way for a flood of other lines once, and come back when there is time', () => {
    vi.useFakeTimers()
    try {
      const line = open()
      line.show('a\nb\nc')
      for (let n = 0; n < 1000; n++) line.interrupt(() => terminal.write('NOTICE\n'))
      expect(written.filter((text) => text === three)).toHaveLength(2)
      expect(written.filter((text) => text === ERASED)).toHaveLength(2)
      vi.advanceTimersByTime(50)
      expect(written.at(-1)).toBe(three)
      line.stop()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('that are none take the others off', () => {
    const before = process.listeners('exit')
    const line = open()
    line.show('a')
    line.show('')
    line.show('')
    expect(written).toEqual([drawn('a'), ERASED])
    expect(process.listeners('exit')).toEqual(before)
  })
})

test.each([
  ['CI', 'true'],
  ['DEBUG', 'cruddur-db:*'],
])('there is none where others write to the terminal as well: %s', (name, value) => {
  vi.stubEnv(name, value)
  expect(openLiveLine(terminal)).toBeUndefined()
})

test.each([
  ['a pipe', 'xterm', false],
  ['a dumb terminal', 'dumb', true],
])('there is none on %s', (_, term, isTTY) => {
  vi.stubEnv('TERM', term)
  expect(openLiveLine({...terminal, isTTY})).toBeUndefined()
})
