const NETWORK =
  "the function's subnets and security group must lead to the database: its security group must admit the function's at 5432"
const LOGIN = 'check user and password in CONNECTION_URL (with IAM_AUTH=true: the grant of rds_iam)'
const TLS = 'the server did not prove to be the one that CONNECTION_URL names: check its host'

const CHARACTER =
  "an attribute holds a character that the database's encoding has not: whoever signed up has to change it"

const BY_CODE: Readonly<Record<string, string>> = {
  AWS_CREDENTIALS: 'the function has no role, or IAM_AUTH=true is meant for another place',
  CONFIGURATION:
    'CONNECTION_URL is missing or cannot be read: try it with cruddur-db doctor, which says what is wrong',
  CONNECTION_LOST: 'the database ended the connection: see whether it was restarted',
  CONNECT_FAILED: 'see that a PostgreSQL server answers at the host and port of CONNECTION_URL',
  CONNECT_TIMEOUT: NETWORK,
  HOST_NOT_FOUND: 'check the host in CONNECTION_URL, and that the VPC resolves names',
  LOGIN_FAILED: LOGIN,
  LOGIN_TIMEOUT: 'the database did not let the function in in time: see whether it is overloaded',
  PASSWORD_MISSING: LOGIN,
  SERVER_REFUSED: NETWORK,
  STATEMENT_TIMEOUT: 'the database did not answer in time: see whether it is overloaded',
  TLS_AUTHORITY_MISSING: 'name the authorities of the region as sslrootcert in CONNECTION_URL',
  TLS_FAILED: TLS,
}

const BY_SQLSTATE: Readonly<Record<string, string>> = {
  '22001': 'an attribute is longer than its column in public.users takes: enlarge that one',
  '22021': CHARACTER,
  '22P05': CHARACTER,
  '23502': 'public.users has a column more that may not be null: give it a default',
  '23505': 'an index of public.users lets only one row have what another user has already',
  '23514': 'a constraint of public.users keeps the user out',
  '25006': 'the database is read-only: CONNECTION_URL may name a replica',
  '3D000': 'there is no such database: make it with cruddur-db setup, or correct CONNECTION_URL',
  '42501': 'the user of CONNECTION_URL needs SELECT, INSERT and UPDATE on public.users',
  '42703': 'public.users lacks a column: load the schema that has email',
  '42P01': 'there is no table public.users: make it with cruddur-db setup',
  '53300':
    'the database has no connection left, and each instance of the function keeps one: limit its reserved concurrency',
  '57014': 'somebody holds a lock on public.users: see cruddur-db sessions',
}

/** What to do, by what went wrong: words of this file only. */
export function hintFor(code: string, sqlstate: string | undefined): string | undefined {
  return BY_SQLSTATE[sqlstate ?? ''] ?? BY_CODE[code]
}
