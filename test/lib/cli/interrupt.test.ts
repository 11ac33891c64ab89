import {afterEach, describe, expect, test, vi} from 'vitest'
import {onInterrupt} from '../../../src/lib/cli/interrupt.js'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What `onInterrupt` listens with; called by hand, so that no one else hears of the signal. */
function interruptible(name: NodeJS.Signals) {
  const before = process.listeners(name)
  const interrupt = onInterrupt()
  const added = process.listeners(name).filter((listener) => !before.includes(listener))
  const send = (): void => {
    for (const listener of added) listener(name)
  }
  return {...interrupt, added, send}
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (name, exit) => {
  test('once aborts with the exit code of the signal, and ends nothing', () => {
    const end = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
    const {signal, send, release} = interruptible(name)
    expect(signal.aborted).toBe(false)
    send()
    release()
    expect(signal.reason).toMatchObject({code: 'INTERRUPTED', message: 'interrupted', exit})
    expect(end).not.toHaveBeenCalled()
  })

  test('twice ends the program at once, with the same code', () => {
    const end = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
    const {send, release} = interruptible(name)
    send()
    send()
    release()
    expect(end.mock.calls).toEqual([[exit]])
  })

  test('is given back to Node', () => {
    const {added, release} = interruptible(name)
    expect(added).toHaveLength(1)
    release()
    expect(process.listeners(name)).not.toContain(added[0])
  })
})
