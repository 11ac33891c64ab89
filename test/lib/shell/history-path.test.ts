import {expect, test} from 'vitest'
import {historyPath} from '../../../src/lib/shell/history-path.js'
import {resolveTarget} from '../../../src/lib/target/target.js'

function target(url: string) {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'me'}
  const found = resolveTarget({prod: false, url, command: 'connect'}, context)
  if (!found) throw new Error('a URL names a target')
  return found
}

const path = (url: string, env: Record<string, string>) => historyPath(target(url), env, 'shell')

test('each target has a file of its own, in the folder of the user’s state', () => {
  const env = {HOME: '/home/me'}
  const first = path('postgres://me@h/d', env)
  expect(first).toMatch(/^\/home\/me\/\.local\/state\/cruddur-db\/history\/d-[0-9a-f]{12}\.shell$/)
  expect(path('postgres://me@h:5433/d', env)).not.toBe(first)
  expect(path('postgres://you@h/d', env)).not.toBe(first)
  expect(path('postgres://me:secret@h/d', env)).toBe(first)
  expect(path('postgres://me@h/d', {HOME: '/h', XDG_STATE_HOME: '/s'})).toMatch(
    /^\/s\/cruddur-db\//,
  )
})

test('a database’s name cannot lead out of the folder', () => {
  const found = path('postgres://me@h/..%2F..%2Fetc', {HOME: '/home/me'})
  expect(found).toMatch(/^\/home\/me\/\.local\/state\/cruddur-db\/history\/[\w-]+\.shell$/)
})

test('there is none without a folder, or with one that is not absolute', () => {
  expect(path('postgres://me@h/d', {})).toBeUndefined()
  expect(path('postgres://me@h/d', {XDG_STATE_HOME: 'state'})).toBeUndefined()
})
