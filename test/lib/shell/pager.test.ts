import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {openPager, pagerCommand, pagerEnvironment} from '../../../src/lib/shell/pager.js'

const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-pager-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

test.each([
  [{PSQL_PAGER: 'a -b', PAGER: 'c'}, 'a -b'],
  [{PAGER: 'c'}, 'c'],
  [{PAGER: ''}, undefined],
  [{PAGER: ' '}, undefined],
  [{PATH: '/nonexistent'}, undefined],
])('%j: the pager is %s', (env, command) => {
  expect(pagerCommand(env)).toBe(command)
})

test('a pager is given no secrets, and what less is to do unless the user says so', () => {
  const env = {
    PATH: '/bin',
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    PGPASSWORD: 'x',
    PGPASSFILE: 'x',
    CONNECTION_URL: 'x',
    PROD_CONNECTION_URL: 'x',
    ANYTHING: 'postgres://u:x@h/d',
    RDS_MASTER_PASSWORD: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_ACCESS_KEY_ID: 'x',
    GITHUB_TOKEN: 'x',
  }
  expect(pagerEnvironment(env)).toEqual({
    LESS: 'FRSX',
    PATH: '/bin',
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  })
  expect(pagerEnvironment({LESS: 'S'})).toEqual({LESS: 'S'})
})

test('a pager that is left early takes no more, and that is no failure', async () => {
  const pager = openPager('exit 0', {PATH: process.env['PATH']})
  for (let n = 0; n < 100; n++) {
    if (!pager.write('x'.repeat(100_000))) await pager.drained()
  }
  expect(await pager.end()).toBe('')
})

test('what a pager that cannot be run was given is given back', async () => {
  const pager = openPager('/nonexistent/pager', {PATH: process.env['PATH']})
  pager.write('one\n')
  pager.write('two\n')
  expect(await pager.end()).toBe('one\ntwo\n')
})

test('a pager ends with the program', async () => {
  const ending = new AbortController()
  const pager = openPager('sleep 60', {PATH: process.env['PATH']}, ending.signal)
  pager.write('x')
  ending.abort(new Error('ended'))
  expect(await pager.end()).toBe('')
})
