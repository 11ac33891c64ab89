import type {Statement} from './scanner.js'

/**
 * Else statements that were sent together run on, and hold the database, for a client that was killed. Known
 * from PostgreSQL 14 on; systems other than Linux may refuse it.
 */
export const NOTICE_DEATH = `SELECT set_config(name, '1s', false) FROM pg_settings
  WHERE name = 'client_connection_check_interval' AND setting = '0' AND version() LIKE '%linux%'`

/** Settings that say how the server reads what is sent: a statement behind a change must not be sent with it. */
const READING = /\b(standard_conforming_strings|client_encoding|names)\b|^(reset|discard)\s+all\b/i

const SET =
  /^set\s+(?:(?:session|local)\s+)?standard_conforming_strings\s*(?:=|\bto\b)\s*('?)(\w+)/i
const CONFIG = /^select\b.*?\bset_config\s*\(\s*'standard_conforming_strings'\s*,\s*(')(\w+)'/is
const RESET = /^(reset|discard)\s+(all|standard_conforming_strings)\b/i

/** What PostgreSQL reads as false: any beginning of these that is not ambiguous. */
const OFF = /^(of|off|f|fa|fal|fals|false|n|no|0)$/i

/** Of a statement that can change a setting, as much as has to be looked at. */
const LENGTH = 1024

function beginning(bytes: Buffer, {start, end}: Statement): string {
  return bytes.toString('latin1', start, Math.min(end, start + LENGTH))
}

/** Statements that can change a setting of the session. */
const SETTERS = /^(discard|reset|select|set)\b/i

/** Of two with the same body in one query, PostgreSQL gives an error in the second no place (15.18). */
const ROUTINE = /^(do|create\s+(or\s+replace\s+)?(function|procedure))\b/i

/** Whether a statement must not be sent together with the next one. */
export function goesAlone(bytes: Buffer, statement: Statement): boolean {
  const text = beginning(bytes, statement)
  return ROUTINE.test(text) || (SETTERS.test(text) && READING.test(text))
}

/**
 * `standard_conforming_strings` behind a statement: old dumps turn it off, and '…' takes
 * backslashes from there on.
 *
 * @param initial what it was when the session began
 * @returns undefined when the statement leaves it alone
 */
export function standardStringsAfter(
  bytes: Buffer,
  statement: Statement,
  initial: boolean,
): boolean | undefined {
  const text = beginning(bytes, statement)
  if (RESET.test(text)) return initial
  const [, quote, value] = SET.exec(text) ?? CONFIG.exec(text) ?? []
  if (value === undefined) return undefined
  if (quote === '' && /^default$/i.test(value)) return initial
  return !OFF.test(value)
}
