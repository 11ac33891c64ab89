import {isDeepStrictEqual} from 'node:util'
import {CruddurError} from '../error.js'
import {behindEmpty, calledProduction, type Environment} from './environment.js'
import {isRdsHost, isSameDatabase, isSameServer, type Server} from './production.js'
import {type Reading, readTarget} from './read.js'
import {Secret} from './secret.js'
import {readServer, type Source} from './server.js'
import type {Target, TargetContext, TargetName} from './types.js'

export {describeTarget, type TargetJson, targetJson} from './describe.js'
export type {HostAddress, Target, TargetContext, TlsSettings} from './types.js'

/** The flags that name a target, and the verb it is for. */
export interface TargetRequest {
  prod: boolean
  url?: string | undefined
  command: string
}

function configurationError(problems: readonly string[], hint?: string): CruddurError {
  return new CruddurError('CONFIGURATION', problems.join('\n'), {
    exit: 2,
    hint,
    data: {problems: [...problems]},
  })
}

const PRODUCTION_VARIABLE = 'PROD_CONNECTION_URL'
/** What PROD_CONNECTION_URL was called before. */
const OLD_PRODUCTION_VARIABLE = 'PRODUCTION_URL'

function productionSource(env: Environment): Source {
  const text = env[PRODUCTION_VARIABLE]
  if (text) return {label: PRODUCTION_VARIABLE, text}
  if (text === undefined && env[OLD_PRODUCTION_VARIABLE]) {
    throw configurationError(
      [`${OLD_PRODUCTION_VARIABLE} was renamed: --prod reads ${PRODUCTION_VARIABLE}`],
      `call the variable ${PRODUCTION_VARIABLE}`,
    )
  }
  const state = text === undefined ? 'is not set' : 'is empty'
  throw configurationError(
    [`--prod needs ${PRODUCTION_VARIABLE}, which ${state}`],
    `set ${PRODUCTION_VARIABLE} to production's URL, in the environment or in .env`,
  )
}

function localSource(env: Environment): Source | undefined {
  const text = env['CONNECTION_URL']
  if (text !== '') return text === undefined ? undefined : {label: 'CONNECTION_URL', text}
  throw configurationError(
    ['CONNECTION_URL: the value is empty'],
    'write a URL into CONNECTION_URL, or unset it to use the embedded server',
  )
}

function chooseSource(
  {prod, url}: TargetRequest,
  env: Environment,
): {name: TargetName; source: Source} | undefined {
  if (prod && url !== undefined)
    throw configurationError(['--prod and --url name two targets'], 'leave one of them out')
  if (prod) return {name: 'production', source: productionSource(env)}
  if (url !== undefined) return {name: 'url', source: {label: '--url', text: url}}
  const source = localSource(env)
  return source && {name: 'local', source}
}

interface Guard {
  /** What is called production; the first is what PROD_CONNECTION_URL names now, if it names something. */
  servers: readonly Server[]
  problems: readonly string[]
}

/** What a URL names; PGHOST and PGPORT, which a `.env` may hold too, do not lead away from what it says alone. */
function readProduction(text: string, env: Environment): Guard {
  const source = {label: PRODUCTION_VARIABLE, text}
  const {hosts, database, problems} = readServer(source, env)
  if (!hosts || database === undefined || problems.length > 0) return {servers: [], problems}
  const alone = readServer(source, {}).hosts ?? []
  const others = alone.filter((host) => !hosts.some((known) => isDeepStrictEqual(known, host)))
  return {servers: [{hosts: [...hosts, ...others], database}], problems}
}

/**
 * What the guard compares targets with; an empty variable counts as unset, so that docker-compose, which
 * sets what it cannot expand to nothing, does not turn the guard of `.env` off. Nor does a second line in that file.
 */
function readGuard(env: Environment): Guard {
  const text = env[PRODUCTION_VARIABLE] || env[behindEmpty]?.[PRODUCTION_VARIABLE]
  const {servers, problems} = text ? readProduction(text, env) : {servers: [], problems: []}
  const others = (env[calledProduction] ?? []).filter((other) => other !== text)
  return {
    servers: [...servers, ...others.flatMap((other) => readProduction(other, env).servers)],
    problems,
  }
}

