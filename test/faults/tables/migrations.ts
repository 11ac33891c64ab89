import type {Fault} from '../fault.js'
import {migrated, migrations, ONE, pathOf, withTwo} from './migration-words.js'
import {errorIn} from './words.js'

const inTwo = errorIn(pathOf('0002_two'))
const LOOSE = ' transaction:false'

const MIGRATING = '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✖ migrate\n'

/** A second migration fails; the first one has run. */
const failing = (name: string, text: string, code: string, stderr: string): Fault => ({
  name,
  files: withTwo(text),
  arrange: migrated(),
  args: ['migrate'],
  sees: {exit: 1, code, stderr},
})

const UP: readonly Fault[] = [
  failing(
    'a migration divides by zero in its middle',
    'DELETE FROM letters;\nSELECT 1/0;\nDROP TABLE letters;',
    'SQL_ERROR',
    inTwo(3, 'division by zero', '^SELECT 1/0;', 'SQLSTATE 22012'),
  ),
  failing(
    'a migration makes a table that is there already',
    'DELETE FROM letters;\nCREATE TABLE people (n int);',
    'SQL_ERROR',
    inTwo(
      3,
      'relation "people" already exists',
      '^CREATE TABLE people (n int);',
      '→ if the database has all of it already: cruddur-db migrate --mark-applied 0002_two',
      'SQLSTATE 42P07',
    ),
  ),
  failing(
    'a constraint is found violated at the COMMIT of a migration',
    'DELETE FROM people WHERE id > 250;',
    'SQL_ERROR',
    'Error: db/migrations/0002_two.sql: update or delete on table "people" violates foreign key constraint … (found at COMMIT, where deferred constraints are checked)\n⋮\n  SQLSTATE 23503\n',
  ),
  failing(
    'a migration that runs in a transaction has a VACUUM in it',
    'DELETE FROM letters;\nVACUUM people;',
    'SQL_TRANSACTION',
    inTwo(
      3,
      'VACUUM cannot run in a transaction, and the file is run in one',
      '^VACUUM people;',
      '→ put transaction:false behind the marker of this part',
    ),
  ),
  failing(
    'a migration that runs in a transaction calls a procedure that commits',
    'DELETE FROM letters;\nDO $$ BEGIN COMMIT; END $$;',
    'SQL_ERROR',
    `Error: ${pathOf('0002_two')}:3:4: invalid transaction termination
⋮
  → put transaction:false behind the marker of this part
  SQLSTATE 2D000
`,
  ),
  failing(
    'a migration drops the table of what has run',
    'DELETE FROM letters;\nDROP TABLE public.cruddur_migrations;',
    'HISTORY_NOT_WRITTEN',
    `Error: 0002_two cannot be recorded in public.cruddur_migrations, so nothing of it was kept: relation "public.cruddur_migrations" does not exist
  → see whether the migration changes public.cruddur_migrations itself
  SQLSTATE 42P01
`,
  ),
  {
    ...failing(
      'a migration ends its own session',
      'DELETE FROM letters;\nSELECT pg_terminate_backend(pg_backend_pid());',
      'CONNECTION_LOST',
      'Error: the connection to {host} was lost: …\n⋮\n',
    ),
    sees: {
      exit: 3,
      code: 'CONNECTION_LOST',
      stderr: 'Error: the connection to {host} was lost: …\n⋮\n',
    },
  },
  failing(
    'the first statement of a migration without a transaction fails',
    `-- migrate:up${LOOSE}\nVACUUM nothing;\nDROP TABLE letters;\n`,
    'SQL_ERROR',
    inTwo(
      2,
      'relation "nothing" does not exist (no statement before it is kept)',
      '^VACUUM nothing;',
      '→ …',
      'SQLSTATE 42P01',
    ),
  ),
  {
    ...failing(
      'the second statement of a migration without a transaction fails: the first is kept',
      `-- migrate:up${LOOSE}\nCREATE TABLE two (n int);\nSELECT 1/0;\n`,
      'SQL_ERROR',
      inTwo(
        3,
        'division by zero (1 statement before it has run and is kept); 0002_two is unfinished',
        '^SELECT 1/0;',
        '→ finish it by hand, then cruddur-db migrate --mark-applied 0002_two; or undo what it did, then cruddur-db rollback --mark-rolled-back 0002_two',
        'SQLSTATE 22012',
      ),
    ),
    changes: ['{database}'],
  },
]

const DOWN: readonly Fault[] = [
  {
    name: 'a migration to roll back has a wrong down part',
    files: withTwo(
      '-- migrate:up\nCREATE TABLE two (n int);\n-- migrate:down\nDROP TABLE one;\nDROP TABLE tow;\n',
    ),
    arrange: migrated(2n),
    args: ['rollback'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: inTwo(5, 'table "tow" does not exist', '^DROP TABLE tow;', '→ …', 'SQLSTATE 42P01'),
    },
  },
  {
    name: 'one of the migrations to roll back has no down part: none is rolled back',
    files: withTwo('CREATE TABLE two (n int);'),
    arrange: migrated(2n),
    args: ['rollback', '--steps', '2'],
    sees: {
      exit: 1,
      code: 'MIGRATION_IRREVERSIBLE',
      stderr: `Error: 0002_two: it has no down part; nothing was rolled back
  → write one below "-- migrate:down", or undo it by hand, then cruddur-db rollback --mark-rolled-back 0002_two
`,
    },
  },
]

const IN_SETUP: readonly Fault[] = [
  {
    name: 'a migration of a setup fails',
    files: withTwo('DELETE FROM one;\nSELECT 1/0;'),
    args: ['setup'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: MIGRATING + inTwo(3, 'division by zero', '^SELECT 1/0;', 'SQLSTATE 22012'),
    },
  },
  {
    name: 'a migration of a setup makes what its schema has made',
    files: migrations({...ONE, '0002_two': 'CREATE TABLE users (n int);'}),
    args: ['setup', '--no-seed'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr:
        MIGRATING.replace('✔ seed … ms\n', '') +
        inTwo(
          2,
          'relation "users" already exists',
          '^CREATE TABLE users (n int);',
          '→ the files that ran before have made it: take it out of them, or delete the migration where every database has had it',
          'SQLSTATE 42P07',
        ),
    },
  },
]

export const migrationFaults = {
  title: 'Migrations, while they run',
  faults: [...UP, ...DOWN, ...IN_SETUP],
}
