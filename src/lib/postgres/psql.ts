import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join} from 'node:path'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import type {Target} from '../target/target.js'
import {authorities} from './dial.js'

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

/** libpq reads authorities from a file only; what we bring along is written to one for as long as psql runs. */
async function withAuthoritiesFile<T>(
  target: Target,
  fn: (path: string | undefined) => Promise<T>,
): Promise<T> {
  const {tls} = target
  if (tls.mode !== 'verify-full' && tls.mode !== 'verify-ca') return fn(undefined)
  if (tls.authorities.kind === 'file') return fn(tls.authorities.path)
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-psql-'))
  try {
    const path = join(folder, 'authorities.pem')
    const {rootCertificates} = await import('node:tls')
    const pem = (await authorities(tls)) ?? [...rootCertificates]
    writeFileSync(path, Array.isArray(pem) ? pem.join('\n') : pem, {mode: 0o600})
    return await fn(path)
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

function runPsql(args: readonly string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('psql', args, {env, stdio: 'inherit'})
    // The terminal sends Ctrl-C to psql itself, which cancels its statement; we stay for its end.
    const ignore = (): void => {}
    const forward = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    process.on('SIGINT', ignore)
    process.on('SIGTERM', forward)
    process.on('SIGHUP', forward)
    const release = (): void => {
      process.off('SIGINT', ignore)
      process.off('SIGTERM', forward)
      process.off('SIGHUP', forward)
    }
    child.once('error', (error) => {
      release()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      release()
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
}

/**
 * Opens psql on the target, on this process's terminal.
 *
 * @param args psql's own arguments
 * @returns psql's exit code; 128 + n when signal n ended it
 * @throws CruddurError PSQL_NOT_FOUND
 */
export async function openPsql(
  target: Target,
  args: readonly string[],
  env: Environment,
): Promise<number> {
  try {
    return await withAuthoritiesFile(target, (path) =>
      runPsql(args, psqlEnvironment(target, env, path)),
    )
  } catch (error) {
    const {code, syscall} = error as NodeJS.ErrnoException
    if (!syscall?.startsWith('spawn')) throw error
    const why =
      code === 'ENOENT' ? 'is not installed, or not on the PATH' : `cannot be run (${code})`
    throw new CruddurError('PSQL_NOT_FOUND', `psql ${why}`, {
      exit: 2,
      hint: 'install the PostgreSQL client: apt-get install postgresql-client, or brew install libpq',
      cause: error,
    })
  }
}
