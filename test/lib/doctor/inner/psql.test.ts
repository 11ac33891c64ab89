import {chmodSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {expect, inject, it} from 'vitest'
import {psqlCheck} from '../../../../src/lib/doctor/inner/psql.js'
import {urlOf} from '../../../support/postgres.js'
import {folderWith, seeOnce} from './scene.js'

async function withPsql(version: string): Promise<unknown> {
  const folder = folderWith({psql: `#!/bin/sh\necho 'psql (PostgreSQL) ${version}'\n`})
  chmodSync(join(folder, 'psql'), 0o755)
  try {
    return await seeOnce(urlOf('postgres'), [psqlCheck], {env: {PATH: folder}})
  } finally {
    rmSync(folder, {recursive: true})
  }
}

it('that is older than the server is told, and cured by a newer one', async () => {
  const server = inject('serverVersion')
  expect(await withPsql('12.22')).toEqual({
    status: 'warn',
    message: `psql 12.22 is older than the server, which is ${server}: \\d and its like may fail`,
    fix: `install the client of PostgreSQL ${server}, or use the built-in shell: cruddur-db connect --builtin`,
  })
  expect(await withPsql(`${server}.0`)).toEqual({status: 'ok', message: `psql ${server}.0`})
  expect(await withPsql(`${server + 1}beta1`)).toMatchObject({status: 'ok'})
})

it('that is not there is no fault', async () => {
  const found = await seeOnce(urlOf('postgres'), [psqlCheck], {env: {PATH: '/nonexistent'}})
  expect(found).toEqual({
    status: 'ok',
    message: 'psql is not installed: connect opens its built-in shell instead',
  })
})
