import type {ListedSession} from '../../postgres/sessions-list.js'
import {isClient} from './marks.js'
import {keyOf, SORTABLE, selectedOf, sorted, type View} from './view.js'

/** What a key asks for beside another view. */
export type Act =
  | {kind: 'look' | 'quit' | 'interrupt'}
  /** To end a session; what has to be agreed to for that has not been, where the view is guarded. */
  | {kind: 'end'; session: ListedSession}

export interface Pressed {
  view: View
  act?: Act
}

/** Of one key press, as Node's readline names it: letters in lower case, `ctrl` apart. */
export interface Key {
  name: string
  ctrl: boolean
}

/** So many sessions further with a page key. */
const PAGE = 10

function moved(view: View, by: number): View {
  const all = sorted(view)
  const from = all.findIndex((session) => keyOf(session) === view.selected)
  const start = from === -1 && by < 0 ? all.length : from
  const session = all[Math.max(0, Math.min(all.length - 1, start + by))]
  return {...view, selected: session && keyOf(session)}
}

function sortedBy(view: View, at: number): View {
  const column = SORTABLE.at(at % SORTABLE.length)
  if (column === undefined) return view
  const again = column === view.sort.column
  return {...view, sort: {column, reversed: again && !view.sort.reversed}}
}

const sortIndex = ({sort}: View): number => SORTABLE.indexOf(sort.column)

/** Asks before a session is ended; in production that is done elsewhere, where its plan is shown. */
function ending(view: View): Pressed {
  const session = selectedOf(view)
  if (!session) return {view: {...view, message: 'choose a session with the arrow keys first'}}
  if (session.own) return {view: {...view, message: 'that is this view’s own session: q quits'}}
  if (!isClient(session)) {
    return {view: {...view, message: 'that is PostgreSQL’s own process: it is not ended here'}}
  }
  if (view.guarded) return {view, act: {kind: 'end', session}}
  return {view: {...view, asking: session}}
}

const toggled = (view: View, change: Partial<View>): Pressed => ({
  view: {...view, ...change},
  act: {kind: 'look'},
})

const KEYS: Record<string, (view: View) => Pressed> = {
  q: (view) => ({view, act: {kind: 'quit'}}),
  escape: (view) => ({view, act: {kind: 'quit'}}),
  up: (view) => ({view: moved(view, -1)}),
  down: (view) => ({view: moved(view, 1)}),
  pageup: (view) => ({view: moved(view, -PAGE)}),
  pagedown: (view) => ({view: moved(view, PAGE)}),
  home: (view) => ({view: moved(view, Number.NEGATIVE_INFINITY)}),
  end: (view) => ({view: moved(view, Number.POSITIVE_INFINITY)}),
  left: (view) => ({view: sortedBy(view, sortIndex(view) - 1)}),
  right: (view) => ({view: sortedBy(view, sortIndex(view) + 1)}),
  s: (view) => ({view: sortedBy(view, sortIndex(view) + 1)}),
  r: (view) => ({view: sortedBy(view, sortIndex(view))}),
  p: (view) => (view.paused ? toggled(view, {paused: false}) : {view: {...view, paused: true}}),
  l: (view) => toggled(view, {long: !view.long}),
  a: (view) => toggled(view, {all: !view.all}),
  t: ending,
  k: ending,
  return: (view) => ({view, act: {kind: 'look'}}),
  '?': (view) => ({view: {...view, help: true}}),
}
const ALIASES: Record<string, string> = {space: 'p', enter: 'return', h: '?'}

function answered(view: View, session: ListedSession, key: Key): Pressed {
  const plain = {...view, asking: undefined}
  if (key.name === 'y') return {view: plain, act: {kind: 'end', session}}
  return {view: {...plain, message: `session ${session.process_id} was left alone`}}
}

/** What a key does; one that means nothing leaves all as it is. */
export function press(before: View, key: Key): Pressed {
  if (key.ctrl && key.name === 'c') return {view: before, act: {kind: 'interrupt'}}
  if (key.ctrl) return {view: before}
  const view = {...before, message: undefined}
  if (view.asking) return answered(view, view.asking, key)
  if (view.help) return {view: {...view, help: false}}
  const digit = /^[1-9]$/.test(key.name) ? Number(key.name) : 0
  if (digit > 0 && digit <= SORTABLE.length) return {view: sortedBy(view, digit - 1)}
  return KEYS[ALIASES[key.name] ?? key.name]?.(view) ?? {view}
}
