import {describe, expect, test} from 'vitest'
import type {Check, Finding} from '../../../src/lib/doctor/check.js'
import {type Result, type RunOptions, runChecks} from '../../../src/lib/doctor/run.js'
import {CruddurError} from '../../../src/lib/error.js'

interface Found {
  order: string[]
  broken: boolean
}

const facts = (): Found => ({order: [], broken: true})
const ok: Finding = {status: 'ok', message: 'fine'}

function check(
  name: string,
  run: Check<Found>['run'],
  more: Partial<Check<Found>> = {},
): Check<Found> {
  return {name, layer: 'program', run, ...more}
}

function run(
  checks: readonly Check<Found>[],
  options: Partial<RunOptions> = {},
  found = facts(),
): Promise<Result[]> {
  const signal = new AbortController().signal
  return runChecks([checks], found, {mayCure: () => false, signal, ...options})
}

const short = (results: readonly Result[]): string[] =>
  results.map(({message, name, status}) => `${name} ${status}: ${message}`)

describe('checks', () => {
  test('are run one after the other, in their order, and told of as they begin and end', async () => {
    const events: string[] = []
    const slow = check('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      events.push('slow is done')
      return ok
    })
    await run([slow, check('quick', async () => ok)], {
      onStart: ({name}) => events.push(`${name} begins`),
      onEnd: ({name}) => events.push(`${name} ends`),
    })
    expect(events).toEqual([
      'slow begins',
      'slow is done',
      'slow ends',
      'quick begins',
      'quick ends',
    ])
  })

  test('that stand on one that failed are skipped, say which, and do not begin', async () => {
    const began: string[] = []
    const results = await run(
      [
        check('login', async () => ({status: 'fail', message: 'no', fix: 'do'})),
        check('database', async () => ok, {needs: ['login']}),
        check('schema', async () => ok, {needs: ['database']}),
        check('psql', async () => ok),
      ],
      {onStart: ({name}) => began.push(name)},
    )
    expect(short(results)).toEqual([
      'login fail: no',
      'database skipped: login failed',
      'schema skipped: login failed',
      'psql ok: fine',
    ])
    expect(began).toEqual(['login', 'psql'])
  })

  test('that stand on a warning are run', async () => {
    const warned = check('tls', async () => ({status: 'warn', message: 'hm', fix: 'do'}))
    const results = await run([warned, check('login', async () => ok, {needs: ['tls']})])
    expect(short(results)).toEqual(['tls warn: hm', 'login ok: fine'])
  })

  test('that stand on one that skipped itself say why that was', async () => {
    const none = check('port', async () => ({status: 'skipped', message: 'no server is running'}))
    const results = await run([none, check('login', async () => ok, {needs: ['port']})])
    expect(short(results)[1]).toBe('login skipped: no server is running')
  })

  test('of a group that depends on what was found out are asked for when it is its turn', async () => {
    const signal = new AbortController().signal
    const first = check('first', async (found) => {
      found.order.push('first')
      return ok
    })
    const later = async ({order}: Found) => [check(`after-${order}`, async () => ok)]
    const results = await runChecks([[first], later], facts(), {mayCure: () => false, signal})
    expect(results.map(({name}) => name)).toEqual(['first', 'after-first'])
  })
})

