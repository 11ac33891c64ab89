import {getEventListeners} from 'node:events'
import {expect, test} from 'vitest'
import {abortable} from '../../src/lib/abortable.js'

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
