import type {ListedSession, Look} from '../../postgres/sessions-list.js'
import {styleOut} from '../style.js'
import type {Cell} from '../table.js'
import {age, elapsed, sinceOf, troubleOf} from './marks.js'

/** What is shown of sessions. */
export interface Shown {
  /** PostgreSQL's own processes too. */
  all: boolean
  /** More columns, the statement among them. */
  long: boolean
}

type Paint = (session: ListedSession, now: string) => ((text: string) => string) | undefined

/** A column of the table of sessions. */
export interface Column {
  name: string
  text: (session: ListedSession, now: string) => Cell
  /** How a cell of it is coloured. */
  paint?: Paint
  /** Where it gives way in a narrow terminal: see Fitting. */
  least?: number
  first?: number
  extra?: boolean
  leaves?: number
}

const COLORS = {'idle in transaction': styleOut.magenta, running: styleOut.cyan}

const paintTrouble: Paint = (session, now) => {
  const trouble = troubleOf(session, now)
  return trouble && COLORS[trouble]
}

/** pg_blocking_pids() says 0 for a prepared transaction, which has no process. */
function blockers({blocked_by}: ListedSession): string {
  return blocked_by.map((pid) => (pid === 0 ? 'prepared transaction' : pid)).join(', ')
}

const PROCESS_ID: Column = {name: 'process_id', text: ({process_id}) => process_id}
const STATE: Column = {
  name: 'state',
  text: ({hidden, state}) => (hidden ? 'hidden' : state),
  paint: paintTrouble,
}
const BLOCKED_BY: Column = {
  name: 'blocked_by',
  text: blockers,
  paint: () => styleOut.red,
  least: 7,
  first: 10,
  leaves: 10,
}

const USER: Column = {name: 'user', text: ({user}) => user, least: 5, first: 16, leaves: 7}
const DB: Column = {name: 'db', text: ({db}) => db, least: 5, first: 16, leaves: 9}
const ADDRESS: Column = {
  name: 'client_addr',
  text: ({client_addr}) => client_addr,
  least: 9,
  first: 11,
  leaves: 5,
}
const APP: Column = {name: 'app', text: ({app}) => app, least: 6, first: 16, leaves: 8}

/** The columns of the script that this replaces, by which other scripts go. */
const FIRST = [PROCESS_ID, USER, DB, ADDRESS, APP, STATE]

/** For a script: always the same columns, as the server has them. */
export function plainColumns({long}: Shown): Column[] {
  if (!long) return FIRST
  const field = (name: keyof ListedSession): Column => ({
    name,
    text: (session) => session[name] as Cell,
  })
  const times = (['type', 'backend_start', 'query_start', 'wait_event'] as const).map(field)
  return [...FIRST, ...times, field('xact_start'), BLOCKED_BY, field('query')]
}

const marked = (column: Column, mark: string, applies: Column['text']): Column => ({
  ...column,
  text: (session, now) => {
    const text = column.text(session, now) ?? ''
    return applies(session, now) ? `${text} ${mark}` : text
  },
})

export const OWN_MARK = '*'
export const TROUBLE_MARK = '!'

const bold: Paint = ({own}) => (own ? styleOut.bold : undefined)
const isOwn: Column['text'] = ({own}) => (own ? 1 : null)
const inTrouble: Column['text'] = (session, now) => troubleOf(session, now) ?? null

const ageOf = (name: string, from: Column['text'], leaves: number): Column => ({
  name,
  text: (session, now) => age(elapsed(String(from(session, now) ?? ''), now)),
  leaves,
})

const SINCE: Column = {...ageOf('since', sinceOf, 6), paint: paintTrouble}

function waitOf({wait_event, wait_event_type}: ListedSession): string {
  return [wait_event_type, wait_event].filter(Boolean).join(': ')
}

const MORE: Column[] = [
  {...ageOf('transaction', ({xact_start}) => xact_start, 3), extra: true},
  {...ageOf('connected', ({backend_start}) => backend_start, 1), extra: true},
  {name: 'waits for', text: waitOf, least: 10, leaves: 2, extra: true},
]
/** PostgreSQL's own processes have no application, and its workers that of whom they work for. */
function appOf({app, type}: ListedSession): string {
  const words = type === null || type === 'client backend' ? '' : type
  return app && words ? `${app} (${words})` : app || words
}

/** For a person: with signs, and with times as ages; the statement, which may be long, is no column. */
export function markedColumns({long}: Shown, {sessions}: Look): Column[] {
  const isBlocked = sessions.some(({blocked_by}) => blocked_by.length > 0)
  return [
    marked({...PROCESS_ID, paint: bold}, OWN_MARK, isOwn),
    ...[USER, DB, ADDRESS, {...APP, text: appOf}],
    marked(STATE, TROUBLE_MARK, inTrouble),
    SINCE,
    ...(long || isBlocked ? [BLOCKED_BY] : []),
    ...(long ? MORE : []),
  ]
}
