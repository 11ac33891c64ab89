import {chmodSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {markStatement} from '../../src/lib/postgres/rebuild/leftovers.js'
import {temporaryName} from '../../src/lib/postgres/rebuild/names.js'
import {findAndFollow, type InnerFault} from '../lib/doctor/inner/fault.js'
import {applySql, id} from '../lib/doctor/inner/scene.js'
import {asRole, FILES, FULL, loaded, stage} from '../lib/doctor/inner/stage.js'
import {runDoctor} from '../support/planted-fault.js'
import {query} from '../support/postgres.js'
import {runProgram} from '../support/program.js'

const FAULTS: readonly InnerFault[] = [
  {
    name: 'no database',
    check: 'database',
    status: 'fail',
    message: /^there is no database "cruddur_test_.*" on the server$/,
    fix: 'cruddur-db setup',
    plant: async (atEnd) => stage(atEnd),
  },
  {
    name: 'no database of an awkward name',
    check: 'database',
    status: 'fail',
    message: /^there is no database "cruddur_test_\w+ "a'b" 🎉" on the server$/,
    fix: 'cruddur-db setup',
    plant: async (atEnd) => stage(atEnd, {suffix: ` "a'b" 🎉`}),
  },
  {
    name: 'a database that lets nobody in',
    check: 'database',
    status: 'fail',
    message: /is not currently accepting connections$/,
    fix: /ALLOW_CONNECTIONS true$/,
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL)
      await query(`ALTER DATABASE ${id(made.name)} ALLOW_CONNECTIONS false`)
      return made
    },
  },
  {
    name: 'a database that this role may not enter',
    check: 'database',
    status: 'fail',
    message: /permission denied for database/,
    fix: /^have the database's owner run: GRANT CONNECT ON DATABASE /,
    plant: async (atEnd) => {
      const made = await asRole(atEnd, await loaded(atEnd, FULL))
      await query(`REVOKE CONNECT ON DATABASE ${id(made.name)} FROM PUBLIC`)
      return made
    },
  },
  {
    name: 'a connection limit that is reached',
    check: 'database',
    status: 'warn',
    message: /^the connection limit of ".*" is reached: 1 of 0 are in use/,
    fix: /CONNECTION LIMIT -1$/,
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL)
      await query(`ALTER DATABASE ${id(made.name)} CONNECTION LIMIT 0`)
      return made
    },
  },
  {
    name: 'an encoding that cannot hold all text',
    check: 'database',
    status: 'warn',
    message: /stores text as SQL_ASCII/,
    fix: /^drop it and make it anew: CREATE DATABASE /,
    plant: (atEnd) => loaded(atEnd, FULL, {clause: "ENCODING 'SQL_ASCII' LOCALE 'C'"}),
    follow: async (fix, {env = {}}) => {
      expect(await runProgram(['drop'], {env})).toMatchObject({code: 0})
      await applySql(fix)
    },
  },
  {
    name: 'a half dropped database',
    check: 'database',
    status: 'fail',
    message: /is half dropped: a DROP DATABASE was interrupted$/,
    fix: /: cruddur-db drop$/,
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL)
      await query(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${made.name}'`)
      return made
    },
    follow: async (_, {cwd = '', env = {}}) => {
      expect(await runProgram(['drop'], {cwd, env})).toMatchObject({code: 0})
      expect((await runDoctor({cwd, env})).check('database').fix).toBe('cruddur-db setup')
      expect(await runProgram(['setup'], {cwd, env})).toMatchObject({code: 0})
    },
  },
  {
    name: 'what a killed setup left',
    check: 'database',
    status: 'warn',
    message: /^an unfinished setup left a database: "cruddur_test_/,
    fix: /^run: DROP DATABASE "cruddur_test_/,
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL)
      const left = temporaryName(made.name, 'old')
      await query(`CREATE DATABASE ${id(left)} TEMPLATE template0`)
      await query(markStatement(left, 'replaced'))
      return made
    },
  },
  {
    name: 'a role that may not create databases',
    check: 'rights',
    status: 'warn',
    message: /may not create databases \(CREATEDB\), as create and setup do$/,
    fix: /^have a superuser run: ALTER ROLE "cruddur_test_\w+ ""r""" CREATEDB$/,
    plant: async (atEnd) => {
      const made = await asRole(atEnd, await loaded(atEnd, FULL))
      await query(`GRANT pg_signal_backend TO ${id(made.role)}`)
      await query(`ALTER DATABASE ${id(made.name)} OWNER TO ${id(made.role)}`)
      atEnd(() => query(`ALTER DATABASE ${id(made.name)} OWNER TO CURRENT_USER`))
      return made
    },
  },
  {
    name: 'a role that may not end sessions nor replace the database',
    check: 'rights',
    status: 'warn',
    message:
      /may not replace or drop ".*", which belongs to ".*", and may not end sessions of other roles/,
    fix: /OWNER TO "cruddur_test_\w+ ""r"""; GRANT pg_signal_backend TO /,
    plant: async (atEnd) => {
      const made = await asRole(atEnd, await loaded(atEnd, FULL))
      await query(`ALTER ROLE ${id(made.role)} CREATEDB`)
      atEnd(() => query(`ALTER DATABASE ${id(made.name)} OWNER TO CURRENT_USER`))
      return made
    },
  },
  {
    name: 'a psql that is too old',
    check: 'psql',
    status: 'warn',
    message: /^psql 9\.6\.24 is older than the server/,
    fix: /^install the client of PostgreSQL \d+, or use the built-in shell: cruddur-db connect --builtin$/,
    plant: async (atEnd) => {
      const made = await loaded(atEnd, FULL, {files: {...FILES, psql: ''}})
      const psql = join(made.cwd, 'psql')
      writeFileSync(psql, '#!/bin/sh\necho "psql (PostgreSQL) 9.6.24"\n')
      chmodSync(psql, 0o755)
      return {...made, env: {...made.env, PATH: made.cwd}}
    },
    follow: (_, {cwd = ''}) =>
      writeFileSync(join(cwd, 'psql'), '#!/bin/sh\necho "psql (PostgreSQL) 99.1"\n'),
  },
]

it.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s is found and cured', (_, fault) =>
  findAndFollow(fault),
)
