import {CruddurError} from '../error.js'

/** `handle=londo`, `handle=` (an empty text), `handle:=null`. */
const ARGUMENT = /^([A-Za-z_]\w*)(:?=)(.*)$/s

/**
 * The values of `param=value` words. What follows `=` is the value, as it stands; `param:=null` is NULL.
 *
 * @throws CruddurError USAGE (exit 2), with every word that cannot be read, but not its value
 */
export function readArguments(words: readonly string[]): Record<string, string | null> {
  const values = new Map<string, string | null>()
  const problems: string[] = []
  for (const word of words) {
    const [, name, sign, value = ''] = ARGUMENT.exec(word) ?? []
    if (name === undefined) problems.push('a parameter is not written as name=value')
    else if (values.has(name)) problems.push(`the parameter "${name}" is given twice`)
    else if (sign === ':=' && value !== 'null') problems.push(`only null can follow ${name}:=`)
    else values.set(name, sign === ':=' ? null : value)
  }
  // Assigned one by one, `__proto__` would be lost.
  if (problems.length === 0) return Object.fromEntries(values)
  throw new CruddurError('USAGE', [...new Set(problems)].join('\n'), {
    exit: 2,
    hint: 'write name=value for a text, name= for an empty one, name:=null for NULL',
  })
}
