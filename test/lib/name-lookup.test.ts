import {expect, test} from 'vitest'
import {limitNameLookups} from '../../src/lib/name-lookup.js'

test.each([
  [{}, 'timeout:1 attempts:2'],
  [{RES_OPTIONS: ''}, 'timeout:1 attempts:2'],
  [{RES_OPTIONS: 'ndots:2'}, 'ndots:2'],
])('of %j it makes %s: what the user has set stands', (env: NodeJS.ProcessEnv, expected) => {
  limitNameLookups(env)
  expect(env['RES_OPTIONS']).toBe(expected)
})
