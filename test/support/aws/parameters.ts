import {refuse, refuseValue} from './refusal.js'

/** The parameters of one request: flat names as on the wire (`Filter.1.Value.2`). */
export type Parameters = Record<string, string>

/**
 * The form's fields. AWS has no lists in it: a name that comes twice is a client's mistake, and here refused.
 */
export function parseForm(body: string): Parameters {
  const params: Parameters = {}
  for (const [name, value] of new URLSearchParams(body)) {
    if (name in params) refuse('MalformedQueryString', `The parameter ${name} was given twice`)
    params[name] = value
  }
  return params
}

/**
 * Refuses a parameter that is none of the action's, so that a slip in a name cannot pass unseen. `N` in a known
 * name stands for a number. EC2 has the code and the text for this; RDS itself ignores such parameters.
 */
export function checkNames(params: Parameters, known: readonly string[]): void {
  const names = new Set(['Action', 'Version', ...known])
  for (const name of Object.keys(params)) {
    if (!names.has(name.replace(/\.[1-9]\d*(?=\.|$)/g, '.N'))) {
      refuse('UnknownParameter', `The parameter ${name} is not recognized`)
    }
  }
}

/** A whole number, or undefined where the parameter is left out. */
export function integer(params: Parameters, name: string): number | undefined {
  const text = params[name]
  if (text === undefined) return undefined
  if (!/^-?\d+$/.test(text)) refuse('MalformedInput', `${name} is not an integer: ${text}`)
  return Number(text)
}

export function boolean(params: Parameters, name: string): boolean | undefined {
  const text = params[name]
  if (text === undefined) return undefined
  if (text !== 'true' && text !== 'false') {
    refuse('MalformedInput', `${name} is neither true nor false: ${text}`)
  }
  return text === 'true'
}

/** The values of `prefix.1`, `prefix.2`, … up to the first number that is missing. */
export function list(params: Parameters, prefix: string): string[] {
  const values: string[] = []
  let value = params[`${prefix}.1`]
  while (value !== undefined) {
    values.push(value)
    value = params[`${prefix}.${values.length + 1}`]
  }
  return values
}

/** The members of a list of structures: for each number, the part of the parameters below `prefix.N.`. */
export function members(params: Parameters, prefix: string): Parameters[] {
  const found: Parameters[] = []
  for (const [name, value] of Object.entries(params)) {
    const [, number, rest] = /^(\d+)\.(.+)$/.exec(name.slice(prefix.length + 1)) ?? []
    if (!name.startsWith(`${prefix}.`) || !number || !rest) continue
    const member = found[Number(number) - 1] ?? {}
    member[rest] = value
    found[Number(number) - 1] = member
  }
  return found.filter((member) => member !== undefined)
}

/** A filter's name with its values, RDS's (`Filters.Filter.N`) or EC2's (`Filter.N`). */
export function filters(
  params: Parameters,
  service: 'rds' | 'ec2',
): {name: string; values: string[]}[] {
  const [prefix, valuePrefix] =
    service === 'rds' ? ['Filters.Filter', 'Values.Value'] : ['Filter', 'Value']
  return members(params, prefix).map((filter) => {
    const values = list(filter, valuePrefix)
    const name = filter['Name'] ?? refuseValue('A filter needs a name')
    return {name, values}
  })
}

/** A page of `items`: what follows the marker of the page before, and the marker of the next page. */
export function page<Item>(
  items: readonly Item[],
  size: number,
  marker: string | undefined,
): {items: Item[]; next: string | undefined} {
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64').toString())
  if (!Number.isInteger(start)) refuseValue('Invalid or expired Marker')
  const end = start + size
  const next = end < items.length ? Buffer.from(String(end)).toString('base64') : undefined
  return {items: items.slice(start, end), next}
}
