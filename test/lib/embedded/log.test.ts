import {closeSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {linesOf, openLog} from '../../../src/lib/embedded/log.js'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-log-'))
  path = join(folder, 'server.log')
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

const line = (pid: number, text: string): string => `2026-01-02 03:04:05.678 UTC [${pid}] ${text}\n`

test('the log is for its owner alone, and is appended to', () => {
  writeFileSync(path, 'before\n', {mode: 0o600})
  const {fd, end} = openLog(folder, undefined)
  writeFileSync(fd, 'behind\n')
  closeSync(fd)
  expect(end).toBe('before\n'.length)
  expect(linesOf(folder, 7, 0)).toEqual(['before', 'behind'])
  rmSync(path)
  closeSync(openLog(folder, undefined).fd)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test.skipIf(process.platform === 'win32')('a link in its place is not followed', () => {
  const elsewhere = join(folder, 'elsewhere')
  writeFileSync(elsewhere, '')
  symlinkSync(elsewhere, path)
  expect(() => openLog(folder, undefined)).toThrow('ELOOP')
})

test('of two servers that share the log, each one’s lines are its own, with those that follow', () => {
  const before = line(7, 'earlier')
  writeFileSync(
    path,
    `${before}loader: no such library\n${line(7, 'LOG: ours')}\tcontinued\n${line(8, 'LOG: theirs')}\talso theirs\n\n${line(7, 'FATAL: ours')}`,
  )
  expect(linesOf(folder, 7, before.length)).toEqual([
    'loader: no such library',
    line(7, 'LOG: ours').trimEnd(),
    '\tcontinued',
    line(7, 'FATAL: ours').trimEnd(),
  ])
})

test('of a long log the end is read', () => {
  writeFileSync(path, `${line(7, 'LOG: again').repeat(5000)}${line(7, 'FATAL: the end')}`)
  expect(linesOf(folder, 7, 0).at(-1)).toBe(line(7, 'FATAL: the end').trimEnd())
})
