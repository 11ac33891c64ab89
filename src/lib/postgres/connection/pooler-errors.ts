import type {ErrorCode} from '../../error-codes.js'
import type {ServerError} from '../../server-error.js'
import type {Target} from '../../target/target.js'

interface Refusal {
  code: ErrorCode
  message: string
  hint: string
}

/** What PgBouncer says with, be it its own words or its server's. */
const POOLER_STATE = '08P01'

/** From 1.19 on it repeats its server's refusal until it tries again. */
const CACHED = /^server login has been failing, cached error: (.*?)(?: \(server_login_retry\))?$/s

const wordsOf = ({message}: ServerError): string => CACHED.exec(message)?.[1] ?? message

/** What PostgreSQL says in English when it takes a connection in, or not, and the SQLSTATE that this has. */
const STATES: readonly (readonly [RegExp, string])[] = [
  [/^database ".*" does not exist$/s, '3D000'],
  [/^the database system is |^the database is starting up/, '57P03'],
  [
    /^sorry, too many clients already|^too many connections for |^remaining connection slots/,
    '53300',
  ],
]

/** The SQLSTATE of a refused login, as PostgreSQL gave it before a pooler passed it on with one of its own. */
export function stateOf(error: ServerError): string {
  if (error.code !== POOLER_STATE) return error.code
  const words = wordsOf(error)
  return STATES.find(([pattern]) => pattern.test(words))?.[1] ?? error.code
}

const UNREACHED =
  /^(?:connect (?:failed|timeout)|server conn crashed|server DNS lookup failed|pgbouncer cannot connect to server|client_login_timeout|query_wait_timeout)/

/** Whether a pooler answers whose server does not: that server may come back. */
export function isUnreached(error: ServerError): boolean {
  return error.code === POOLER_STATE && UNREACHED.test(wordsOf(error))
}

interface Known {
  target: Target
  where: string
  pooler: string
  words: string
}

const DIRECTLY = 'connect to PostgreSQL itself, usually at port 5432'

const REFUSALS: readonly (readonly [RegExp, (known: Known) => Refusal])[] = [
  [
    /^no such database: /,
    ({pooler, target}) => ({
      code: 'POOLER_REFUSED',
      message: `${pooler} does not know the database "${target.database}"`,
      hint: DIRECTLY,
    }),
  ],
  [
    /^(?:password authentication failed|SASL authentication failed|auth failed|no such user.*)$/,
    ({target, where}) => ({
      code: 'LOGIN_FAILED',
      message: `wrong password for ${target.user} at ${where}, or a user that is not known there`,
      hint: 'check user and password in the URL, and the list of users of the connection pooler',
    }),
  ],
  [
    /authentication failed for user|^no pg_hba\.conf entry|^role ".*" (?:does not exist|is not permitted)/s,
    ({pooler, words}) => ({
      code: 'LOGIN_FAILED',
      message: `PostgreSQL refuses the login of ${pooler}: ${words}`,
      hint: `correct the login in the pooler's configuration, or ${DIRECTLY}`,
    }),
  ],
  [
    /^no more connections allowed/,
    ({pooler, words}) => ({
      code: 'TOO_MANY_CONNECTIONS',
      message: `${pooler} has no connection left: ${words}`,
      hint: `wait for some to end, or ${DIRECTLY}`,
    }),
  ],
  [
    /^unsupported startup parameter/,
    ({where, words}) => ({
      code: 'LOGIN_FAILED',
      message: `${where} refuses the login: ${words}`,
      hint: `leave options out of the URL and PGOPTIONS, or ${DIRECTLY}`,
    }),
  ],
  [
    UNREACHED,
    ({pooler, words}) => ({
      code: 'SERVER_REFUSED',
      message: `${pooler} does not reach its PostgreSQL: ${words}`,
      hint: 'see whether that runs, and whether the pooler looks for it in the right place',
    }),
  ],
]

/**
 * PgBouncer's own refusals of a login in the user's words (measured on 1.18; the cached ones are later versions').
 *
 * @param where host and port, as the user knows them
 * @returns undefined for what PostgreSQL says
 */
export function poolerRefusal(
  error: ServerError,
  target: Target,
  where: string,
): Refusal | undefined {
  const words = wordsOf(error)
  // A later version may give it a SQLSTATE of its own; PostgreSQL never says it.
  if (error.code !== POOLER_STATE && !words.startsWith('no such database: ')) return undefined
  const known = {target, where, words, pooler: `the connection pooler at ${where}`}
  return REFUSALS.find(([pattern]) => pattern.test(words))?.[1](known)
}
