import type {Finding, Status} from './check.js'

export function ok(message: string): Finding {
  return {status: 'ok', message}
}

export function warn(message: string, fix: string): Finding {
  return {status: 'warn', message, fix}
}

export function fail(message: string, fix: string): Finding {
  return {status: 'fail', message, fix}
}

export function skipped(message: string): Finding {
  return {status: 'skipped', message}
}

const WORST: readonly Status[] = ['fail', 'warn']

/**
 * Several findings of one check as one: as bad as the worst, which comes first and whose fix it is; a cure only where there is
 * nothing else to cure.
 *
 * @param otherwise what is so when there are none
 */
export function together(findings: readonly Finding[], otherwise: Finding): Finding {
  const [first, ...rest] = WORST.flatMap((status) =>
    findings.filter((one) => one.status === status),
  )
  if (!first) return otherwise
  if (rest.length === 0) return first
  const {cure: _, ...worst} = first
  return {...worst, message: [first, ...rest].map(({message}) => message).join('; ')}
}

/** What is shown of many: a line is to stay readable. */
const SHOWN = 5

/** `a, b and 3 more`. */
export function few(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ')
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown
}
