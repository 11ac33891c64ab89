import pg from 'pg'
import {CruddurError, type ExitCode} from '../../error.js'
import type {ErrorCode} from '../../error-codes.js'
import type {ServerError} from '../../server-error.js'
import {isExhausted, serverCure} from '../../server-trouble.js'
import type {Target} from '../../target/target.js'
import {poolerRefusal, stateOf} from './pooler-errors.js'

interface Refusal {
  code: ErrorCode
  message: string
  hint: string | undefined
  exit?: ExitCode
  detail?: string
}

/**
 * The error of a login that the server refuses: exit 3; 1 where the login itself is fine, and the database is not there, closed
 * or broken. The server's own words are kept.
 *
 * @param where host and port, as the user knows them
 */
export function loginError(error: ServerError, target: Target, where: string): CruddurError {
  const {code, message, hint, ...rest} = refusal(error, target, where)
  return new CruddurError(code, message, {
    exit: 3,
    sqlstate: error.code,
    detail: error.detail,
    hint: hint ?? error.hint,
    cause: error,
    ...rest,
  })
}

function refusal(error: ServerError, target: Target, where: string): Refusal {
  const {database, user} = target
  const refused = {
    code: 'LOGIN_FAILED' as const,
    message: `${where} refuses the login: ${error.message}`,
  }
  if (target.loginToken && /^28(?:000|P01)$/.test(error.code)) return iamRefusal(error, user, where)
  const pooler = poolerRefusal(error, target, where)
  if (pooler) return pooler
  switch (stateOf(error)) {
    case '28P01':
      return {
        code: 'LOGIN_FAILED',
        message: `wrong password for ${user} at ${where}`,
        hint: 'check user and password in the URL (of a role that is not there the server says the same); characters such as # / ? @ % are written percent-encoded',
      }
    case '28000':
      return {...refused, hint: roleCure(error, user)}
    case '3D000':
      return {
        code: 'DATABASE_NOT_FOUND',
        message: `there is no database "${database}" at ${where}`,
        hint: 'create it: cruddur-db create (empty) or cruddur-db setup (loaded)',
        exit: 1,
      }
    case '42501':
      return {...refused, hint: rightCure(error, target)}
    case '53300':
      return tooMany(error, target, where)
    case '55000':
      return unfit(error, target)
    case '57P01':
    case '57P02':
    case '57P03':
      return {
        code: 'SERVER_STARTING',
        message: `${where} is not ready: ${error.message}`,
        hint: 'try again in a moment, or give --wait SECONDS',
      }
    default:
      return {
        ...refused,
        code: isExhausted(error) ? 'SERVER_FULL' : 'LOGIN_FAILED',
        hint: error.hint ?? serverCure(error),
      }
  }
}

function iamRefusal(error: ServerError, user: string, where: string): Refusal {
  return {
    code: 'LOGIN_FAILED',
    message: `${where} refuses the IAM login of ${user}`,
    detail: error.message,
    hint: `check that the instance has IAM authentication enabled, that the user may use it (GRANT rds_iam TO ${user}), and that your AWS credentials may do rds-db:connect`,
  }
}

/** PostgreSQL has one SQLSTATE for these; in another language than English the last one fits them all. */
function roleCure({message}: ServerError, user: string): string {
  const role = pg.escapeIdentifier(user)
  if (/not permitted to log in/.test(message)) {
    return `have a role that may run: ALTER ROLE ${role} LOGIN; or name another user in the URL`
  }
  if (/^role .* does not exist$/s.test(message)) {
    return `check the user name in the URL; to create it: CREATE ROLE ${role} LOGIN`
  }
  return 'check the user name in the URL, and that pg_hba.conf admits this machine'
}

/** The other right that a login can lack is that to a setting in `options`, which is refused without a detail. */
function rightCure({detail, message}: ServerError, {database, user}: Target): string | undefined {
  if (detail === undefined && !message.includes(`"${database}"`)) return undefined
  const [name, role] = [database, user].map((text) => pg.escapeIdentifier(text))
  return `have the database's owner run: GRANT CONNECT ON DATABASE ${name} TO ${role}`
}

function tooMany({message}: ServerError, {database, user}: Target, where: string): Refusal {
  const [name, role] = [database, user].map((text) => pg.escapeIdentifier(text))
  const full = (what: string, hint: string): Refusal => ({
    code: 'TOO_MANY_CONNECTIONS',
    message: `${what}: ${message}`,
    hint: `end sessions that are not needed or wait for some to end${hint}`,
  })
  if (/for role /.test(message)) {
    const raise = `; or raise the role's limit: ALTER ROLE ${role} CONNECTION LIMIT -1`
    return full(`the role "${user}" has no connection left at ${where}`, raise)
  }
  if (/for database /.test(message)) {
    const raise = `; or raise the database's limit: ALTER DATABASE ${name} CONNECTION LIMIT -1`
    return full(`the database "${database}" has no connection left at ${where}`, raise)
  }
  if (/reserved/.test(message)) {
    const others = '; the last ones are kept for other roles, which can run: cruddur-db sessions'
    return full(`${where} has no connection left for "${user}"`, others)
  }
  return full(`${where} has no connection left`, '; or raise max_connections')
}

/** A database that takes nobody in: closed, or left by a DROP that was killed half way, which alone comes with a hint. */
function unfit({hint, message}: ServerError, {database}: Target): Refusal {
  if (hint !== undefined || /invalid/.test(message)) {
    return {...invalidWords(database), exit: 1, detail: message}
  }
  return {
    code: 'DATABASE_CLOSED',
    message,
    exit: 1,
    hint:
      database === 'template0'
        ? 'name another database in the URL'
        : `have its owner run: ALTER DATABASE ${pg.escapeIdentifier(database)} ALLOW_CONNECTIONS true`,
  }
}

function invalidWords(database: string): {code: ErrorCode; message: string; hint: string} {
  return {
    code: 'DATABASE_INVALID',
    message: `the database "${database}" is half dropped: a DROP DATABASE was interrupted`,
    hint: 'nothing in it can be had back; remove the rest of it: cruddur-db drop',
  }
}

/** The error of what needs a database that an interrupted DROP has left (pg_database.datconnlimit -2). */
export function invalidDatabase(database: string): CruddurError {
  const {code, message, hint} = invalidWords(database)
  return new CruddurError(code, message, {sqlstate: '55000', hint})
}
