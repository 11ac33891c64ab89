import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {databaseCheck} from '../../../../src/lib/doctor/inner/database.js'
import {migrationsCheck} from '../../../../src/lib/doctor/inner/migrations.js'
import {schemaCheck} from '../../../../src/lib/doctor/inner/schema.js'
import {toMigrate} from '../../../../src/lib/migrations/decide.js'
import {readMigrations} from '../../../../src/lib/migrations/folder.js'
import {runMigrations} from '../../../../src/lib/migrations/run.js'
import {migration} from '../../../support/migrations.js'
import {query, urlOf, withDatabase} from '../../../support/postgres.js'
import {looking, type Seen} from './scene.js'

const SCHEMA = 'CREATE TABLE public.posts (id integer PRIMARY KEY, reply_to integer);'

const FIRST = migration(
  `SET search_path = '';
ALTER TABLE public.posts ALTER reply_to TYPE text, ADD likes bigint;
CREATE TABLE public.tags (name text);`,
  'DROP TABLE public.tags;',
)

const FILES = {'db/schema.sql': SCHEMA, 'db/migrations/0001_tags.sql': FIRST}

/** Looks at a database with the schema, and can migrate it as `migrate` does. */
async function scene(
  fn: (
    seen: Seen & {migrate: () => Promise<void>; database: string; folder: string},
  ) => Promise<void>,
  files: Record<string, string> = FILES,
): Promise<void> {
  await withDatabase(async (database) => {
    await query(SCHEMA, database)
    await looking(
      urlOf(database),
      async (seen) => {
        const {target, cwd, packageRoot} = seen.facts
        await seen.see(databaseCheck)
        if (!target) throw new Error('a scene has a target')
        const migrate = async (): Promise<void> => {
          const {migrations} = await readMigrations({cwd, packageRoot})
          await runMigrations(target, migrations, toMigrate(), {cwd})
        }
        await fn({...seen, migrate, database, folder: join(cwd, 'db/migrations')})
      },
      {files},
    )
  })
}

it('a pending migration is found, with the command that runs it; once it has run nothing is wrong', () =>
  scene(async ({migrate, see}) => {
    expect(await see(migrationsCheck)).toEqual({
      status: 'fail',
      message: '0001_tags is pending',
      fix: 'cruddur-db migrate',
    })
    await migrate()
    expect(await see(migrationsCheck)).toEqual({
      status: 'ok',
      message: '1 migration applied, none pending',
    })
  }))

it('what an applied migration has made of the schema is right, and what undoes it is not', () =>
  scene(async ({database, migrate, see}) => {
    await migrate()
    expect(await see(schemaCheck)).toEqual({
      status: 'ok',
      message: 'the 2 tables of db/schema.sql are there',
    })
    await query('ALTER TABLE public.posts DROP likes', database)
    expect(await see(schemaCheck)).toMatchObject({
      status: 'fail',
      message: 'columns of db/schema.sql are missing: posts.likes',
    })
  }))

it.each([
  ['a draft in the folder', (folder: string) => writeFileSync(join(folder, '0002_new.sql'), '')],
  ['a file that is gone', (folder: string) => rmSync(join(folder, '0001_tags.sql'))],
])('with %s nobody is told to build anew what a migration has made', async (_, plant) =>
  scene(async ({folder, migrate, see}) => {
    await migrate()
    plant(folder)
    expect(await see(schemaCheck)).toEqual({
      status: 'warn',
      message: 'types are not those of db/schema.sql: posts.reply_to is text instead of integer',
      fix: 'see what migrations says first: some have run that are not compared here',
    })
    expect((await see(migrationsCheck)).status).not.toBe('ok')
  }),
)

it('a history that may not be read is said, and the schema is compared all the same', () =>
  scene(async ({database, facts, migrate, see}) => {
    await migrate()
    const role = `${database}_r`
    await query(`CREATE ROLE "${role}"`)
    try {
      await facts.database?.query(`SET ROLE "${role}"`)
      await expect(see(migrationsCheck)).rejects.toMatchObject({code: '42501'})
      expect(await see(schemaCheck)).toMatchObject({status: 'warn'})
    } finally {
      await query(`DROP ROLE "${role}"`)
    }
  }))

