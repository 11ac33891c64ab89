import type {CruddurError} from '../error.js'
import type {ServerGlimpse} from '../postgres/overview.js'
import {describeTarget} from '../target/target.js'
import {printable} from '../target/text.js'
import {listed} from '../wrapped.js'
import type {State} from './overview-state.js'
import {size} from './text.js'

/** One line of the overview. */
export interface Entry {
  label: 'target' | 'server' | 'database' | 'schema' | 'next'
  /** What stands before the text in its own colour: how the target was named. */
  name?: {text: string; production: boolean}
  text: string
  /** `trouble`: something is wrong. `command`: the text can be pasted. `unknown`: it could not be seen. */
  tone: 'plain' | 'trouble' | 'command' | 'unknown'
}

export interface Circumstances {
  /** Flags that name the same target, as in ` --prod`; empty, or beginning with a blank. */
  flags: string
  now: Date
  /** The terminal's; Infinity in a pipe. */
  columns: number
}

/** Where what follows a label begins. */
export const INDENT = 10

const UNKNOWN = {text: 'unknown', tone: 'unknown'} as const
const EMBEDDED: Entry = {
  label: 'target',
  name: {text: 'embedded', production: false},
  text: 'as CONNECTION_URL is not set',
  tone: 'plain',
}

/** How things stand, in five lines: the last one is what to do next. */
export function overviewEntries(state: State, circumstances: Circumstances): Entry[] {
  const {flags} = circumstances
  switch (state.kind) {
    case 'unread':
      return [trouble('target', state.trouble), ...unknown('server'), cure(state.trouble, flags)]
    case 'absent':
      return [
        EMBEDDED,
        {label: 'server', text: 'not set up yet', tone: 'plain'},
        {label: 'database', text: 'none yet', tone: 'plain'},
        {label: 'schema', text: 'none yet', tone: 'plain'},
        command('setup', flags),
      ]
    case 'stopped':
      return [
        EMBEDDED,
        {label: 'server', text: 'stopped: the next command that needs it starts it', tone: 'plain'},
        ...unknown('database'),
        command('server start', flags),
      ]
    case 'closed':
      return [
        targetOf(state),
        trouble('server', state.trouble),
        ...unknown('database'),
        cure(state.trouble, flags),
      ]
    case 'open':
      return [targetOf(state), ...contents(state, circumstances)]
  }
}

/** The lines from this one down to the last but one. */
function unknown(first: 'server' | 'database'): Entry[] {
  const labels = ['server', 'database', 'schema'] as const
  return labels.slice(labels.indexOf(first)).map((label) => ({label, ...UNKNOWN}))
}

function trouble(label: Entry['label'], {message}: CruddurError): Entry {
  return {label, text: message, tone: 'trouble'}
}

function cure({details}: CruddurError, flags: string): Entry {
  if (details.hint === undefined) return command('doctor', flags)
  return {label: 'next', text: details.hint, tone: 'plain'}
}

function command(words: string, flags: string): Entry {
  return {label: 'next', text: `cruddur-db ${words}${flags}`, tone: 'command'}
}

function targetOf({target}: Extract<State, {kind: 'closed' | 'open'}>): Entry {
  const {name, production} = target
  return {
    label: 'target',
    name: {text: production ? 'PRODUCTION' : name, production},
    text: describeTarget(target),
    tone: 'plain',
  }
}

function contents(
  {database, server, target}: Extract<State, {kind: 'open'}>,
  {columns, flags, now}: Circumstances,
): Entry[] {
  const running = serverEntry(server, now)
  const name = `"${target.database}"`
  // Whoever would rebuild production is to see first what that does.
  const setup = command(`setup${target.production ? ' --dry-run' : ''}`, flags)
  if (!database) {
    const missing: Entry = {label: 'database', text: `${name} is not there`, tone: 'trouble'}
    return [running, missing, {label: 'schema', text: 'none', tone: 'unknown'}, setup]
  }
  const {bytes, tableCount, tables} = database
  const there: Entry = {label: 'database', text: `${name}, ${size(bytes)}`, tone: 'plain'}
  if (tableCount === 0)
    return [running, there, {label: 'schema', text: 'no tables', tone: 'trouble'}, setup]
  const names = listed(tables.map(printable), tableCount, columns - INDENT)
  return [running, there, {label: 'schema', text: names, tone: 'plain'}, command('connect', flags)]
}

function serverEntry(server: ServerGlimpse | null, now: Date): Entry {
  const text = server
    ? `PostgreSQL ${server.version}, running since ${moment(server.since, now)}`
    : 'it answers'
  return {label: 'server', text, tone: 'plain'}
}

/** `12:30` of the same day, else `2026-03-01`, by this machine's clock. */
function moment(then: Date, now: Date): string {
  const two = (count: number): string => String(count).padStart(2, '0')
  if (then.toDateString() === now.toDateString())
    return `${two(then.getHours())}:${two(then.getMinutes())}`
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`
}
