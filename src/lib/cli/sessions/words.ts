import type {Look} from '../../postgres/sessions-list.js'
import {OWN_MARK, TROUBLE_MARK} from './columns.js'
import {age, IDLE_IN_TRANSACTION_MS, isClient, RUNNING_MS, troubleOf} from './marks.js'

/** From this share of what is open to everybody on, the server counts as nearly full. */
const NEARLY_FULL = 0.9

/** `12 of 100 connections (3 reserved)`. */
export function connections({maxConnections, reserved, sessions}: Look): string {
  const count = sessions.filter(isClient).length
  const kept = reserved > 0 ? ` (${reserved} reserved)` : ''
  const isFull = count >= (maxConnections - reserved) * NEARLY_FULL
  return `${count} of ${maxConnections} connections${kept}${isFull ? ', nearly full' : ''}`
}

const LIMITS = [...new Set([IDLE_IN_TRANSACTION_MS, RUNNING_MS].map(age))].join(' or ')

/** What the signs mean that there are in the table. */
export function legend({now, sessions}: Look): string[] {
  const signs = [
    ...(sessions.some(({own}) => own) ? [`${OWN_MARK} this session`] : []),
    ...(sessions.some((session) => troubleOf(session, now))
      ? [`${TROUBLE_MARK} for more than ${LIMITS}`]
      : []),
  ]
  const hidden = sessions.some((session) => session.hidden)
    ? ['hidden: what other roles do is shown to members of pg_read_all_stats']
    : []
  return [...(signs.length > 0 ? [signs.join('   ')] : []), ...hidden]
}

/** Lines of so many columns at most, broken at blanks. */
export function wrapped(text: string, room: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}
