import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {findAndFollow, type InnerFault} from '../lib/doctor/inner/fault.js'
import {applySql} from '../lib/doctor/inner/scene.js'
import {asRole, FILES, FULL, loaded, SCHEMA} from '../lib/doctor/inner/stage.js'
import type {Scene} from '../support/planted-fault.js'
import {connect} from '../support/postgres.js'
import {runProgram} from '../support/program.js'

const rewrite =
  (file: string, text: string) =>
  (_: string, {cwd = ''}: Scene) =>
    writeFileSync(join(cwd, file), text)

const anew = 'cruddur-db setup --keep-previous'

const ONE = 'db/migrations/0001_one.sql'
const UP = '-- migrate:up\nALTER TABLE users ALTER name TYPE varchar(5);\n'

const FAULTS: readonly InnerFault[] = [
  {
    name: 'a schema that is not loaded',
    check: 'schema',
    status: 'fail',
    message: 'the schema is not loaded: no table of db/schema.sql is there (users, notes)',
    fix: 'cruddur-db schema-load',
    plant: (atEnd) => loaded(atEnd, ''),
  },
  {
    name: 'a table that is missing',
    check: 'schema',
    status: 'fail',
    message: 'tables of db/schema.sql are missing: notes',
    fix: anew,
    plant: (atEnd) => loaded(atEnd, `${SCHEMA} DROP TABLE notes`),
  },
  {
    name: 'a column that is missing',
    check: 'schema',
    status: 'fail',
    message: 'columns of db/schema.sql are missing: users.name',
    fix: anew,
    plant: (atEnd) => loaded(atEnd, `${SCHEMA} ALTER TABLE users DROP name`),
  },
  {
    name: 'a column of another type',
    check: 'schema',
    status: 'warn',
    message:
      'types are not those of db/schema.sql: users.name is character varying(5) instead of text',
    fix: anew,
    plant: (atEnd) => loaded(atEnd, `${SCHEMA} ALTER TABLE users ALTER name TYPE varchar(5)`),
  },
  {
    name: 'a schema file that is no SQL',
    check: 'schema',
    status: 'fail',
    message: /^db\/schema\.sql:1:20: /,
    fix: /./,
    plant: (atEnd) =>
      loaded(atEnd, FULL, {files: {...FILES, 'db/schema.sql': 'CREATE TABLE users (id int;'}}),
    follow: rewrite('db/schema.sql', SCHEMA),
  },
  {
    name: 'an extension that is not created',
    check: 'extensions',
    status: 'fail',
    message: /^db\/schema\.sql asks for what is not created in ".*": "uuid-ossp"$/,
    fix: /^connect to ".*" and run: CREATE EXTENSION IF NOT EXISTS "uuid-ossp"$/,
    plant: (atEnd) =>
      loaded(atEnd, FULL, {
        files: {...FILES, 'db/schema.sql': `CREATE EXTENSION "uuid-ossp"; ${SCHEMA}`},
      }),
  },
  {
    name: 'an extension that the server does not have',
    check: 'extensions',
    status: 'fail',
    message: 'the server does not have what db/schema.sql asks for: "no_such"',
    fix: 'install the package that brings no_such on the server',
    plant: (atEnd) =>
      loaded(atEnd, FULL, {
        files: {...FILES, 'db/schema.sql': `CREATE EXTENSION no_such; ${SCHEMA}`},
      }),
    follow: rewrite('db/schema.sql', SCHEMA),
  },
  {
    name: 'no seed data',
    check: 'seed',
    status: 'warn',
    message: 'there is no seed data: users, notes are empty',
    fix: 'cruddur-db seed',
    plant: (atEnd) => loaded(atEnd, SCHEMA),
  },
  {
    name: 'seed data in a part of the tables',
    check: 'seed',
    status: 'warn',
    message: 'users is empty, which db/seed.sql fills',
    fix: anew,
    plant: (atEnd) => loaded(atEnd, `${FULL} DELETE FROM users`),
  },
  {
    name: 'a table that this role may not read',
    check: 'seed',
    status: 'warn',
    message: 'whether there are rows cannot be seen: this role may not read users, notes',
    fix: /^have their owner run: GRANT SELECT ON "users", "notes" TO "cruddur_test_\w+ ""r"""$/,
    plant: async (atEnd) => asRole(atEnd, await loaded(atEnd, FULL)),
    follow: async (fix, scene) => {
      const url = new URL(scene.env?.['CONNECTION_URL'] ?? '')
      await applySql(fix, url.pathname.slice(1))
    },
  },
  {
    name: 'a table that somebody holds',
    check: 'seed',
    status: 'warn',
    message: 'somebody holds users: it cannot be read',
    fix: 'see who: cruddur-db sessions --long',
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL)
      const holder = await connect(made.name)
      await holder.query('BEGIN; LOCK users')
      atEnd(() => holder.end())
      return made
    },
    follow: async (_, scene) => {
      const json = await runProgram(['sessions', '--long', '--json'], {env: scene.env ?? {}})
      const {sessions} = JSON.parse(json.stdout) as {
        sessions: {process_id: number; query: string}[]
      }
      const holder = sessions.filter(({query: sql}) => sql === 'BEGIN; LOCK users')
      const ending = holder.flatMap(({process_id}) => ['--terminate', String(process_id)])
      expect(await runProgram(['sessions', ...ending], {env: scene.env ?? {}})).toMatchObject({
        code: 0,
      })
    },
  },
  {
    name: 'a migration that is pending',
    check: 'migrations',
    status: 'fail',
    message: '0001_one is pending',
    fix: 'cruddur-db migrate',
    plant: (atEnd) => loaded(atEnd, FULL, {files: {...FILES, [ONE]: UP}}),
  },
  {
    name: 'a file that is no migration',
    check: 'migrations',
    status: 'fail',
    message: `the name of db/migrations/1.sql has a number and no words`,
    fix: 'call it like 0001_words_of_it.sql, or move it out of the folder',
    plant: (atEnd) => loaded(atEnd, FULL, {files: {...FILES, 'db/migrations/1.sql': UP}}),
    follow: (_, {cwd = ''}) => rmSync(join(cwd, 'db/migrations'), {recursive: true}),
  },
  {
    name: 'a migration that ran, and whose file another branch has',
    check: 'schema',
    status: 'warn',
    message: /^types are not those of db\/schema\.sql: users\.name is character varying\(5\) /,
    fix: 'see what migrations says first: some have run that are not compared here',
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL, {files: {...FILES, [ONE]: UP}})
      const {cwd, env} = made
      expect(await runProgram(['migrate'], {cwd, env})).toMatchObject({code: 0})
      rmSync(join(cwd, ONE))
      return made
    },
    follow: rewrite(ONE, UP),
  },
]

it.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s is found and cured', (_, fault) =>
  findAndFollow(fault),
)
