import {plural} from '../../plural.js'
import type {ListedSession, Look} from '../../postgres/sessions-list.js'
import type {Shown} from './columns.js'
import {elapsed, sinceOf} from './marks.js'

/** What the sessions can be sorted by, in the order of their columns. */
export const SORTABLE = [
  'process_id',
  'user',
  'db',
  'client_addr',
  'app',
  'state',
  'since',
] as const
export type SortColumn = (typeof SORTABLE)[number]

/** All that the live view shows, and what it was told to show. */
export interface View extends Shown {
  /** The target as the first line names it: `local`, and which that is. */
  name: string
  where: string
  /** Whether the server is production's: then a session is ended as consent demands. */
  guarded: boolean
  intervalMs: number
  look: Look | undefined
  /** When it was taken, by the clock of this machine. */
  at: Date | undefined
  sort: {column: SortColumn; reversed: boolean}
  paused: boolean
  help: boolean
  /** {@link keyOf} the session that the arrow keys are on. */
  selected: string | undefined
  /** The session that is to be ended once that is answered with yes. */
  asking: ListedSession | undefined
  /** What became of the last key. */
  message: string | undefined
  /** Why there is no newer look. */
  trouble: string | undefined
}

/** Names a session: process ids are used again. */
export function keyOf({backend_start, process_id}: ListedSession): string {
  return `${process_id} ${backend_start}`
}

function sortValue(
  session: ListedSession,
  column: SortColumn,
  now: string,
): string | number | null {
  if (column !== 'since') return session[column]
  return elapsed(sinceOf(session), now) ?? null
}

/** Absent values come last, whichever way round. */
function compare(a: string | number | null, b: string | number | null, sign: 1 | -1): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  if (a === b) return 0
  return a < b ? -sign : sign
}

/** The sessions in the order of the view; those alike stay in the server's. */
export function sorted({look, sort}: View): ListedSession[] {
  if (!look) return []
  const {column, reversed} = sort
  // The longest first, as the first of what is looked for.
  const sign = reversed === (column === 'since') ? 1 : -1
  return [...look.sessions].sort((a, b) =>
    compare(sortValue(a, column, look.now), sortValue(b, column, look.now), sign),
  )
}

export function selectedOf(view: View): ListedSession | undefined {
  return view.look?.sessions.find((session) => keyOf(session) === view.selected)
}

/** The view with a new look; what was chosen and has gone meanwhile is chosen no more. */
export function withLook(view: View, look: Look, at: Date): View {
  const keys = new Set(look.sessions.map(keyOf))
  const {asking, selected} = view
  const hasGone = asking !== undefined && !keys.has(keyOf(asking))
  return {
    ...view,
    look,
    at,
    trouble: undefined,
    selected: selected !== undefined && keys.has(selected) ? selected : undefined,
    asking: hasGone ? undefined : asking,
    message: hasGone ? `session ${asking.process_id} has ended by itself` : view.message,
  }
}

/** @param options what the flags say; the others as in {@link View} */
export function newView(
  options: Shown & Pick<View, 'guarded' | 'intervalMs' | 'name' | 'where'>,
): View {
  return {
    ...options,
    look: undefined,
    at: undefined,
    sort: {column: 'db', reversed: false},
    paused: false,
    help: false,
    selected: undefined,
    asking: undefined,
    message: undefined,
    trouble: undefined,
  }
}

/** `session 4711 of postgres (psql, 10.0.0.7)`. */
export function nameOf({app, client_addr, process_id, user}: ListedSession): string {
  const who = [app, client_addr].filter(Boolean).join(', ')
  return `session ${process_id}${user === null ? '' : ` of ${user}`}${who ? ` (${who})` : ''}`
}

/** `every 2 seconds`. */
export function rhythm({intervalMs}: View): string {
  return `every ${plural(intervalMs / 1000, 'second')}`
}
