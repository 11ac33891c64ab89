import pg from 'pg'
import {CruddurError} from '../error.js'
import {askReadOnly} from '../read-only.js'
import type {ServerError} from '../server-error.js'
import {readOnlyError} from './connection/errors.js'
import {databaseInUse} from './sessions.js'

/** What the server's refusal of a CREATE DATABASE means; the error as it came where it says enough itself. */
export async function createError(
  client: pg.Client,
  clause: string,
  error: ServerError,
): Promise<Error> {
  switch (error.code) {
    case '25006':
      return readOnlyError(error, await askReadOnly(client, error.message))
    case '42501':
      return (await mayCreate(client)) ? error : mayNotCreate(client, error)
    case '55006':
      return await templateInUse(client, clause, error)
    default:
      return error
  }
}

/** Else it is something in the clause that is not allowed. */
async function mayCreate(client: pg.Client): Promise<boolean> {
  const {rowCount} = await client.query(
    'SELECT FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)',
  )
  return rowCount === 1
}

function mayNotCreate({user = ''}: pg.Client, error: ServerError): CruddurError {
  return new CruddurError('NO_RIGHTS', error.message, {
    sqlstate: error.code,
    detail: error.detail,
    hint: `have a role that may (on RDS: the master user) run: ALTER ROLE ${pg.escapeIdentifier(user)} CREATEDB`,
    cause: error,
  })
}

const TEMPLATE = /\bTEMPLATE\s+(?:"((?:[^"]|"")+)"|(\w+))/

/** Sessions in what is to be copied; the server has waited five seconds for them to go. */
async function templateInUse(
  client: pg.Client,
  clause: string,
  error: ServerError,
): Promise<CruddurError> {
  const [, quoted, plain] = TEMPLATE.exec(clause) ?? []
  const template = quoted?.replaceAll('""', '"') ?? plain ?? 'template1'
  const {data} = await databaseInUse(client, template, '', error)
  return new CruddurError('TEMPLATE_IN_USE', `${error.message}; nothing was created`, {
    sqlstate: error.code,
    detail: error.detail,
    hint: `close the sessions in "${template}", which is copied, then try again`,
    data,
    cause: error,
  })
}
