import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it} from 'vitest'
import {psqlVersion} from '../../../src/lib/postgres/psql-version.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-psql-'))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

/** A psql that runs these commands of a shell. */
function psql(script: string): {PATH: string} {
  const path = join(folder, 'psql')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return {PATH: folder}
}

it.each([
  ['psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', {major: 15, text: '15.18'}],
  ['psql (PostgreSQL) 9.6.24', {major: 9, text: '9.6.24'}],
  ['psql (EnterpriseDB) 16.4.1', {major: 16, text: '16.4.1'}],
  ['psql (PostgreSQL) 19devel', {major: 19, text: '19devel'}],
  ['PgBouncer 1.18', undefined],
])('reads %j', async (line, expected) => {
  expect(await psqlVersion(psql(`echo '${line}'`))).toEqual(expected)
})

it('asks with --version, and nothing else', async () => {
  const env = psql('[ "$*" = --version ] && echo "psql (PostgreSQL) 15.1"')
  expect(await psqlVersion(env)).toEqual({major: 15, text: '15.1'})
})

it('knows none where there is none', async () => {
  expect(await psqlVersion({PATH: folder})).toBeUndefined()
})

it('knows none where it fails, or cannot be run', async () => {
  expect(await psqlVersion(psql('echo "psql (PostgreSQL) 15.1"; exit 1'))).toBeUndefined()
  const env = psql('echo')
  chmodSync(join(folder, 'psql'), 0o644)
  expect(await psqlVersion(env)).toBeUndefined()
  expect(await psqlVersion({...env, ODD: 'a\0b'})).toBeUndefined()
})

it('gives one up that says nothing for two seconds', async () => {
  const started = performance.now()
  expect(await psqlVersion(psql('exec /bin/sleep 30'))).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(5000)
})
