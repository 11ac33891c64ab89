import type {Fault} from '../fault.js'
import {migrations} from './migration-words.js'
import {errorIn} from './words.js'

const inLikes = errorIn('db/migrations/0001_likes.sql')
const migrate = ['migrate']
const COMMITS = inLikes(
  3,
  'the file is run in one transaction, which this COMMIT would break up',
  '^COMMIT;',
  '→ remove the COMMIT, or put transaction:false behind the marker of this part',
)

/** @param text of a migration that cannot be run */
const unfit = (name: string, text: string, code: string, stderr: string): Fault => ({
  name,
  files: migrations({'0001_likes': text}),
  args: migrate,
  sees: {exit: 1, code, stderr},
})

const TEXTS: readonly Fault[] = [
  unfit(
    'a migration has no line that says where it begins',
    '-- likes\nDROP TABLE letters;\n',
    'MIGRATION_INVALID',
    inLikes(
      2,
      'there is no line -- migrate:up',
      '^DROP TABLE letters;',
      '→ put one in front of the statements that change something',
    ),
  ),
  unfit(
    'the marker of a down part is misspelt, so that its DROP would run with the rest',
    'CREATE TABLE likes (n int);\n-- migrate: down\nDROP TABLE letters;',
    'MIGRATION_INVALID',
    inLikes(
      3,
      'this looks like a marker of a migration, and is none',
      '^-- migrate: down',
      '→ write it as -- migrate:up or -- migrate:down, or put it in other words',
    ),
  ),
  unfit(
    'a migration changes nothing',
    '-- migrate:up\n-- to be written\n-- migrate:down\nDROP TABLE letters;\n',
    'MIGRATION_INVALID',
    inLikes(
      1,
      'the up part has no statement',
      '^-- migrate:up',
      '→ write what it changes behind this line',
    ),
  ),
  unfit(
    'a marker has an option that there is not',
    '-- migrate:up transaction:no\nDROP TABLE letters;\n',
    'MIGRATION_INVALID',
    inLikes(
      1,
      '-- migrate:up has an option that is not known',
      '-- migrate:up ^transaction:no',
      '→ the one there is: transaction:false',
    ),
  ),
  unfit(
    'a marker stands in a string',
    "DELETE FROM letters;\nSELECT 'a\n-- migrate:down\nb';",
    'SQL_UNTERMINATED',
    inLikes(
      3,
      "the string opened here is never closed with '",
      "SELECT ^'a",
      "→ write a ' in a string as ''; the part ends at the marker in line 4, also where that stands in a string or a comment",
    ),
  ),
  unfit(
    'a migration includes another file',
    'DELETE FROM letters;\n\\i more.sql',
    'SQL_UNSUPPORTED',
    inLikes(
      3,
      'a file that is run here may not include others',
      '^\\i more.sql',
      '→ write the SQL of more.sql in its place',
    ),
  ),
  unfit(
    'a migration has a COMMIT in it',
    'DELETE FROM letters;\nCOMMIT;\nDROP TABLE letters;',
    'SQL_TRANSACTION',
    COMMITS,
  ),
]

const FILES: readonly Fault[] = [
  {
    name: 'the name of a migration has no number',
    files: migrations({'0001_one': 'SELECT 1;', likes: 'SELECT 1;'}),
    args: migrate,
    sees: {
      exit: 1,
      code: 'MIGRATION_NAME',
      stderr:
        'Error: the name of db/migrations/likes.sql does not begin with a number\n  → call it like 0001_words_of_it.sql, or move it out of the folder\n',
    },
  },
  {
    name: 'two migrations have one number',
    files: migrations({'0001_likes': 'SELECT 1;', '1_loves': 'SELECT 1;'}),
    args: migrate,
    sees: {
      exit: 1,
      code: 'MIGRATION_NAME',
      stderr:
        'Error: db/migrations/0001_likes.sql and db/migrations/1_loves.sql have one number, 1\n  → give the one that has run nowhere yet the next free number\n',
    },
  },
  {
    name: 'db/migrations is a file',
    files: {'db/migrations': ''},
    args: migrate,
    sees: {
      exit: 2,
      code: 'FILE_UNREADABLE',
      stderr:
        'Error: db/migrations cannot be read: it is no folder\n  → make it a folder of migrations, or move it away\n',
    },
  },
  {
    name: 'a migration of a setup has a COMMIT in it',
    files: migrations({'0001_likes': 'CREATE TABLE likes (n int);\nCOMMIT;'}),
    args: ['setup'],
    sees: {
      exit: 1,
      code: 'SQL_TRANSACTION',
      stderr: COMMITS,
    },
  },
]

export const migrationFileFaults = {title: 'Migrations, as files', faults: [...TEXTS, ...FILES]}
