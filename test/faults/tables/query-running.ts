import type {Fault} from '../fault.js'
import {asRole} from './roles.js'
import {endBackends, lost} from './server.js'
import {errorIn} from './words.js'

const inT = errorIn('db/sql/t.sql')

/** What the server says, of a statement that was wrapped. */
const server = (name: string, text: string, stderr: string): Fault => ({
  name,
  files: {'db/sql/t.sql': text},
  args: ['query', 't'],
  sees: {exit: 1, code: 'SQL_ERROR', stderr},
})

const SERVER: readonly Fault[] = [
  {
    ...server(
      'the role may not read a table of a template',
      'SELECT name\nFROM people',
      'Error: db/sql/t.sql:1:1: permission denied for table people\n⋮\n  SQLSTATE 42501\n',
    ),
    arrange: asRole(''),
  },
  {
    ...server('the role only reads, and a template deletes', 'DELETE FROM people', ''),
    arrange: asRole('SUPERUSER', 'ALTER ROLE {user} SET default_transaction_read_only = on'),
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: inT(
        1,
        'cannot execute DELETE in a read-only transaction',
        '^DELETE FROM people',
        '→ …',
        'SQLSTATE 25006',
      ),
    },
  },
  {
    ...server('Ctrl-C while a query deletes', 'DELETE FROM letters RETURNING pg_sleep(60)', ''),
    during: async ({child, session}) => {
      await session("wait_event = 'PgSleep'")
      child.kill('SIGINT')
    },
    sees: {exit: 130, code: 'INTERRUPTED', stderr: 'Error: interrupted\n'},
    within: 3,
  },
  {
    ...server(
      'the connection is lost while a query deletes',
      'DELETE FROM letters RETURNING pg_sleep(60)',
      '',
    ),
    during: async (scene) => {
      await scene.session("wait_event = 'PgSleep'")
      await endBackends('true', 'terminate')(scene)
    },
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost()},
  },
  {
    ...server('nothing tells of which type a parameter is', 'SELECT %(a)s IS NULL AS absent', ''),
    args: ['query', 't', 'a=1'],
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: inT(
        1,
        'could not determine data type of parameter $1',
        'SELECT ^%(a)s IS NULL AS absent',
        '→ write the type behind it: %(a)s::text',
        'SQLSTATE 42P18',
      ),
    },
  },
  server(
    'a template names a column that there is not',
    'SELECT id,\n  nickname\nFROM people',
    inT(
      2,
      'column "nickname" does not exist',
      '  ^nickname',
      '→ compare the name with the columns the schema gives that table',
      'SQLSTATE 42703',
    ),
  ),
  server(
    'a statement of a template fails behind what it has changed',
    'WITH gone AS (DELETE FROM letters RETURNING id)\nSELECT 1 / (count(*) - 500) FROM gone',
    'Error: db/sql/t.sql:1:1: division by zero\n⋮\n  SQLSTATE 22012\n',
  ),
  server(
    'a change that a template makes is found violated at COMMIT',
    'DELETE FROM people WHERE id > 250 RETURNING id',
    'Error: db/sql/t.sql:1:1: update or delete on table "people" violates foreign key constraint …\n⋮\n  SQLSTATE 23503\n',
  ),
]

export const queryRunningFaults = {title: 'Queries, while they run', faults: SERVER}
