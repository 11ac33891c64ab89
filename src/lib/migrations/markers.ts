import type {CruddurError} from '../error.js'
import {problemError} from '../sql/problem.js'
import type {Text} from '../sql/text.js'

/** A line `-- migrate:up` or `-- migrate:down`, as dbmate has them; offsets are those of the text. */
export interface Marker {
  readonly kind: 'up' | 'down'
  readonly transaction: boolean
  /** Of the line's first byte. */
  readonly start: number
  /** Behind the line, its end included. */
  readonly end: number
}

/** Whatever may be meant as a marker: a slip in `migrate:down` must not put its statements into the up part. */
const CANDIDATE =
  /^[ \t]*--+[ \t]*migrate(?::\S.*|[ \t]*:[ \t]*(?:up|down)\b.*|[ \t:_.-]*(?:up|down)[ \t]*)$/gim

/** A marker behind something else in its line; what follows would run together with that. A comment may speak of one. */
const BEHIND =
  /^(?![ \t]*--)[^\r\n]*[^ \t\r\n-][ \t]*(--[ \t]*migrate:(?:up|down)(?:[ \t]+transaction:\S+)?[ \t]*)$/gim

const MARKER = /^--[ \t]*migrate:(up|down)(?:[ \t]+(\S.*?))?[ \t]*$/

const OPTION = /^transaction:(true|false)$/

/**
 * The markers of a migration's file, in its order.
 *
 * @throws CruddurError MIGRATION_INVALID, with its place, for one that is not written as it has to be
 */
export function findMarkers(text: Text): Marker[] {
  // One character for each byte.
  const all = text.bytes.toString('latin1')
  checkOwnLines(all, text)
  return [...all.matchAll(CANDIDATE)].map(({0: line, index: start}) => {
    const [ending = ''] =
      /^(?:\r\n?|\n)?/.exec(all.slice(start + line.length, start + line.length + 2)) ?? []
    const end = start + line.length + ending.length
    return {...readMarker(line, start, text), start, end}
  })
}

function checkOwnLines(all: string, text: Text): void {
  const [behind] = all.matchAll(BEHIND)
  if (!behind) return
  const [line, marker = ''] = behind
  const at = behind.index + line.length - marker.length
  throw invalid(text, at, 'a marker has to begin its line', 'put it on a line of its own')
}

function readMarker(line: string, start: number, text: Text): Pick<Marker, 'kind' | 'transaction'> {
  const [, kind, option] = MARKER.exec(line) ?? []
  if (kind !== 'up' && kind !== 'down') throw noMarker(line, start, text)
  const [, transaction] = OPTION.exec(option ?? 'transaction:true') ?? []
  if (transaction) return {kind, transaction: transaction === 'true'}
  const at = start + line.lastIndexOf(option ?? '')
  throw invalid(
    text,
    at,
    `-- migrate:${kind} has an option that is not known`,
    'the one there is: transaction:false',
  )
}

function noMarker(line: string, start: number, text: Text): CruddurError {
  const blanks = line.length - line.trimStart().length
  if (blanks > 0 && MARKER.test(line.trimStart())) {
    const hint = 'remove the blanks in front of it'
    return invalid(text, start + blanks, 'a marker has to begin its line', hint)
  }
  const hint = 'write it as -- migrate:up or -- migrate:down, or put it in other words'
  return invalid(text, start + blanks, 'this looks like a marker of a migration, and is none', hint)
}

/** What is wrong with a migration's file, at an offset of its text. */
export function invalid(text: Text, at: number, message: string, hint: string): CruddurError {
  return problemError({at, code: 'MIGRATION_INVALID', message, hint}, text)
}