describe('what a check throws is its finding:', () => {
  test('an error of ours with message and hint', async () => {
    const results = await run([
      check('login', async () => {
        throw new CruddurError('LOGIN_FAILED', 'wrong password', {hint: 'check it'})
      }),
    ])
    expect(results).toEqual([
      {name: 'login', layer: 'program', status: 'fail', message: 'wrong password', fix: 'check it'},
    ])
  })

  test('an error that is known under another name', async () => {
    const known = new CruddurError('CONNECTION_LOST', 'lost', {hint: 'try again'})
    const failing = check('version', async () => {
      throw new Error('Connection terminated')
    })
    const [result] = await run([failing], {translate: () => known})
    expect(result).toMatchObject({status: 'fail', message: 'lost', fix: 'try again'})
  })

  test('any other as a fault of this program, and the rest goes on', async () => {
    const results = await run([
      check('broken', async () => {
        throw new TypeError('x is not a function')
      }),
      check('sync', () => {
        throw new TypeError('at once')
      }),
      check('next', async () => ok),
    ])
    expect(short(results)).toEqual([
      'broken fail: unexpected: x is not a function',
      'sync fail: unexpected: at once',
      'next ok: fine',
    ])
    expect(results[0]?.fix).toMatch(/^this is a fault of cruddur-db/)
  })
})

test('a check that never ends is given up, its signal is aborted, and the rest goes on', async () => {
  let aborted = false
  const hanging = check(
    'hanging',
    (_, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Promise(() => {})
    },
    {limitMs: () => 30},
  )
  const results = await run([hanging, check('next', async () => ok)])
  expect(short(results)).toEqual(['hanging fail: no answer within 0.03 s', 'next ok: fine'])
  expect(results[0]?.fix).toMatch(/^see whether the server is overloaded/)
  expect(aborted).toBe(true)
})

test('an interrupt ends the check under way and all behind it, with its reason', async () => {
  const controller = new AbortController()
  const began: string[] = []
  const hanging = check('hanging', () => {
    setImmediate(() => controller.abort(new Error('interrupted')))
    return new Promise(() => {})
  })
  const running = run([hanging, check('next', async () => ok)], {
    signal: controller.signal,
    onStart: ({name}) => began.push(name),
  })
  await expect(running).rejects.toThrow('interrupted')
  expect(began).toEqual(['hanging'])
})

describe('a cure', () => {
  const sick = (more: Partial<Finding> = {}) =>
    check('server', async (found): Promise<Finding> => {
      const cure = async (): Promise<void> => {
        found.order.push('cured')
        found.broken = false
      }
      if (!found.broken) return {status: 'ok', message: 'runs'}
      return {status: 'fail', message: 'does not run', fix: 'start it', cure, ...more}
    })
  const behind = check('login', async () => ok, {needs: ['server']})

  test('is not done unasked, and is no part of the result', async () => {
    const found = facts()
    const results = await run([sick(), behind], {}, found)
    expect(found.order).toEqual([])
    expect(short(results)).toEqual(['server fail: does not run', 'login skipped: server failed'])
    expect(results[0]).not.toHaveProperty('cure')
  })

  test('is done where that may be, said, and what stood behind it is looked at', async () => {
    const results = await run([sick(), behind], {mayCure: () => true})
    expect(short(results)).toEqual(['server ok: runs', 'login ok: fine'])
    expect(results[0]?.cured).toBe('does not run')
  })

  test('that is refused when its turn comes is not done', async () => {
    const found = facts()
    const forbids = check('url', async () => {
      found.order.push('production')
      return ok
    })
    const mayCure = (): boolean => !found.order.includes('production')
    await run([forbids, sick()], {mayCure}, found)
    expect(found.order).toEqual(['production'])
  })

  test('that fails is said beside what was found', async () => {
    const cure = async (): Promise<void> => {
      throw new CruddurError('EMBEDDED_DISK_FULL', 'no space is left', {hint: 'free some'})
    }
    const [result] = await run([sick({cure})], {mayCure: () => true})
    expect(result).toEqual({
      name: 'server',
      layer: 'program',
      status: 'fail',
      message: 'does not run; curing that failed: no space is left',
      fix: 'free some',
    })
  })

  test('that does not help leaves the finding', async () => {
    const [result] = await run([sick({cure: async () => {}})], {mayCure: () => true})
    expect(result).toMatchObject({status: 'fail', message: 'does not run', fix: 'start it'})
    expect(result).not.toHaveProperty('cured')
  })
})
