import {format, inspect} from 'node:util'
import {expect, test} from 'vitest'
import {Secret} from '../../../src/lib/target/secret.js'

const secret = new Secret('hunter2')

test('a secret comes out by reveal() alone', () => {
  expect(secret.reveal()).toBe('hunter2')
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({secret}),
    inspect({secret}, {depth: 9, showHidden: true, getters: true}),
    format('%s %o %O %j', secret, secret, secret, secret),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify({...secret}),
  ]
  expect(shown.join(' ')).not.toContain('hunter2')
  expect(`${secret}`).toBe('***')
})
