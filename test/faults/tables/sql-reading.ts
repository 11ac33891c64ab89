import type {Fault} from '../fault.js'
import {inFile} from './words.js'

const schema = ['setup', '--schema-file', 's.sql']
const seed = ['seed', '--seed-file', 's.sql']

/** Mistakes that are found before anything is sent. */
const READING: readonly Fault[] = [
  {
    name: 'the schema file is not there',
    args: ['setup', '--schema-file', 'none.sql'],
    sees: {
      exit: 2,
      code: 'FILE_NOT_FOUND',
      stderr: 'Error: there is no file none.sql\n  → check the path, taken from {folder}\n',
    },
  },
  {
    name: 'the seed file is not there: nothing is built',
    args: ['setup', '--seed-file', 'none.sql'],
    sees: {
      exit: 2,
      code: 'FILE_NOT_FOUND',
      stderr: 'Error: there is no file none.sql\n  → check the path, taken from {folder}\n',
    },
  },
  {
    name: 'the schema file is a folder',
    files: {'db/s.sql': ''},
    args: ['schema-load', '--schema-file', 'db'],
    sees: {
      exit: 2,
      code: 'FILE_UNREADABLE',
      stderr: 'Error: db is a folder\n  → name the SQL file in it\n',
    },
  },
  {
    name: 'the seed is not UTF-8',
    files: {'s.sql': Buffer.from("INSERT INTO people (name) VALUES ('M\xfcller');\n", 'latin1')},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_ENCODING',
      stderr: inFile(1, '…', "INSERT INTO people (name) VALUES ('M^…", '→ …'),
    },
  },
  {
    name: 'the seed is UTF-16, as an editor of Windows saves it',
    files: {'s.sql': Buffer.from('\ufeffSELECT 1;\r\n', 'utf16le')},
    args: seed,
    sees: {exit: 1, code: 'SQL_ENCODING', stderr: 'Error: s.sql…UTF-16…\n⋮\n'},
  },
  {
    name: 'a string in the schema is never closed',
    files: {'s.sql': "CREATE TABLE made (n int);\nINSERT INTO made VALUES ('1);\n"},
    args: schema,
    sees: {
      exit: 1,
      code: 'SQL_UNTERMINATED',
      stderr: inFile(
        2,
        "the string opened here is never closed with '",
        "INSERT INTO made VALUES (^'1);",
        "→ write a ' in a string as ''",
      ),
    },
  },
  {
    name: 'a COMMIT in the seed would keep half of it',
    files: {'s.sql': 'DELETE FROM letters;\nCOMMIT;\nSELECT 1/0;\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_TRANSACTION',
      stderr: inFile(
        2,
        'the file is run in one transaction, which this COMMIT would break up',
        '^COMMIT;',
        '→ remove the COMMIT, or run the file with --no-transaction',
      ),
    },
  },
  {
    name: 'a COMMIT in the schema of a setup, which has no --no-transaction',
    files: {'s.sql': 'CREATE TABLE made (n int);\nCOMMIT;\n'},
    args: schema,
    sees: {
      exit: 1,
      code: 'SQL_TRANSACTION',
      stderr: inFile(
        2,
        'the file is run in one transaction, which this COMMIT would break up',
        '^COMMIT;',
        '→ take it out: setup runs each file in one transaction',
      ),
    },
  },
  {
    name: 'the schema drops the database',
    files: {'s.sql': 'DROP DATABASE {database};\n'},
    args: ['schema-load', '--schema-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_TRANSACTION',
      stderr: inFile(
        1,
        'DROP DATABASE cannot run in a transaction, and the file is run in one',
        '^DROP DATABASE {database};',
        '→ run the file with --no-transaction',
      ),
    },
  },
  {
    name: 'COPY rows are cut short',
    files: {'s.sql': 'DELETE FROM letters;\nCOPY people (name) FROM stdin;\nsomebody\n'},
    args: seed,
    sees: {exit: 1, code: 'SQL_UNTERMINATED', stderr: 'Error: s.sql:2:1: …\n⋮\n'},
  },
  {
    name: 'a file includes itself',
    files: {'s.sql': 'SELECT 1;\n\\ir s.sql\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_UNSUPPORTED',
      stderr: 'Error: s.sql:2:1: s.sql includes itself\n⋮\n',
    },
  },
  {
    name: 'a file includes one that is not there',
    files: {'s.sql': 'DELETE FROM letters;\n\\i none.sql\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'FILE_NOT_FOUND',
      stderr: inFile(
        2,
        'there is no file none.sql',
        '^\\i none.sql',
        '→ check the path, taken from {folder}',
      ),
    },
  },
  {
    name: 'the seed is a dump in the custom format',
    files: {'s.sql': Buffer.from('PGDMP\x01\x0e\x00\x04\x08\x08\x01\x01\x00', 'latin1')},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_UNSUPPORTED',
      stderr: `Error: s.sql:1:1: the file is in pg_dump's custom format, not SQL
⋮
  → turn it into SQL first: pg_restore -f FILE.sql FILE
`,
    },
  },
  {
    name: 'a packed seed is damaged',
    files: {'s.sql': Buffer.from('1f8b0800000000000003ffff', 'hex')},
    args: seed,
    sees: {
      exit: 1,
      code: 'FILE_DAMAGED',
      stderr: 'Error: s.sql is damaged or cut short (gzip: …)\n⋮\n',
    },
  },
  {
    name: 'standard input is named twice',
    args: ['seed', '--seed-file', '-', '--seed-file', '-'],
    sees: {
      exit: 2,
      code: 'USAGE',
      stderr:
        'Error: standard input (-) can be read only once\n  → name files, or put everything into one input\n',
    },
  },
]

export const sqlReadingFaults = {title: 'SQL files, before anything is sent', faults: READING}
