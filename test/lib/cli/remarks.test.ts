import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {openRemarks, type Remarks} from '../../../src/lib/cli/remarks.js'

const KB = 1024
let output: {writableLength: number}
let told: string[]
let calls: string[]
let remarks: Remarks

const source = {
  pause: () => calls.push('pause'),
  resume: () => calls.push('resume'),
}

beforeEach(() => {
  vi.useFakeTimers()
  output = {writableLength: 0}
  told = []
  calls = []
  remarks = openRemarks((line) => told.push(line), output)
})
afterEach(() => {
  remarks.end()
  vi.useRealTimers()
})

/** A remark of 1 KB that nobody has read yet. */
function remark(): void {
  remarks.pass(() => {
    output.writableLength += KB
  })
}

const flood = (count: number): void => {
  for (let n = 0; n < count; n++) remark()
}

describe('a source', () => {
  test('waits while a lot is not read, and goes on when most of it is', () => {
    remarks.slow(source)
    flood(128)
    expect(calls).toEqual([])
    flood(10)
    expect(calls).toEqual(['pause'])
    output.writableLength = 64 * KB
    vi.advanceTimersByTime(100)
    expect(calls).toEqual(['pause'])
    output.writableLength = 63 * KB
    vi.advanceTimersByTime(100)
    expect(calls).toEqual(['pause', 'resume'])
    expect(told).toEqual([])
  })

  test('waits for a reader that is slow, however long, and loses nothing', () => {
    remarks.slow(source)
    flood(200)
    for (let n = 0; n < 10; n++) {
      vi.advanceTimersByTime(4900)
      output.writableLength -= KB
    }
    expect(calls).toEqual(['pause'])
  })

  test('does not wait for one that reads nothing: what it would not read is counted', () => {
    remarks.slow(source)
    flood(200)
    vi.advanceTimersByTime(5100)
    expect(calls).toEqual(['pause', 'resume'])
    flood(5000)
    expect(output.writableLength).toBe(200 * KB)
    output.writableLength = 0
    remark()
    expect(told).toEqual(['… and 5,000 more lines: nobody reads stderr fast enough for them'])
    expect(output.writableLength).toBe(KB)
  })

  test('that takes the place of another one lets that go', () => {
    remarks.slow(source)
    flood(200)
    remarks.slow({pause: () => calls.push('other'), resume: () => {}})
    expect(calls).toEqual(['pause', 'resume'])
    remark()
    expect(calls).toEqual(['pause', 'resume', 'other'])
  })

  test('is let go at the end, and no timer is left', () => {
    remarks.slow(source)
    flood(200)
    remarks.end()
    remarks.end()
    expect(calls).toEqual(['pause', 'resume'])
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('what has no source that could wait takes 4 MB at most; the end tells what was left out', () => {
  flood(10_000)
  expect(output.writableLength).toBe(4 * KB * KB + KB)
  remarks.end()
  expect(told).toEqual(['… and 5,903 more lines: nobody reads stderr fast enough for them'])
})

test('a terminal or a file, which takes all at once, gets all of it', () => {
  let count = 0
  const plain = openRemarks((line) => told.push(line), {})
  plain.slow(source)
  for (let n = 0; n < 10_000; n++) plain.pass(() => count++)
  plain.end()
  expect({count, told, calls}).toEqual({count: 10_000, told: [], calls: []})
})
