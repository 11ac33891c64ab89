import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {isInstalled} from '../../../src/lib/postgres/psql-program.js'

const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-program-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

test('a program is installed when it is on the PATH, is a file, and may be run', () => {
  const path = join(folder, 'it')
  const env = {PATH: `/nonexistent:${folder}`}
  expect(isInstalled('it', env)).toBe(false)
  mkdirSync(path)
  expect(isInstalled('it', env)).toBe(false)
  rmSync(path, {recursive: true})
  writeFileSync(path, '')
  expect(isInstalled('it', env)).toBe(false)
  chmodSync(path, 0o755)
  expect(isInstalled('it', env)).toBe(true)
  expect(isInstalled('it', {PATH: ''})).toBe(false)
  expect(isInstalled('sh', {})).toBe(true)
})
