import type pg from 'pg'
import {abortable, withDeadline} from '../../abortable.js'
import type {Target} from '../../target/target.js'

/** What libpq's target_session_attrs can ask of one server; `prefer-standby` is two rounds of these. */
export type Wanted = Exclude<Target['sessionAttributes'], 'prefer-standby'>

const SESSION_STATE = `SELECT pg_is_in_recovery() AS standby,
  current_setting('transaction_read_only') = 'on' AS read_only`

interface State {
  standby: boolean
  read_only: boolean
}

function matches({standby, read_only: readOnly}: State, wanted: Exclude<Wanted, 'any'>): boolean {
  switch (wanted) {
    case 'read-write':
      return !readOnly
    case 'read-only':
      return readOnly
    case 'primary':
      return !standby
    case 'standby':
      return standby
  }
}

/**
 * True when the server fits libpq's target_session_attrs; `any` costs no round trip.
 *
 * @param limitMs how long its answer is waited for; 0: no limit
 * @throws what the query failed with; ETIMEDOUT; the signal's reason
 */
export async function fits(
  client: pg.Client,
  wanted: Wanted,
  {limitMs, signal}: {limitMs: number; signal: AbortSignal | undefined},
): Promise<boolean> {
  if (wanted === 'any') return true
  const look = (): Promise<pg.QueryResult<State>> => client.query<State>(SESSION_STATE)
  const late = (): Error => Object.assign(new Error('timeout expired'), {code: 'ETIMEDOUT'})
  const {rows} = await (limitMs > 0
    ? withDeadline(limitMs, late, look, signal)
    : abortable(look(), signal))
  return rows[0] !== undefined && matches(rows[0], wanted)
}
