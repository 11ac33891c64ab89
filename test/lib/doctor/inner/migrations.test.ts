import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {migrationsCheck} from '../../../../src/lib/doctor/inner/migrations.js'
import {urlOf} from '../../../support/postgres.js'
import {looking} from './scene.js'

it('migrations are told of, for nothing runs them yet', () =>
  looking(
    urlOf('postgres'),
    async ({facts, see}) => {
      expect(await see(migrationsCheck)).toEqual({
        status: 'warn',
        message: 'db/migrations holds a file, which this version does not run',
        fix: 'run them by hand, in their order: cruddur-db schema-load --schema-file FILE',
      })
      rmSync(join(facts.cwd, 'db/migrations/1.sql'))
      expect(await see(migrationsCheck)).toEqual({
        status: 'ok',
        message: 'there are no files in db/migrations',
      })
    },
    {files: {'db/migrations/1.sql': '', 'db/migrations/README': ''}},
  ))
