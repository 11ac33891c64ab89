import type {Environment} from './environment.js'
import {readPassword} from './pgpass.js'
import {nameProblems, readServer, type Source} from './server.js'
import {checkSettings, type Settings} from './settings.js'
import {readTls, tlsLookup} from './tls.js'
import type {Target, TargetContext} from './types.js'

/** All of a target but how it was named and whether the guard watches it. */
export type Reading = Omit<Target, 'name' | 'production' | 'productionServer'>

const CONNECT_TIMEOUT_SECONDS = 10
/** The longest a Node timer runs. */
const LONGEST_MS = 2 ** 31 - 1

/** libpq: zero and below mean no limit (documentation 32.1.2). */
function timeoutMs(settings: Settings): number {
  const seconds = Number(settings.get('connect_timeout') ?? CONNECT_TIMEOUT_SECONDS)
  return Math.min(Math.max(seconds, 0) * 1000, LONGEST_MS)
}

function keepalivesOf(settings: Settings): Target['keepalives'] {
  const seconds = Number(settings.get('keepalives_idle') ?? 0)
  const idleMs = seconds > 0 ? Math.min(seconds * 1000, LONGEST_MS) : undefined
  return {enabled: settings.get('keepalives') !== '0', idleMs}
}

type Session = Pick<
  Target,
  | 'applicationName'
  | 'channelBinding'
  | 'connectTimeoutMs'
  | 'keepalives'
  | 'options'
  | 'sessionAttributes'
>

/** @param settings checked by `checkSettings`, which lets no other word through */
function sessionOf(settings: Settings, command: string): Session {
  return {
    applicationName:
      settings.get('application_name') ??
      settings.get('fallback_application_name') ??
      `cruddur-db ${command}`,
    channelBinding: (settings.get('channel_binding') ?? 'prefer') as Target['channelBinding'],
    sessionAttributes: (settings.get('target_session_attrs') ??
      'any') as Target['sessionAttributes'],
    connectTimeoutMs: timeoutMs(settings),
    keepalives: keepalivesOf(settings),
    options: settings.get('options'),
  }
}

/** A service file would change nothing that a URL says, but its owner may count on it. */
function serviceWarnings(env: Environment): string[] {
  return env['PGSERVICE'] ? ['PGSERVICE is set and is not used: the URL alone says where'] : []
}

interface Outcome {
  reading?: Reading
  problems: string[]
}

/** Reads a URL and everything behind it; either a reading or at least one problem, all of them at once. */
export function readTarget(source: Source, command: string, context: TargetContext): Outcome {
  const {settings, ...server} = readServer(source, context.env)
  const user = settings.get('user') ?? context.osUser
  const userAt = settings.get('user') === undefined ? 'your user name' : settings.at('user')
  const problems = [...server.problems, ...nameProblems(userAt, user)]
  if (user === '') problems.push(`${source.label}: it names no user: write one before the host`)
  const {hosts, database} = server
  if (!hosts || database === undefined) {
    return {problems: [...problems, ...checkSettings(settings, settings.urlOnly)]}
  }
  problems.push(...checkSettings(settings, tlsLookup(settings, hosts)))
  const {tls, problems: tlsProblems} = readTls(settings, hosts, context)
  problems.push(...tlsProblems)
  if (problems.length > 0) return {problems}
  const {password, warnings} = readPassword(settings, {hosts, database, user}, context)
  const session = sessionOf(settings, command)
  return {
    reading: {
      hosts,
      database,
      user,
      password,
      tls,
      ...session,
      warnings: [...warnings, ...serviceWarnings(context.env)],
    },
    problems,
  }
}
