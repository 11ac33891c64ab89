import type {Fault} from '../fault.js'
import {asRole, withSql} from './roles.js'
import {inFile} from './words.js'

const schema = {files: {'s.sql': 'CREATE TABLE made (n int);\n'}}
const seed = {files: {'s.sql': 'DELETE FROM letters;\nDELETE FROM people;\n'}}

const READ_ONLY = 'Error: …read-only…\n⋮\n  SQLSTATE 25006\n'

/** @param who has the setting: as in `ROLE cruddur` */
const readOnlyFile = (verb: string, source: string, who: string): string =>
  inFile(
    1,
    `cannot execute ${verb} in a read-only transaction: default_transaction_read_only is on for ${who}`,
    source,
    `→ add ?options=-c%20default_transaction_read_only%3Doff to the URL; for good: SET default_transaction_read_only = off; ALTER ${who} RESET default_transaction_read_only`,
    'SQLSTATE 25006',
  )

/** A role, a database that may be read only. */
const READING: readonly Fault[] = [
  {
    name: 'the role only reads by default: a seed',
    ...seed,
    arrange: asRole('SUPERUSER', 'ALTER ROLE {user} SET default_transaction_read_only = on'),
    args: ['seed', '--seed-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: readOnlyFile('DELETE', '^DELETE FROM letters;', 'ROLE {user}'),
    },
  },
  {
    name: 'the database is read only by default: a schema',
    ...schema,
    arrange: withSql('ALTER DATABASE {database} SET default_transaction_read_only = on'),
    args: ['schema-load', '--schema-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: readOnlyFile('CREATE TABLE', '^CREATE TABLE made (n int);', 'DATABASE {database}'),
    },
  },
  {
    name: 'the role only reads by default: a setup',
    arrange: asRole('SUPERUSER', 'ALTER ROLE {user} SET default_transaction_read_only = on'),
    args: ['setup'],
    sees: {exit: 1, code: 'READ_ONLY', stderr: `⋮\n${READ_ONLY}`},
  },
  {
    name: 'the role only reads by default: a drop',
    arrange: asRole('SUPERUSER', 'ALTER ROLE {user} SET default_transaction_read_only = on'),
    args: ['drop'],
    sees: {exit: 1, code: 'READ_ONLY', stderr: READ_ONLY},
  },
]

const LOGINS: readonly Fault[] = [
  {
    name: 'the role may not log in',
    ...seed,
    arrange: asRole('', 'ALTER ROLE {user} NOLOGIN'),
    args: ['setup'],
    sees: {exit: 3, code: 'LOGIN_FAILED', stderr: 'Error: …not permitted to log in\n⋮\n'},
  },
  {
    name: 'the password has expired',
    arrange: asRole("VALID UNTIL '2000-01-01'"),
    args: ['setup'],
    sees: {
      exit: 3,
      code: 'LOGIN_FAILED',
      stderr: 'Error: wrong password for {user} at {host}\n⋮\n',
    },
  },
  {
    name: 'the role may have no connection',
    arrange: asRole('CONNECTION LIMIT 0'),
    args: ['setup'],
    sees: {exit: 3, code: 'TOO_MANY_CONNECTIONS', stderr: 'Error: …\n⋮\n  SQLSTATE 53300\n'},
  },
  {
    name: 'the database admits no connection more',
    ...seed,
    arrange: asRole('', 'ALTER DATABASE {database} CONNECTION LIMIT 0'),
    args: ['seed', '--seed-file', 's.sql'],
    sees: {exit: 3, code: 'TOO_MANY_CONNECTIONS', stderr: 'Error: …\n⋮\n  SQLSTATE 53300\n'},
  },
  {
    name: 'the database is closed: a seed',
    ...seed,
    arrange: withSql('ALTER DATABASE {database} ALLOW_CONNECTIONS false'),
    args: ['seed', '--seed-file', 's.sql'],
    sees: {
      exit: 1,
      code: 'DATABASE_CLOSED',
      stderr: `Error: database "{database}" is not currently accepting connections
  → have its owner run: ALTER DATABASE "{database}" ALLOW_CONNECTIONS true
  SQLSTATE 55000
`,
    },
  },
  {
    name: 'the database is a template: a drop',
    arrange: withSql('ALTER DATABASE {database} IS_TEMPLATE true'),
    args: ['drop'],
    sees: {
      exit: 1,
      code: 'TEMPLATE_DATABASE',
      stderr:
        'Error: "{database}" is a template for new databases; nothing was dropped\n  → name another database in the URL, or have one run: ALTER DATABASE "{database}" IS_TEMPLATE false\n',
    },
  },
  {
    name: 'the database is a template: a setup, which builds nothing',
    arrange: withSql('ALTER DATABASE {database} IS_TEMPLATE true'),
    args: ['setup', '--force'],
    sees: {
      exit: 1,
      code: 'TEMPLATE_DATABASE',
      stderr:
        'Error: "{database}" is a template for new databases; nothing was changed\n  → name another database in the URL, or have one run: ALTER DATABASE "{database}" IS_TEMPLATE false\n',
    },
  },
]

export const closedFaults = {title: 'Read only, closed, full', faults: [...READING, ...LOGINS]}
