import {meant} from './meant.js'

/** Of oclif's NonExistentFlagsError what is needed here. */
interface UnknownFlags {
  /** As they were typed, a value behind `=` among it. */
  flags: readonly string[]
  parse: {input: {flags: Record<string, {type: string; allowNo?: boolean; hidden?: boolean}>}}
}

function isUnknownFlags(error: object): error is UnknownFlags {
  if (!('flags' in error) || !Array.isArray(error.flags) || !('parse' in error)) return false
  const {parse} = error as {parse?: {input?: {flags?: unknown}}}
  return typeof parse?.input?.flags === 'object'
}

function namesOf({parse}: UnknownFlags): string[] {
  const own = Object.entries(parse.input.flags).flatMap(([name, {allowNo, hidden, type}]) => {
    if (hidden) return []
    return type === 'boolean' && allowNo ? [name, `no-${name}`] : [name]
  })
  return [...own, 'help']
}

/** What to do about a flag that a command does not have: the nearest one that it has, if one is near. */
export function flagHint(error: object): string | undefined {
  if (!isUnknownFlags(error)) return undefined
  const [typed = ''] = error.flags
  const word = /^--([^=]+)/.exec(typed)?.[1]
  const guess = word === undefined ? undefined : meant(word, namesOf(error))
  return guess === undefined ? undefined : `did you mean --${guess}? see --help`
}
