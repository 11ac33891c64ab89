import {closest, distance} from 'fastest-levenshtein'
import {isParameterName, parameterNames} from './parameters.js'
import {
  isPlaceholder,
  PLACEHOLDER_CURE,
  problem,
  RESERVED_IN_QUERY,
  type Reading,
  readPart,
  together,
} from './part.js'
import {printable} from './text.js'

function unknown(name: string): string {
  const near = closest(name.toLowerCase(), parameterNames)
  const meant = distance(name.toLowerCase(), near) <= 2 ? `write ${near}` : 'take it away'
  return `the parameter "${printable(name)}" is unknown: ${meant}`
}

function decodeName(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

/** @param mayBeSecret an unknown name could be what follows an unescaped `&` of a password: it is not shown */
function readParameter(text: string, mayBeSecret: boolean): Reading {
  const [rawName = '', rawValue, ...more] = text.split('=')
  if (isPlaceholder(rawName))
    return problem(`a parameter's name is a placeholder: ${PLACEHOLDER_CURE}`)
  if (rawValue === undefined)
    return problem('a parameter has no "=": write name=value ("&" within a value is %26)')
  const name = decodeName(rawName)
  if (!isParameterName(name)) {
    if (!mayBeSecret) return problem(unknown(name))
    return problem(
      'a parameter behind the password is unknown: write %26 for an "&" of the password',
    )
  }
  const value = [rawValue, ...more].join('=')
  if (value === '') return problem(`${name} has no value: write one, or take it away`)
  return readPart(name, value, RESERVED_IN_QUERY)
}

const SECRET = /^(?:ssl)?password=/

/** Reads what stands behind the URL's `?`, as libpq does; one `&` at the end is let pass, but none of a password. */
export function readQuery(query: string): Reading {
  const all = query.split('&')
  const secretAt = all.findIndex((parameter) => SECRET.test(parameter))
  const parameters = all.at(-1) === '' && secretAt < 0 ? all.slice(0, -1) : all
  return together(
    ...parameters.map((parameter, at) => readParameter(parameter, secretAt >= 0 && at > secretAt)),
  )
}
