import {newView, type View} from '../../../../src/lib/cli/sessions/view.js'
import type {ListedSession, Look} from '../../../../src/lib/postgres/sessions-list.js'

export const NOW = '2026-11-22T12:00:00+00:00'

/** So many seconds before {@link NOW}. */
export function ago(seconds: number): string {
  return new Date(Date.parse(NOW) - seconds * 1000).toISOString()
}

export function session(process_id: number, extra: Partial<ListedSession> = {}): ListedSession {
  return {
    process_id,
    user: 'cruddur',
    db: 'shop',
    client_addr: '10.0.0.7',
    app: 'web',
    state: 'idle',
    type: 'client backend',
    backend_start: ago(7200),
    query_start: ago(30),
    state_change: ago(20),
    wait_event: 'ClientRead',
    wait_event_type: 'Client',
    own: false,
    hidden: false,
    blocked_by: [],
    xact_start: null,
    ...extra,
  }
}

export const stuck = session(4711, {
  state: 'idle in transaction',
  state_change: ago(125),
  xact_start: ago(600),
  app: 'psql',
})
export const waiting = session(4712, {
  state: 'active',
  query_start: ago(61),
  state_change: ago(61),
  blocked_by: [4711],
  wait_event_type: 'Lock',
  wait_event: 'relation',
  app: 'a worker with a long name',
})
export const own = session(4713, {own: true, state: 'active', db: 'postgres', app: 'cruddur-db'})

export function look(sessions: ListedSession[], extra: Partial<Look> = {}): Look {
  return {sessions, maxConnections: 100, reserved: 3, now: NOW, ...extra}
}

export function view(sessions: ListedSession[], extra: Partial<View> = {}): View {
  const settings = {all: false, long: false, guarded: false, intervalMs: 2000}
  const first = newView({...settings, name: 'local', where: 'me@localhost:5432/shop'})
  return {...first, look: look(sessions), at: new Date(2026, 10, 22, 12, 0, 0), ...extra}
}
