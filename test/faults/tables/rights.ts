import type {Fault} from '../fault.js'
import {asRole} from './roles.js'

const OWNER = 'ALTER DATABASE {database} OWNER TO {user}'
const schema = {files: {'s.sql': 'CREATE TABLE made (n int);\n'}}
const seed = {files: {'s.sql': 'DELETE FROM letters;\nDELETE FROM people;\n'}}

const ROLES: readonly Fault[] = [
  {
    name: 'the role may not create databases: a setup of its own',
    arrange: asRole('NOCREATEDB', OWNER),
    args: ['setup'],
    sees: {
      exit: 1,
      code: 'NO_RIGHTS',
      stderr: '⋮\nError: …create database…\n  → …\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the role may not create databases: a create',
    arrange: asRole('NOCREATEDB'),
    args: ['create', '--url', '{url}_two'],
    sees: {
      exit: 1,
      code: 'NO_RIGHTS',
      target: 'url',
      database: '{database}_two',
      stderr: 'Error: …create database…\n  → …\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the database belongs to another role: a drop',
    arrange: asRole('CREATEDB'),
    args: ['drop'],
    sees: {
      exit: 1,
      code: 'NO_RIGHTS',
      stderr: 'Error: …{database}…\n  → …\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the database belongs to another role: a drop by force',
    arrange: asRole('CREATEDB'),
    args: ['drop', '--force'],
    sees: {
      exit: 1,
      code: 'NO_RIGHTS',
      stderr: 'Error: …{database}…\n  → …\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the database belongs to another role: a setup, which builds nothing',
    arrange: asRole('CREATEDB'),
    args: ['setup'],
    sees: {
      exit: 1,
      code: 'NO_RIGHTS',
      stderr:
        'Error: "{database}" belongs to another role\n  → log in as its owner\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the role may not connect to the database',
    ...seed,
    arrange: asRole('', 'REVOKE CONNECT ON DATABASE {database} FROM PUBLIC'),
    args: ['seed', '--seed-file', 's.sql'],
    sees: {
      exit: 3,
      code: 'LOGIN_FAILED',
      stderr: 'Error: …{database}…\n⋮\n  → …\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the role may not make tables in the schema public',
    ...schema,
    arrange: asRole('', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'),
    args: ['schema-load', '--schema-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: 'Error: s.sql:1:14: permission denied for schema public\n⋮\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'the role may not delete rows',
    ...seed,
    arrange: asRole('', 'GRANT DELETE ON letters TO {user}'),
    args: ['seed', '--seed-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: 'Error: s.sql:2:1: permission denied for table people\n⋮\n  SQLSTATE 42501\n',
    },
  },
  {
    name: 'an owner forces a drop while a superuser is connected',
    arrange: async (scene) => {
      await asRole('CREATEDB', OWNER)(scene)
      await scene.hold()
      return undefined
    },
    args: ['drop', '--force'],
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: `Error: "{user}" may not end 1 session in the database "{database}"; nothing was dropped
⋮
  → …
  SQLSTATE 42501
`,
    },
  },
  {
    name: 'an owner forces a setup while a superuser is connected',
    ...schema,
    arrange: async (scene) => {
      await asRole('CREATEDB', OWNER)(scene)
      await scene.hold()
      return undefined
    },
    args: ['setup', '--force', '--schema-file', 's.sql', '--no-seed'],
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: `⋮
Error: "{user}" may not end 1 session in the database "{database}"; nothing was changed
⋮
  → …
  SQLSTATE 42501
`,
    },
  },
  {
    name: 'a role without rights ends a superuser’s session',
    arrange: async (scene) => {
      await asRole('')(scene)
      const other = await scene.hold()
      const {rows} = await other.query('SELECT pg_backend_pid()::text AS pid')
      scene.say('pid', rows[0]?.pid)
      return undefined
    },
    args: ['sessions', '--terminate', '{pid}'],
    sees: {exit: 1, code: 'NO_RIGHTS', stderr: 'Error: …\n⋮\n  → …\n  SQLSTATE 42501\n'},
  },
]

export const rightsFaults = {title: 'Rights', faults: ROLES}
