import {CruddurError} from '../../error.js'
import {isConnectionError, isServerError} from '../../server-error.js'
import {identifier} from '../databases.js'
import type {DatabaseProperties} from './properties.js'

/** A statement, which may be several in one message, and the property of a database that it carries over. */
export interface Change {
  sql: string
  /** In words: `setting "work_mem"`. */
  property: string
  /** A role one must be able to SET ROLE to. */
  actsAs?: string | undefined
  /** A statement with which a superuser gives the right that is needed. */
  grant?: string
  /** The statement that takes the property off the old database, where a user could do without it. */
  undo?: (database: string) => string
  /** The same where the server does not know what it is about any more, which for a setting takes more. */
  undoUnknown?: (database: string) => string
}

/** SQLSTATEs of a parameter, a label's provider, … that there is no more, and of a name that cannot be one any more. */
const UNKNOWN = new Set(['42704', '42602'])

function cure(
  change: Omit<Change, 'sql'>,
  old: DatabaseProperties,
  code: string,
): string | undefined {
  const {actsAs, grant, undo} = change
  if (code !== '42501') {
    const off = (UNKNOWN.has(code) && change.undoUnknown) || undo
    return off && `have a superuser take it off the old one: ${off(old.name)}`
  }
  if (actsAs !== undefined) {
    return `log in as a superuser, or as a role that may SET ROLE ${identifier(actsAs)}`
  }
  if (grant !== undefined) return `log in as a superuser, or have one run: ${grant}`
  return undo
    ? `log in as a superuser, or have one take it off the old one: ${undo(old.name)}`
    : 'log in as a superuser, or as the role that owns the database'
}

/**
 * What a refusal of the server means for carrying a property over: NO_RIGHTS, or NOT_CARRIED_OVER.
 *
 * @param change the one that was refused, when it is known
 * @returns undefined for what is no refusal: a lost connection, an error of ours
 */
export function carryOverError(
  error: unknown,
  old: DatabaseProperties,
  change: Omit<Change, 'sql'> = {property: 'properties'},
): CruddurError | undefined {
  if (!isServerError(error) || isConnectionError(error)) return undefined
  const {code, message, detail, hint} = error
  return new CruddurError(
    code === '42501' ? 'NO_RIGHTS' : 'NOT_CARRIED_OVER',
    `the ${change.property} of "${old.name}" cannot be given to the new database: ${message}; nothing was changed`,
    {sqlstate: code, detail, hint: cure(change, old, code) ?? hint, cause: error},
  )
}
