import type {Environment} from '../target/environment.js'
import type {Target} from '../target/target.js'

/** libpq's variables that say where and as whom to connect; ours replace them, or nothing does. */
const CONNECTION_VARIABLES = [
  'PGHOST',
  'PGHOSTADDR',
  'PGPORT',
  'PGDATABASE',
  'PGUSER',
  'PGPASSWORD',
  'PGSERVICE',
  'PGOPTIONS',
  'PGAPPNAME',
  'PGCONNECT_TIMEOUT',
  'PGTARGETSESSIONATTRS',
  'PGCHANNELBINDING',
  'PGREQUIRESSL',
  'PGSSLMODE',
  'PGSSLROOTCERT',
  'PGSSLCERT',
  'PGSSLKEY',
  'PGSSLNEGOTIATION',
  'PGSSLMINPROTOCOLVERSION',
  'PGSSLMAXPROTOCOLVERSION',
  'PGSSLCERTMODE',
  'PGSSLCRL',
  'PGSSLCRLDIR',
  'PGSSLSNI',
]

function tlsVariables({tls}: Target, authoritiesFile: string | undefined): Environment {
  return {
    PGSSLMODE: tls.mode,
    PGSSLROOTCERT: authoritiesFile,
    PGSSLCERT: tls.certificateFile,
    PGSSLKEY: tls.keyFile,
    PGSSLNEGOTIATION: tls.direct ? 'direct' : undefined,
    PGSSLMINPROTOCOLVERSION: tls.minVersion,
    PGSSLMAXPROTOCOLVERSION: tls.maxVersion,
  }
}

/**
 * The environment in which psql opens the target, the password in it: an argument list can be read
 * by every user of the machine (`ps`).
 *
 * @param env the environment psql inherits
 * @param authoritiesFile PEM file of the authorities to verify against; undefined: libpq's default
 */
export function psqlEnvironment(
  target: Target,
  env: Environment,
  authoritiesFile: string | undefined,
): Record<string, string> {
  const all = (value: (host: Target['hosts'][number]) => string | number | undefined) =>
    target.hosts.map((host) => value(host) ?? '').join(',')
  const ours: Environment = {
    PGHOST: all(({host}) => host),
    PGHOSTADDR: target.hosts.some(({address}) => address) ? all(({address}) => address) : undefined,
    PGPORT: all(({port}) => port),
    PGDATABASE: target.database,
    PGUSER: target.user,
    PGPASSWORD: target.password?.reveal(),
    PGOPTIONS: target.options,
    PGAPPNAME: target.applicationName,
    PGCONNECT_TIMEOUT: String(Math.ceil(target.connectTimeoutMs / 1000)),
    PGTARGETSESSIONATTRS: target.sessionAttributes,
    PGCHANNELBINDING: target.channelBinding,
    ...tlsVariables(target, authoritiesFile),
  }
  const inherited = Object.entries(env).filter(([name]) => !CONNECTION_VARIABLES.includes(name))
  const merged = [...inherited, ...Object.entries(ours)]
  return Object.fromEntries(
    merged.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
