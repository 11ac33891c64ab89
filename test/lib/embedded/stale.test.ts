import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import type {Holder} from '../../../src/lib/embedded/process.js'
import {clearStalePidFile} from '../../../src/lib/embedded/stale.js'

const held = vi.hoisted(() => ({holder: (): Holder => 'none'}))

vi.mock(import('../../../src/lib/embedded/process.js'), async (load) => ({
  ...(await load()),
  holderOf: async () => held.holder(),
}))

let folder: string
let pidFile: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-stale-'))
  pidFile = join(folder, 'postmaster.pid')
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

test.each<[Holder, boolean]>([
  ['stranger', false],
  ['server', true],
  ['none', true],
])('a pid file whose number is held by “%s” stays: %s', async (holder, stays) => {
  held.holder = () => holder
  writeFileSync(pidFile, '7\n')
  await clearStalePidFile(folder)
  expect(readdirSync(folder)).toEqual(stays ? ['postmaster.pid'] : [])
})

test.each([
  ['just now', true, Date.now()],
  ['long ago', false, 0],
])('an empty pid file written %s stays: %s', async (_, stays, modified) => {
  writeFileSync(pidFile, '')
  utimesSync(pidFile, modified / 1000, modified / 1000)
  await clearStalePidFile(folder)
  expect(existsSync(pidFile)).toBe(stays)
})

test('the pid file of a server that starts in that very moment is put back', async () => {
  held.holder = () => {
    writeFileSync(pidFile, '8\n')
    return 'stranger'
  }
  writeFileSync(pidFile, '7\n')
  await clearStalePidFile(folder)
  expect(readFileSync(pidFile, 'utf8')).toBe('8\n')
  expect(readdirSync(folder)).toEqual(['postmaster.pid'])
})
