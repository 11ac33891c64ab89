import type {ParameterName} from './parameters.js'
import {spoken} from './parameters.js'
import {nothing, problem, type Reading, readPart, together} from './part.js'
import {readQuery} from './query.js'
import {unwrap} from './wrapping.js'

/** A URL taken apart and decoded; with problems, what could not be read is missing. */
export interface UrlReading {
  values: ReadonlyMap<ParameterName, string>
  /** Phrases without the variable's or flag's name and without any text that could be a password's. */
  problems: readonly string[]
}

/** Whether `host:port,host:port` is what this looks like, rather than the beginning of `user:password`. */
function looksLikeHosts(text: string): boolean {
  return text.split(',').every((part) => /^(?:\[[^\]]*\]|[^:]*)(?::\d+)?$/.test(part))
}

interface Split {
  credentials: string | undefined
  tail: string
}

/**
 * Finds where the credentials end. libpq takes the first `@` and gives up at a `/`; here a raw `/`,
 * `?`, `#` or `@` in a password is followed to its end, so that the password can be named as the culprit.
 */
function splitCredentials(rest: string): Split {
  const firstAt = rest.indexOf('@')
  const stop = rest.search(/[/?#]/)
  const hostFirst = stop >= 0 && stop < firstAt && looksLikeHosts(rest.slice(0, stop))
  if (firstAt < 0 || hostFirst) return {credentials: undefined, tail: rest}
  const behind = rest.slice(firstAt).search(/[/?#]/)
  const end = behind < 0 ? rest.length : firstAt + behind
  const lastAt = rest.lastIndexOf('@', end - 1)
  return {credentials: rest.slice(0, lastAt), tail: rest.slice(lastAt + 1)}
}

function readCredentials(credentials: string | undefined): Reading {
  if (credentials === undefined) return nothing
  const colon = credentials.indexOf(':')
  const user = colon < 0 ? credentials : credentials.slice(0, colon)
  const password = colon < 0 ? '' : credentials.slice(colon + 1)
  return together(
    user === '' ? problem('the user name before the password or "@" is empty: write it') : nothing,
    readPart('user', user),
    readPart('password', password),
  )
}

const STRAY_AT =
  'an "@" stands behind the host. Is it the end of the password? ' +
  'Then write the "@", "/", "?" and "#" within the password as %40, %2F, %3F and %23. Otherwise write it as %40'

/** Why a text behind a host's colon is no port; it may be a password, and is not shown. */
function noPort(port: string, hasCredentials: boolean): string {
  if (port.includes(':')) return 'the port holds ":": put an IPv6 address into brackets, as [::1]'
  if (hasCredentials) return 'the port is no number: write one from 1 to 65535'
  return 'the port is no number: if it is the password, "@" and the host are missing behind it'
}

/** Reads `host:port`, `[address]:port`, or less of either. */
function readHost(
  text: string,
  hasCredentials: boolean,
): {host: string; port: string; problem?: string} {
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/s.exec(text)
  const colon = text.indexOf(':')
  const host = bracketed?.[1] ?? (colon < 0 ? text : text.slice(0, colon))
  const port = bracketed ? (bracketed[2] ?? '') : colon < 0 ? '' : text.slice(colon + 1)
  if (text.startsWith('[') && !bracketed)
    return {host: '', port: '', problem: 'the host has "[" without an address and "]": write [::1]'}
  if (/^\d*$/.test(port)) return {host, port}
  return {host, port: '', problem: noPort(port, hasCredentials)}
}

function readAuthority(authority: string, hasCredentials: boolean): Reading {
  const parts = authority.split(',').map((part) => readHost(part, hasCredentials))
  const hosts = parts.map(({host}) => readPart('host', host))
  const ports = parts.map(({port}) => port)
  const problems = [
    ...parts.flatMap((part) => part.problem ?? []),
    ...hosts.flatMap((host) => host.problems),
  ]
  if (problems.length > 0) return problem(...new Set(problems))
  const names = hosts.map(({entries}) => entries[0]?.[1] ?? '')
  return together(
    names.some(Boolean) ? {entries: [['host', names.join(',')]], problems: []} : nothing,
    ports.some(Boolean) ? {entries: [['port', ports.join(',')]], problems: []} : nothing,
  )
}

function readDatabase(path: string): Reading {
  if (!/^[^/]+\/$/.test(path)) return readPart('dbname', path)
  return problem('the database name ends in "/": remove it (%2F where it belongs to the name)')
}

/** Reads what stands behind the credentials: hosts, database, parameters. */
function readTail({tail, credentials}: Split): Reading {
  if (tail.includes('@')) return problem(STRAY_AT)
  const [, authority = '', path = '', query = ''] =
    /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(tail) ?? []
  const hosts = readAuthority(authority, credentials !== undefined)
  // What follows a password without a host may be more of the password: not a word of it is shown.
  if (credentials === undefined && hosts.problems.length > 0) return hosts
  const named = path !== '' || /(?:^|&)dbname=/.test(query)
  return together(
    hosts,
    readDatabase(path),
    readQuery(query),
    named ? nothing : problem('it names no database: add its name behind the host, as /cruddur'),
  )
}

/** One value per parameter; the authority and the query may both name one, when they agree. */
function merge({entries, problems}: Reading): UrlReading {
  const values = new Map<ParameterName, string>()
  const contradictions = new Set<string>()
  for (const [name, value] of entries) {
    if ((values.get(name) ?? value) !== value)
      contradictions.add(`${spoken(name)} is given twice with different values: keep one`)
    values.set(name, value)
  }
  return {values, problems: [...new Set(problems), ...contradictions]}
}

/**
 * Reads a connection URL as libpq does (documentation 32.1.1.2; fe-connect.c,
 * conninfo_uri_parse_options), and refuses what libpq, node-postgres or a person could take for
 * something else: never a guess.
 *
 * @param text the value of the variable or flag
 * @returns the decoded parts, host and port as libpq's comma-separated lists, and every problem
 */
export function readUrl(text: string): UrlReading {
  const {rest, problems} = unwrap(text)
  if (rest === undefined) return {values: new Map(), problems}
  const split = splitCredentials(rest)
  const reading = together(readCredentials(split.credentials), readTail(split))
  return merge({...reading, problems: [...problems, ...reading.problems]})
}
