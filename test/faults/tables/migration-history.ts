import type {Fault} from '../fault.js'
import type {Scene} from '../scene.js'
import {all, migrated, migrations, ONE, rewritten, withTwo} from './migration-words.js'
import {asRole} from './roles.js'

const two = withTwo('CREATE TABLE two (n int);')
const CURE_BY_HAND =
  '  → finish it by hand, then cruddur-db migrate --mark-applied 0002_two; or undo what it did, then cruddur-db rollback --mark-rolled-back 0002_two\n'

const READS = 'ALTER ROLE {user} SET default_transaction_read_only = on'

/** The second one stopped half way. */
const halfWay = async ({query}: Scene): Promise<undefined> =>
  void (await query(
    "INSERT INTO cruddur_migrations (version, name, checksum) VALUES (2, 'two', '')",
  ))

const STATES: readonly Fault[] = [
  {
    name: 'a migration that has run was changed since',
    files: two,
    arrange: rewritten('0001_one', '-- migrate:up\nCREATE TABLE one (n bigint);\n'),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'MIGRATION_CHANGED',
      stderr: `Error: 0001_one: changed after it was applied; nothing was run
  → restore the file, or, if the database is as it says now: cruddur-db migrate --mark-applied 0001_one
`,
    },
  },
  {
    name: 'the file of a migration to roll back is gone',
    files: two,
    arrange: rewritten('0002_two', undefined),
    args: ['rollback'],
    sees: {
      exit: 1,
      code: 'MIGRATION_FILE_MISSING',
      stderr: `Error: 0002_two: applied, and there is no such file any more; nothing was run
  → restore the file, or, if the database has nothing of it: cruddur-db rollback --mark-rolled-back 0002_two
`,
    },
  },
  ...['migrate', 'rollback'].map((command) => ({
    name: `a migration has stopped half way: ${command}`,
    files: two,
    arrange: all(migrated(), halfWay),
    args: [command],
    sees: {
      exit: 1,
      code: 'MIGRATION_UNFINISHED',
      stderr: `Error: 0002_two: stopped half way, and what it did before that is kept; nothing was run\n${CURE_BY_HAND}`,
    },
  })),
  {
    name: 'a pending migration has a number below one that has run',
    files: migrations({'0002_two': 'CREATE TABLE two (n int);'}),
    arrange: rewritten('0001_one', '-- migrate:up\nSELECT 1;\n'),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'MIGRATION_OUT_OF_ORDER',
      stderr: `Error: 0001_one: pending, with a number below one that is applied; nothing was run
  → give it a higher number, or, if it does not matter which runs first, add: --out-of-order
`,
    },
  },
  {
    name: 'migrate-status finds one that is pending, and a gap',
    files: migrations({...ONE, '0003_three': 'SELECT 1;'}),
    arrange: migrated(),
    args: ['migrate-status'],
    sees: {
      exit: 1,
      stderr: 'there is no migration 2\n1 migration pending: cruddur-db migrate\n',
      stdout: `version  name   state    applied at
0001     one    applied  …
0003     three  pending
`,
    },
  },
  {
    name: 'there is no migration of a name',
    files: two,
    args: ['migrate', '--to', '7'],
    sees: {
      exit: 2,
      code: 'MIGRATION_NOT_FOUND',
      stderr:
        'Error: there is no migration "7", neither in db/migrations nor in public.cruddur_migrations\n  → see what there is: cruddur-db migrate-status\n',
    },
  },
]

const THEIRS: readonly Fault[] = ['migrate', 'migrate-status'].map((command) => ({
  name: `the table public.cruddur_migrations is somebody else’s: ${command}`,
  files: two,
  arrange: async ({query}: Scene) =>
    void (await query('CREATE TABLE cruddur_migrations AS SELECT 1 AS id')),
  args: [command],
  sees: {
    exit: 1,
    code: 'HISTORY_INVALID',
    stderr: `Error: the table public.cruddur_migrations is not the one that migrate makes: column "version" does not exist
  → if it is somebody else's, rename it: ALTER TABLE public.cruddur_migrations RENAME TO …
`,
  },
}))

const RIGHTS: readonly Fault[] = [
  {
    name: 'the role may not make tables in the schema public: migrate',
    files: two,
    arrange: asRole('', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'NO_RIGHTS',
      stderr: `Error: permission denied for schema public: migrate keeps its history in public.cruddur_migrations, which it may not make
  → as the owner of the database: GRANT CREATE ON SCHEMA public TO …
  SQLSTATE 42501
`,
    },
  },
  {
    name: 'the role may read what has run, and not record it',
    files: two,
    arrange: all(
      migrated(),
      asRole(
        '',
        'GRANT CREATE ON SCHEMA public TO {user}',
        'GRANT SELECT ON cruddur_migrations TO {user}',
      ),
    ),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'HISTORY_NOT_WRITTEN',
      stderr: `Error: 0002_two cannot be recorded in public.cruddur_migrations, so nothing of it was kept: permission denied for table cruddur_migrations
  → as its owner: GRANT SELECT, INSERT, UPDATE, DELETE ON public.cruddur_migrations TO …
  SQLSTATE 42501
`,
    },
  },
  {
    name: 'the role only reads: the first migrate of a database',
    files: two,
    arrange: asRole('SUPERUSER', READS),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'READ_ONLY',
      stderr:
        'Error: cannot execute CREATE TABLE in a read-only transaction: this server is a standby, or default_transaction_read_only is on\n  → …\n  SQLSTATE 25006\n',
    },
  },
  {
    name: 'the role only reads: a migration',
    files: two,
    arrange: all(migrated(), asRole('SUPERUSER', READS)),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr:
        'Error: db/migrations/0002_two.sql:2:1: cannot execute CREATE TABLE in a read-only transaction: …\n⋮\n  → …\n  SQLSTATE 25006\n',
    },
  },
  {
    name: 'the role’s statement_timeout ends a migration',
    files: withTwo('DELETE FROM letters;\nSELECT pg_sleep(60);'),
    arrange: all(
      migrated(),
      asRole('SUPERUSER', "ALTER ROLE {user} SET statement_timeout = '300ms'"),
    ),
    args: ['migrate'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr:
        'Error: db/migrations/0002_two.sql:3:1: canceling statement due to statement timeout\n⋮\n  SQLSTATE 57014\n',
    },
  },
]

export const migrationHistoryFaults = {
  title: 'Migrations, and what has run',
  faults: [...STATES, ...THEIRS, ...RIGHTS],
}
