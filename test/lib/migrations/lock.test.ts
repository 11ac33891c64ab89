import {expect, test} from 'vitest'
import {tryLock, waitForLock} from '../../../src/lib/migrations/lock.js'
import {connect, withDatabase} from '../../support/postgres.js'

test('one session has the lock at a time, in each database', () =>
  withDatabase(async (name) =>
    withDatabase(async (elsewhere) => {
      const [first, second, other] = [
        await connect(name),
        await connect(name),
        await connect(elsewhere),
      ]
      expect([await tryLock(first), await tryLock(second), await tryLock(other)]).toEqual([
        true,
        false,
        true,
      ])
      await Promise.all([first.end(), second.end(), other.end()])
    }),
  ))

test('who waits has no snapshot, so that CREATE INDEX CONCURRENTLY of the other one ends', () =>
  withDatabase(async (name) => {
    const [holder, waiting] = [await connect(name), await connect(name)]
    await holder.query('CREATE TABLE t (n int)')
    await tryLock(holder)
    const told: string[] = []
    let resolve = (): void => {}
    const once = new Promise<void>((done) => {
      resolve = done
    })
    const wait = waitForLock(waiting, {
      onWaiting: (who) => {
        told.push(who)
        resolve()
      },
    })
    await once
    await holder.query('CREATE INDEX CONCURRENTLY ON t (n)')
    await holder.end()
    await wait
    expect(told).toEqual([
      expect.stringMatching(/^process \d+ \(user postgres, .*connected since /),
    ])
    await waiting.end()
  }))

test('the waiting ends with the signal', () =>
  withDatabase(async (name) => {
    const [holder, waiting] = [await connect(name), await connect(name)]
    await tryLock(holder)
    const controller = new AbortController()
    const wait = waitForLock(waiting, {
      signal: controller.signal,
      onWaiting: () => controller.abort(new Error('enough')),
    })
    await expect(wait).rejects.toThrow('enough')
    await Promise.all([holder.end(), waiting.end()])
  }))
