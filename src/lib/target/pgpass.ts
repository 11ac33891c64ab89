import {join} from 'node:path'
import {filesOf} from './files.js'
import {Secret} from './secret.js'
import type {Settings} from './settings.js'
import {shellWord} from './text.js'
import type {HostAddress, TargetContext} from './types.js'

interface Login {
  host: string
  port: number
  database: string
  user: string
}

/** The four fields and the password of a line, still escaped; undefined for anything else. */
const LINE =
  /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:])*)/su

function matches(field: string | undefined, value: string): boolean {
  return field === '*' || field?.replaceAll(/\\(.)/gsu, '$1') === value
}

/** Folders whose socket libpq builds look for by default; there the file's `localhost` counts too. */
const DEFAULT_SOCKETS = ['/tmp', '/var/run/postgresql', '/run/postgresql']

/**
 * The password of the first line that fits, as libpq reads the file (documentation 32.16; fe-connect.c,
 * passwordFromFile): `host:port:database:user:password`, `*` for any, `\` before a `:` or `\`.
 */
export function findPassword(file: string, login: Login): string | undefined {
  const hosts = DEFAULT_SOCKETS.includes(login.host) ? [login.host, 'localhost'] : [login.host]
  for (const line of file.split(/\r?\n/)) {
    const [, host, port, database, user, password] =
      (!line.startsWith('#') && LINE.exec(line)) || []
    const fits =
      hosts.some((name) => matches(host, name)) &&
      matches(port, String(login.port)) &&
      matches(database, login.database) &&
      matches(user, login.user)
    if (fits) return password?.replaceAll(/\\(.)/gsu, '$1') || undefined
  }
  return undefined
}

interface PasswordReading {
  password: Secret | undefined
  warnings: string[]
}

/**
 * The password of a target: the URL's or PGPASSWORD's, else the file's. With several hosts the first
 * one that the file knows decides for all. libpq, too, ignores a file that others can read.
 */
export function readPassword(
  settings: Settings,
  target: {hosts: readonly HostAddress[]; database: string; user: string},
  context: TargetContext,
): PasswordReading {
  const given = settings.get('password')
  if (given !== undefined) return {password: new Secret(given), warnings: []}
  const named = settings.get('passfile')
  const path = named ?? join(context.homeDir, '.pgpass')
  const {readFile, fileMode} = filesOf(context)
  const file = readFile(path)
  if (file === undefined) {
    const warning = `the password file ${path} cannot be read and is not used`
    return {password: undefined, warnings: named === undefined ? [] : [warning]}
  }
  if (((fileMode(path) ?? 0) & 0o077) !== 0) {
    const warning = `${path} can be read by others and is not used: chmod 600 ${shellWord(path)}`
    return {password: undefined, warnings: [warning]}
  }
  const found = target.hosts.flatMap(({host, port}) => {
    return findPassword(file, {host, port, database: target.database, user: target.user}) ?? []
  })
  return {password: found[0] === undefined ? undefined : new Secret(found[0]), warnings: []}
}