it('what a pending migration would make is not missed', () =>
  scene(async ({see}) => {
    expect(await see(schemaCheck)).toEqual({
      status: 'ok',
      message: 'the table of db/schema.sql is there',
    })
  }))

it('a migration that was changed since, one without its file and one that stopped half way are told apart', () =>
  scene(
    async ({database, facts, folder, migrate, see}) => {
      await migrate()
      writeFileSync(join(folder, '0001_tags.sql'), FIRST.replace('bigint', 'integer'))
      rmSync(join(folder, '0002_gone.sql'))
      await query('UPDATE cruddur_migrations SET finished_at = NULL WHERE version = 3', database)
      writeFileSync(join(folder, '0004_new.sql'), migration('SELECT 4;'))
      expect(await see(migrationsCheck)).toEqual({
        status: 'fail',
        message:
          '0003_half: stopped half way; 0001_tags: changed after it was applied; 0004_new is pending; 0002_gone: applied, and there is no such file any more',
        fix: 'finish it by hand, then cruddur-db migrate --mark-applied 0003_half; or undo what it did, then cruddur-db rollback --mark-rolled-back 0003_half',
      })
      await query('UPDATE cruddur_migrations SET finished_at = now()', database)
      expect(await see(migrationsCheck)).toMatchObject({
        fix: 'restore the file, or, if the database is as it says now: cruddur-db migrate --mark-applied 0001_tags',
      })
      Object.assign(facts, {flags: {'env-file': 'other.env'}})
      expect((await see(migrationsCheck)).fix).toMatch(/0001_tags --env-file other\.env$/)
      await query('UPDATE cruddur_migrations SET finished_at = NULL', database)
      expect((await see(migrationsCheck)).fix?.match(/ --env-file other\.env/g)).toHaveLength(2)
    },
    {
      ...FILES,
      'db/migrations/0002_gone.sql': migration('SELECT 2;'),
      'db/migrations/0003_half.sql': migration('SELECT 3;', undefined, ' transaction:false'),
    },
  ))

it('a pending migration below one that is applied needs another command', () =>
  scene(
    async ({folder, migrate, see}) => {
      await migrate()
      writeFileSync(join(folder, '0003_late.sql'), migration('SELECT 3;'))
      expect(await see(migrationsCheck)).toEqual({
        status: 'fail',
        message: '0003_late is pending, with a number below one that is applied',
        fix: 'cruddur-db migrate --out-of-order',
      })
    },
    {...FILES, 'db/migrations/0007_last.sql': migration('SELECT 7;')},
  ))

it('a file that is no migration is pointed at, and the schema is compared all the same', () =>
  scene(
    async ({see}) => {
      expect(await see(migrationsCheck)).toMatchObject({
        status: 'fail',
        message: expect.stringMatching(/^\S*db\/migrations\/0002_bad\.sql:1:1: /),
      })
      expect(await see(schemaCheck)).toMatchObject({status: 'ok'})
    },
    {...FILES, 'db/migrations/0002_bad.sql': 'SELECT 1;\n'},
  ))

it('somebody else’s table of that name is said', () =>
  scene(async ({database, see}) => {
    await query('CREATE TABLE cruddur_migrations (id integer)', database)
    expect(await see(migrationsCheck)).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('is not the one that migrate makes'),
    })
  }))

it('no migrations, none that could run yet, and no folder at all are no trouble', async () => {
  await scene(
    async ({see}) => {
      expect(await see(migrationsCheck)).toEqual({
        status: 'ok',
        message: 'there is no folder db/migrations',
      })
    },
    {'db/schema.sql': SCHEMA},
  )
  await withDatabase((database) =>
    looking(
      urlOf(database),
      async ({see}) => {
        await see(databaseCheck)
        expect(await see(migrationsCheck)).toEqual({
          status: 'skipped',
          message: 'there is nothing to migrate: see schema',
        })
      },
      {files: FILES},
    ),
  )
})
