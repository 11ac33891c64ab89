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

describe('once all is told', () => {
  /** What listens to SIGINT after `settle` that did not before. */
  function settled() {
    const before = process.listeners('SIGINT')
    const {settle, signal} = onInterrupt()
    settle()
    const added = process.listeners('SIGINT').filter((listener) => !before.includes(listener))
    return {added, signal, send: () => added.map((listener) => listener('SIGINT'))}
  }

  test.each([
    ['all of it is read, ends nothing, and the next one is Node’s', 0, []],
    ['some of it is unread, ends the program', 1, [[process.pid, 'SIGINT']]],
  ])('a signal, where %s', (_, writableLength, kills) => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    Object.defineProperty(process.stdout, 'writableLength', {
      configurable: true,
      value: writableLength,
    })
    try {
      const {added, send, signal} = settled()
      expect(added).toHaveLength(1)
      send()
      expect(kill.mock.calls).toEqual(kills)
      expect(signal.aborted).toBe(false)
      expect(process.listeners('SIGINT')).not.toContain(added[0])
    } finally {
      Reflect.deleteProperty(process.stdout, 'writableLength')
    }
  })

  test('after a first signal the second one is Node’s', () => {
    const before = process.listeners('SIGINT')
    const {send, settle} = interruptible('SIGINT')
    send()
    settle()
    expect(process.listeners('SIGINT')).toEqual(before)
  })
})
