import type {Fault} from '../fault.js'
import {STEPS} from './words.js'

const CLEAR = "E'\\x1b[2J\\u009b31m'"

const SHOWN: readonly Fault[] = [
  {
    name: 'who is connected has a name that steers the terminal',
    arrange: async ({hold}) => {
      const other = await hold()
      await other.query(`SET application_name = ${CLEAR}`)
      return undefined
    },
    args: ['drop'],
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: 'Error: 1 session uses the database "{database}"; nothing was dropped\n⋮\n',
    },
  },
  {
    name: 'the server’s messages steer the terminal',
    files: {
      's.sql': `DELETE FROM letters;
DO $$ BEGIN
  RAISE NOTICE E'\\x1b[2Ja notice';
  RAISE EXCEPTION E'\\x1b]0;title\\x07no' USING DETAIL = E'\\x1b[2J', HINT = E'\\x1b[1A';
END $$;
`,
    },
    args: ['seed', '--seed-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: `NOTICE: \\x1b[2Ja notice
Error: s.sql:4:3: \\x1b]0;title\\x07no
⋮
  detail: \\x1b[2J
  → \\x1b[1A
  SQLSTATE P0001
`,
    },
  },
  {
    name: 'a line of the file steers the terminal',
    files: {'s.sql': "SELECT '\x1b[2J', nothing;\n"},
    args: ['seed', '--seed-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr:
        'Error: s.sql:1:16: column "nothing" does not exist\n   1 | SELECT \'␛[2J\', nothing;\n⋮\n',
    },
  },
  {
    name: 'a row of a COPY steers the terminal',
    files: {'s.sql': 'COPY people (id, name) FROM stdin;\n\x1b[2J\tx\n\\.\n'},
    args: ['seed', '--seed-file', 's.sql'],
    sees: {exit: 1, code: 'SQL_ERROR', stderr: 'Error: s.sql:2:1: …\n⋮\n'},
  },
  {
    name: 'a file’s name steers the terminal',
    files: {'\x1b[2J\n.sql': 'SELECT 1/0;\n'},
    args: ['seed', '--seed-file', '\x1b[2J\n.sql'],
    sees: {exit: 1, code: 'SQL_ERROR', stderr: 'Error: \\x1b[2J…\n⋮\n'},
  },
  {
    name: 'a file’s name looks like an option',
    files: {'-rf': 'SELECT 1/0;\n'},
    args: ['seed', '--seed-file=-rf'],
    sees: {exit: 1, code: 'SQL_ERROR', stderr: 'Error: -rf:1:1: division by zero\n⋮\n'},
  },
  {
    name: 'a role’s name holds quotes and a sequence that clears a terminal',
    args: ['drop', '--url', 'postgres://%22x%27%1b[2J:secret@{host}/{database}'],
    sees: {
      exit: 3,
      code: 'LOGIN_FAILED',
      target: 'url',
      user: '"x\'\\x1b[2J',
      stderr: 'Error: …\\x1b[2J…\n⋮\n',
    },
  },
  {
    name: 'a host’s name is a command of a shell',
    args: ['drop', '--url', 'postgres://{login}@$(touch pwned)/{database}'],
    sees: {exit: 2, code: 'CONFIGURATION', target: undefined, stderr: 'Error: --url: …\n⋮\n'},
  },
  {
    name: '--confirm holds a sequence that clears a terminal',
    args: ['drop', '--confirm', '\x1b[2J'],
    sees: {
      exit: 4,
      code: 'NOT_CONFIRMED',
      stderr: `Error: --confirm names "\\x1b[2J", but the target's database is "{database}"\n⋮\n`,
    },
  },
  {
    name: 'a constraint’s name steers the terminal, in a setup',
    files: {
      's.sql':
        'CREATE TABLE t (n int CONSTRAINT "\x1b[2J" CHECK (n > 0));\nINSERT INTO t VALUES (0);\n',
    },
    args: ['setup', '--schema-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: `${STEPS.schema}Error: s.sql:2:1: …"\\x1b[2J"\n⋮\n`,
    },
  },
]

export const messageFaults = {title: 'What steers a terminal', faults: SHOWN}
