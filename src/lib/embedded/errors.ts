import {CruddurError} from '../error.js'
import type {ErrorCode} from '../error-codes.js'
import {EMBEDDED_DATABASE, EMBEDDED_HOST, EMBEDDED_PASSWORD, EMBEDDED_USER} from './credentials.js'

/** What to do on a machine where the embedded server cannot run. */
export const OTHER_SERVER_HINT =
  `use another PostgreSQL: docker run -d -e POSTGRES_PASSWORD=${EMBEDDED_PASSWORD} -p 5432:5432 postgres, then set ` +
  `CONNECTION_URL=postgresql://${EMBEDDED_USER}:${EMBEDDED_PASSWORD}@${EMBEDDED_HOST}:5432/${EMBEDDED_DATABASE}`

const OTHER_HOME_HINT = 'set CRUDDUR_DB_HOME to another folder, one that this user can write in'

/** The system's error code ('ENOENT'), if `error` has one. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Says that the disk under the embedded server is full. */
export function diskFull(where: string, excerpt?: string, cause?: unknown): CruddurError {
  return new CruddurError('EMBEDDED_DISK_FULL', `no space is left on the disk of ${where}`, {
    hint: 'free some space (about 150 MB), or set CRUDDUR_DB_HOME to a folder on another disk',
    excerpt,
    cause,
  })
}

/** Says that `home` cannot hold the embedded server, and why. */
export function badHome(code: ErrorCode, message: string, cause?: unknown): CruddurError {
  return new CruddurError(code, message, {exit: 2, hint: OTHER_HOME_HINT, cause})
}

/**
 * Turns a file system's error met in the home into one for the user. Anything else (our own errors, an abort, a bug)
 * comes back as it is.
 */
export function homeError(error: unknown, home: string): unknown {
  const errno = errnoOf(error)
  if (error instanceof CruddurError || errno === undefined || !/^E[A-Z0-9]+$/.test(errno))
    return error
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(home, undefined, error)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return badHome(
        'EMBEDDED_HOME_DENIED',
        `no permission to use ${pathOf(error) ?? home} (${errno})`,
        error,
      )
    case 'ENOENT':
      return badHome('EMBEDDED_HOME_INVALID', `${pathOf(error) ?? home} cannot be made`, error)
    case 'ENOTDIR':
    case 'EEXIST':
      return badHome(
        'EMBEDDED_HOME_INVALID',
        `${home} is not a folder, or has a file on its path`,
        error,
      )
    case 'ENAMETOOLONG':
      return badHome('EMBEDDED_HOME_INVALID', `the path ${home} is too long`, error)
    default:
      return new CruddurError(
        'EMBEDDED_HOME_FAILED',
        `the folder ${home} cannot be used: ${errno}`,
        {
          hint: OTHER_HOME_HINT,
          detail: error instanceof Error ? error.message : undefined,
          cause: error,
        },
      )
  }
}

function pathOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('dest' in error) return String(error.dest)
  return 'path' in error ? String(error.path) : undefined
}
