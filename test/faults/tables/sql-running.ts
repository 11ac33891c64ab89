import type {Fault} from '../fault.js'
import {inFile, STEPS} from './words.js'

const schema = ['setup', '--schema-file', 's.sql']
const seed = ['seed', '--seed-file', 's.sql']

/** Mistakes that the server finds. */
const RUNNING: readonly Fault[] = [
  {
    name: 'the last line of the schema has a syntax error',
    files: {'s.sql': 'CREATE TABLE made (n int);\nINSERT INTO made VALUES (1);\nSELEKT 1;\n'},
    args: schema,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr:
        STEPS.schema +
        inFile(3, 'syntax error at or near "SELEKT"', '^SELEKT 1;', 'SQLSTATE 42601'),
    },
  },
  {
    name: 'the seed of a setup breaks off in its middle',
    files: {'s.sql': "INSERT INTO users (handle) VALUES ('me');\n"},
    args: ['setup', '--seed-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: `${STEPS.seed}Error: s.sql:1:1: null value in column "…" of relation "users" violates not-null constraint\n⋮\n`,
    },
  },
  {
    name: 'a seed divides by zero in its middle',
    files: {'s.sql': "DELETE FROM letters;\nSELECT 1/0;\nUPDATE people SET name = 'gone' || id;\n"},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: inFile(2, 'division by zero', '^SELECT 1/0;', 'SQLSTATE 22012'),
    },
  },
  {
    name: 'a constraint is found violated at COMMIT',
    files: {'s.sql': "DELETE FROM people WHERE id > 250;\nSELECT 'all is well';\n"},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: `Error: s.sql: update or delete on table "people" violates foreign key constraint "letters_person_fkey" on table "letters" (found at COMMIT, where deferred constraints are checked)
  detail: Key (id)=(251) is still referenced from table "letters".
⋮
  SQLSTATE 23503
`,
    },
  },
  {
    name: 'a COPY row has a column too many',
    files: {
      's.sql': 'DELETE FROM letters;\nCOPY people (name) FROM stdin;\none\ntwo\tthree\n\\.\n',
    },
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr:
        'Error: s.sql:4:1: extra data after last expected column\n   4 | two\tthree\n     | ^\n  SQLSTATE 22P04\n',
    },
  },
  {
    name: 'the file sets a timeout, and a statement takes longer',
    files: {
      's.sql': "SET statement_timeout = '50ms';\nDELETE FROM letters;\nSELECT pg_sleep(60);\n",
    },
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: inFile(
        3,
        'canceling statement due to statement timeout',
        '^SELECT pg_sleep(60);',
        'SQLSTATE 57014',
      ),
    },
  },
  {
    name: 'somebody holds a lock for longer than the file waits',
    files: {'s.sql': "SET lock_timeout = '50ms';\nDELETE FROM letters;\nDROP TABLE people;\n"},
    arrange: async ({hold}) => {
      const other = await hold()
      await other.query('BEGIN; LOCK TABLE people IN ACCESS SHARE MODE')
      return undefined
    },
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: inFile(
        3,
        'canceling statement due to lock timeout',
        '^DROP TABLE people;',
        'SQLSTATE 55P03',
      ),
    },
  },
  {
    name: 'the schema hides a DROP DATABASE in a DO',
    files: {'s.sql': "DO $$ BEGIN\n  EXECUTE 'DROP DATABASE {database}';\nEND $$;\n"},
    args: schema,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: `${STEPS.schema}Error: s.sql:2:3: DROP DATABASE cannot … a transaction block\n⋮\n  SQLSTATE 25001\n`,
    },
  },
  {
    name: 'the seed hides a COMMIT in a DO',
    files: {'s.sql': 'DELETE FROM letters;\nDO $$ BEGIN\n  COMMIT;\nEND $$;\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: 'Error: s.sql:3:3: invalid transaction termination\n⋮\n  SQLSTATE 2D000\n',
    },
  },
  {
    name: 'the schema renames the old database, and then fails',
    files: {
      's.sql': 'ALTER DATABASE {database} RENAME TO {database}_gone;\nSELECT 1/0;\n',
    },
    args: schema,
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: STEPS.schema + inFile(2, 'division by zero', '^SELECT 1/0;', 'SQLSTATE 22012'),
    },
  },
  {
    name: 'the seed ends its own session',
    files: {'s.sql': 'DELETE FROM letters;\nSELECT pg_terminate_backend(pg_backend_pid());\n'},
    args: seed,
    sees: {
      exit: 3,
      code: 'CONNECTION_LOST',
      stderr: 'Error: the connection to {host} was lost: …\n⋮\n',
    },
  },
  {
    name: 'the schema ends all sessions of the tool',
    files: {
      's.sql':
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database}' ORDER BY pid = pg_backend_pid();\n",
    },
    args: schema,
    sees: {
      exit: 3,
      code: 'CONNECTION_LOST',
      stderr: `${STEPS.schema}Error: the connection to {host} was lost: …\n⋮\n`,
    },
  },
]

export const sqlRunningFaults = {title: 'SQL files, while they run', faults: RUNNING}
