import type {Environment} from './environment.js'
import {type ParameterName, parameterNames, parameters, spoken} from './parameters.js'

export interface Lookup {
  get: (name: ParameterName) => string | undefined
  /** Where a value stands, for a message: `CONNECTION_URL: the port`, `PGPORT`. */
  at: (name: ParameterName) => string
}

/** A URL's parameters and, behind them, libpq's variables. */
export interface Settings extends Lookup {
  /** The same without the variables. */
  urlOnly: Lookup
}

/** `ssl=true` is libpq's own alias (fe-connect.c); beside an sslmode that means TLS it says nothing new. */
function withSslAlias(
  values: ReadonlyMap<ParameterName, string>,
): ReadonlyMap<ParameterName, string> {
  if (values.get('ssl') !== 'true' || values.has('sslmode')) return values
  return new Map([...values, ['sslmode', 'require']])
}

/**
 * @param label the variable or flag the URL came from
 * @param values what `readUrl` found
 * @param env an empty variable counts as unset: docker-compose sets what it cannot expand to nothing
 */
export function settingsOf(
  label: string,
  values: ReadonlyMap<ParameterName, string>,
  env: Environment,
): Settings {
  const given = withSslAlias(values)
  const inUrl = (name: ParameterName) => given.get(name)
  const inEnv = (name: ParameterName) => {
    const {variable} = parameters[name]
    return (variable && env[variable]) || undefined
  }
  const fromUrl = (name: ParameterName) => `${label}: ${spoken(name)}`
  // A hostaddr of the environment would lead a host of the URL elsewhere.
  const behind = (name: ParameterName) =>
    name === 'hostaddr' && given.has('host') ? undefined : inEnv(name)
  return {
    get: (name) => inUrl(name) ?? behind(name),
    at: (name) =>
      given.has(name)
        ? fromUrl(name)
        : ((inEnv(name) && parameters[name].variable) ?? fromUrl(name)),
    urlOnly: {get: inUrl, at: fromUrl},
  }
}

function contradictions(settings: Lookup): string[] {
  const weak = ['disable', 'allow', 'prefer'].includes(settings.get('sslmode') ?? '')
  if (settings.get('ssl') !== 'true' || !weak) return []
  return [`${settings.at('ssl')} is true and sslmode is not: keep sslmode alone`]
}

/**
 * Every value that its parameter does not take.
 *
 * @param tls where the parameters of TLS are looked up
 */
export function checkSettings(settings: Settings, tls: Lookup): string[] {
  const refusals = parameterNames.flatMap((name) => {
    const lookup = name.startsWith('ssl') ? tls : settings
    const value = lookup.get(name)
    const refusal = value === undefined ? undefined : parameters[name].refuse(value)
    return refusal === undefined ? [] : [`${lookup.at(name)} ${refusal}`]
  })
  return [...refusals, ...contradictions(tls)]
}
