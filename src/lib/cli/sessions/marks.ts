import type {ListedSession} from '../../postgres/sessions-list.js'

/** From when on a transaction that nobody goes on with is marked: it keeps locks, and what VACUUM would remove. */
export const IDLE_IN_TRANSACTION_MS = 60_000
/** From when on a statement that still runs is marked. */
export const RUNNING_MS = 60_000

/** What a session is marked for. */
export type Trouble = 'idle in transaction' | 'running'

/** Since when it does what it does, ISO 8601: its statement runs, or it has its state. */
export function sinceOf({query_start, state, state_change}: ListedSession): string | null {
  return state === 'active' ? (query_start ?? state_change) : state_change
}

/** Milliseconds between two moments, ISO 8601; undefined when one is not known. */
export function elapsed(from: string | null, now: string): number | undefined {
  const ms = Date.parse(now) - Date.parse(from ?? '')
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** What is wrong with it, going by how long it lasts; PostgreSQL's own processes may run for days. */
export function troubleOf(session: ListedSession, now: string): Trouble | undefined {
  const {own, state, type} = session
  const ms = elapsed(sinceOf(session), now)
  if (own || ms === undefined || type !== 'client backend') return undefined
  // "(aborted)" may follow.
  if (state?.startsWith('idle in transaction')) {
    return ms >= IDLE_IN_TRANSACTION_MS ? 'idle in transaction' : undefined
  }
  return state === 'active' && ms >= RUNNING_MS ? 'running' : undefined
}

/** PostgreSQL's own processes are no connections; of what is hidden from this role only a client's session has user and database. */
export function isClient({db, type, user}: ListedSession): boolean {
  return type === null ? user !== null && db !== null : type === 'client backend'
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `12 s`, `2 min`, `3 h`, `5 d`: rounded down, so that `1 min` is more than a minute. */
export function age(ms: number | undefined): string {
  if (ms === undefined) return ''
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  return ms < 2 * DAY ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / DAY)} d`
}