/** What the guard makes of a target, by what it is. */
function judge(
  server: Server,
  guard: Guard,
): Pick<Target, 'production' | 'productionServer' | 'guard'> {
  const rds = server.hosts.some(isRdsHost)
  const same = (compare: typeof isSameServer): boolean =>
    guard.servers.some((known) => compare(server, known))
  return {
    production: rds || same(isSameDatabase),
    productionServer: rds || same(isSameServer),
    guard: guard.servers[0],
  }
}

/** The old variable protects nothing any more, which its owner may not know. */
function renamedWarnings(env: Environment): string[] {
  const named = /^postgres/i.test(env[OLD_PRODUCTION_VARIABLE] ?? '')
  if (!named || env[PRODUCTION_VARIABLE]) return []
  return [`${OLD_PRODUCTION_VARIABLE} is not read: call it ${PRODUCTION_VARIABLE}`]
}

const GUARD_HINT = `${PRODUCTION_VARIABLE} tells whether a target is production: correct or unset it`

/**
 * The database the flags and the environment name, checked. It is production with `--prod`, on an RDS
 * host, or when it is the host, port and database of PROD_CONNECTION_URL, whatever named it.
 *
 * @returns undefined when nothing names a database: the embedded server is meant
 * @throws CruddurError CONFIGURATION, exit 2, with every problem at once, one per line of its message
 * and in `data.problems`
 */
export function resolveTarget(request: TargetRequest, context: TargetContext): Target | undefined {
  const chosen = chooseSource(request, context.env)
  if (!chosen) return undefined
  const {name, source} = chosen
  const {reading, problems} = readTarget(source, request.command, context)
  const guard: Guard = name === 'production' ? {servers: [], problems: []} : readGuard(context.env)
  if (!reading || guard.problems.length > 0) {
    const hint = guard.problems.length > 0 ? GUARD_HINT : undefined
    throw configurationError([...new Set([...problems, ...guard.problems])], hint)
  }
  const warnings = [...reading.warnings, ...renamedWarnings(context.env)]
  const judged =
    name === 'production' ? {production: true, productionServer: true} : judge(reading, guard)
  return {...reading, name, ...judged, warnings}
}

const EMBEDDED: Omit<Reading, 'hosts' | 'applicationName' | 'warnings'> = {
  database: 'cruddur',
  user: 'postgres',
  password: new Secret('password'),
  tls: {mode: 'disable', authorities: {kind: 'system'}, direct: false},
  channelBinding: 'prefer',
  sessionAttributes: 'any',
  connectTimeoutMs: 10_000,
  keepalives: {enabled: true, idleMs: undefined},
  options: undefined,
}

/**
 * The embedded server as a target: no URL, so libpq's variables do not touch it. A PROD_CONNECTION_URL
 * that cannot be read is a warning here, for it does not keep our own server from being known as ours.
 *
 * @param server the TCP port it listens on at 127.0.0.1
 */
export function embeddedTarget(
  server: {port: number},
  request: {command: string},
  context: TargetContext,
): Target {
  const hosts: Reading['hosts'] = [{host: '127.0.0.1', port: server.port}]
  const guard = readGuard(context.env)
  return {
    ...EMBEDDED,
    name: 'embedded',
    ...judge({hosts, database: EMBEDDED.database}, guard),
    hosts,
    applicationName: `cruddur-db ${request.command}`,
    warnings: [...guard.problems, ...renamedWarnings(context.env)],
  }
}

/** Another database of the same server: production stays production. */
export function withDatabase(target: Target, database: string): Target {
  return {...target, database}
}

/** The target where its server turned out to be that of its `guard`, under another name. */
export function asAlias(target: Target): Target {
  const production = target.production || target.guard?.database === target.database
  return {...target, production, productionServer: true}
}
