import {getEventListeners} from 'node:events'
import {describe, expect, test, vi} from 'vitest'
import {abortable, withDeadline} from '../../src/lib/abortable.js'

const never = new Promise<never>(() => {})
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

test('gives the value, with a signal and without', async () => {
  expect(await abortable(Promise.resolve(1))).toBe(1)
  const {signal} = new AbortController()
  expect(await abortable(Promise.resolve(undefined), signal)).toBeUndefined()
  expect(listeners(signal)).toBe(0)
})

test('fails with what the promise fails with', async () => {
  const reason = new Error('reason')
  const {signal} = new AbortController()
  await expect(abortable(Promise.reject(reason))).rejects.toBe(reason)
  await expect(abortable(Promise.reject(reason), signal)).rejects.toBe(reason)
  expect(listeners(signal)).toBe(0)
})

test("fails with the signal's reason, whatever it is, though the promise is never settled", async () => {
  for (const reason of [new Error('reason'), 'text', 0, null]) {
    const stop = new AbortController()
    const waiting = abortable(never, stop.signal)
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(listeners(stop.signal)).toBe(0)
  }
})

test('fails at once with a signal that was aborted before', async () => {
  await expect(abortable(never, AbortSignal.abort('reason'))).rejects.toBe('reason')
})

test('a promise that fails behind the abort leaves no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const stop = new AbortController()
    const late = new Promise<void>((_, reject) => setImmediate(() => reject(new Error('late'))))
    const waiting = abortable(late, stop.signal)
    stop.abort('reason')
    await expect(waiting).rejects.toBe('reason')
    await late.catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})

test('an abort behind the value changes nothing', async () => {
  const stop = new AbortController()
  const value = abortable(Promise.resolve('value'), stop.signal)
  await expect(value).resolves.toBe('value')
  stop.abort(new Error('reason'))
  await expect(value).resolves.toBe('value')
})

describe('a deadline', () => {
  const late = () => new Error('late')

  test('gives what is done in time, and leaves nothing behind', async () => {
    const stop = new AbortController()
    vi.useFakeTimers()
    try {
      expect(await withDeadline(1000, late, async () => 'value', stop.signal)).toBe('value')
      expect([vi.getTimerCount(), listeners(stop.signal)]).toEqual([0, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  test('fails with what the work fails with, at once or later, and leaves nothing behind', async () => {
    const stop = new AbortController()
    const reason = new Error('reason')
    vi.useFakeTimers()
    try {
      const failing = withDeadline(1000, late, () => Promise.reject(reason), stop.signal)
      await expect(failing).rejects.toBe(reason)
      const throwing = withDeadline(1000, late, () => {
        throw reason
      })
      await expect(throwing).rejects.toBe(reason)
      expect([vi.getTimerCount(), listeners(stop.signal)]).toEqual([0, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  test('ends work that does not listen, exactly then, with the error of that moment', async () => {
    vi.useFakeTimers()
    try {
      let step = 'first'
      let ended: unknown
      let given: AbortSignal | undefined
      const work = withDeadline(
        1000,
        () => new Error(step),
        (signal) => {
          given = signal
          return never
        },
      ).catch((error: unknown) => {
        ended = error
      })
      step = 'second'
      await vi.advanceTimersByTimeAsync(999)
      expect([ended, given?.aborted]).toEqual([undefined, false])
      await vi.advanceTimersByTimeAsync(1)
      await work
      expect(ended).toEqual(new Error('second'))
      expect(given?.reason).toBe(ended)
    } finally {
      vi.useRealTimers()
    }
  })

  test('hands an abort of the caller on to the work, with its reason', async () => {
    const stop = new AbortController()
    let given: AbortSignal | undefined
    const work = withDeadline(
      60_000,
      late,
      (signal) => {
        given = signal
        return never
      },
      stop.signal,
    )
    stop.abort('reason')
    await expect(work).rejects.toBe('reason')
    expect([given?.reason, listeners(stop.signal)]).toEqual(['reason', 0])
  })

  test('an abort that came before ends the work at once', async () => {
    const signal = AbortSignal.abort('reason')
    await expect(withDeadline(60_000, late, () => never, signal)).rejects.toBe('reason')
  })

  test('an abort of the caller behind the deadline changes nothing', async () => {
    const stop = new AbortController()
    const work = withDeadline(1, late, () => never, stop.signal)
    await expect(work).rejects.toThrow('late')
    stop.abort('reason')
    await expect(work).rejects.toThrow('late')
  })
})
