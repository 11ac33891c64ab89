import {once} from 'node:events'
import {setImmediate as nextTurn} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import {alongside} from '../../../src/lib/cli/alongside.js'

const never = new AbortController().signal

/** Ends only with the signal, whose reason it throws, as what waits for a server does. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}

describe('alongside', () => {
  test('begins to act first, then prepares, while the act goes on', async () => {
    const order: string[] = []
    const result = await alongside(
      async () => {
        order.push('prepare')
        return 'prepared'
      },
      async (prepared) => {
        order.push('act')
        await Promise.resolve()
        order.push('act asks the server')
        order.push(await prepared)
        return 'acted'
      },
      never,
    )
    expect(result).toBe('acted')
    expect(order).toEqual(['act', 'act asks the server', 'prepare', 'prepared'])
  })

  test('ends the act when preparing fails, and throws that failure', async () => {
    const failure = new Error('no such file')
    let reason: unknown
    const outcome = alongside(
      async () => {
        throw failure
      },
      async (_, signal) => {
        await untilAborted(signal).catch((error: unknown) => {
          reason = error
        })
        throw new Error('the connection was cut')
      },
      never,
    )
    await expect(outcome).rejects.toBe(failure)
    expect(reason).toBe(failure)
  })

  test('throws why preparing failed also where the act had failed before', async () => {
    const failure = new Error('no such file')
    let acted = false
    const outcome = alongside(
      async () => {
        await nextTurn()
        expect(acted).toBe(true)
        throw failure
      },
      async () => {
        acted = true
        throw new Error('no such host')
      },
      never,
    )
    await expect(outcome).rejects.toBe(failure)
  })

  test('throws why the act failed where preparing did not, once that is done', async () => {
    const failure = new Error('no such host')
    let done = false
    const outcome = alongside(
      async () => {
        await nextTurn()
        done = true
      },
      async () => {
        throw failure
      },
      never,
    )
    await expect(outcome).rejects.toBe(failure)
    expect(done).toBe(true)
  })

  test('ends the act with the reason of its own signal', async () => {
    const [controller, reason] = [new AbortController(), new Error('interrupted')]
    const outcome = alongside(
      async () => 'prepared',
      async (prepared, signal) => {
        await prepared
        controller.abort(reason)
        return await untilAborted(signal)
      },
      controller.signal,
    )
    await expect(outcome).rejects.toBe(reason)
  })

  test('does not end the act when it was prepared', async () => {
    let aborted: boolean | undefined
    await alongside(
      async () => {},
      async (prepared, signal) => {
        await prepared
        await nextTurn()
        aborted = signal.aborted
      },
      never,
    )
    expect(aborted).toBe(false)
  })
})
