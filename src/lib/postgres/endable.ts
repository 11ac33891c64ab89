import pg from 'pg'
import {CruddurError} from '../error.js'
import type {Session} from './sessions.js'

/**
 * True for a row of pg_stat_activity that this role may end, by pg_terminate_backend() or `DROP … WITH (FORCE)` (measured on
 * 15.18 and 18.4): a superuser's takes a superuser, another role's its privileges or those of pg_signal_backend.
 */
export const IS_ENDABLE = `(usesysid IS NOT NULL AND (SELECT me.rolsuper OR NOT coalesce(theirs.rolsuper, false)
    AND (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))
  FROM pg_roles me LEFT JOIN pg_roles theirs ON theirs.oid = usesysid WHERE me.rolname = current_user))`

/**
 * The statement that ends the sessions in a database which this role may end, and leaves the others alone: an attempt at one
 * of those is an error, which ends nobody.
 *
 * @param database SQL for its name: a literal, or a subquery
 */
export function endStatement(database: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = ${database} AND pid <> pg_backend_pid() AND ${IS_ENDABLE}`
}

export type Unendable = Session & {superuser: boolean | null}

/** The error of an act that would have to end sessions which this role may not end: it carries those, and why. */
export function cannotEnd(
  {user = ''}: pg.Client,
  database: string,
  sessions: Unendable[],
  untouched: string,
): CruddurError {
  const count = sessions.length === 1 ? '1 session' : `${sessions.length} sessions`
  const message = `"${user}" may not end ${count} in the database "${database}"; ${untouched}`
  const reasons = sessions.map(({process_id, user: owner, superuser}) => {
    const whose = superuser ? 'a superuser' : `"${user}" has not its privileges`
    return `${process_id} is a session of "${owner}": ${whose}`
  })
  const signal = `have a role that may run: GRANT pg_signal_backend TO ${pg.escapeIdentifier(user)}`
  return new CruddurError('DATABASE_IN_USE', message, {
    sqlstate: '42501',
    hint: sessions.some(({superuser}) => superuser)
      ? 'only a superuser ends sessions of superusers (rdsadmin is RDS itself): wait until they are gone, or close them'
      : signal,
    detail: reasons.join('; '),
    data: {
      sessions: sessions.map(
        ({process_id, user: owner, db, app, client_addr, state, superuser}) => ({
          process_id,
          user: owner,
          db,
          app,
          client_addr,
          state,
          unendable: superuser ? 'superuser' : 'role',
        }),
      ),
    },
  })
}
