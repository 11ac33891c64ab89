import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {constants, devNull, tmpdir} from 'node:os'
import {join} from 'node:path'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import type {Target} from '../target/target.js'
import {psqlEnvironment} from './psql-environment.js'
import {type PsqlTerminal, psqlTerminal, takesTyping} from './psql-terminal.js'
import {authoritiesOf} from './tls/tls-options.js'

/**
 * The target with what psql is to send as its password, which can be one for all hosts only.
 *
 * @throws CruddurError CONFIGURATION: several hosts and a login token; and what making the token throws
 */
export async function withLogin(target: Target): Promise<Target> {
  const {hosts, loginToken} = target
  if (!loginToken) return target
  if (hosts.length > 1) {
    throw new CruddurError('CONFIGURATION', 'psql cannot log in to several hosts with --iam-auth', {
      exit: 2,
      hint: 'name one host in the URL',
    })
  }
  return {...target, password: await loginToken(hosts[0])}
}

/** Where no file can be: libpq then verifies nothing, where it would take a `~/.postgresql/root.crt`. */
const NO_FILE = join(devNull, 'none')

/** The certificates that Node trusts by itself. */
async function nodeAuthorities(): Promise<string[]> {
  const {rootCertificates} = await import('node:tls')
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  return [...rootCertificates, ...(extra && existsSync(extra) ? [readFileSync(extra, 'utf8')] : [])]
}

/** The path of a file with the authorities to verify against; undefined: libpq's default. */
async function authoritiesFile(target: Target, folder: string): Promise<string | undefined> {
  const {authorities, mode} = target.tls
  if (mode === 'disable') return undefined
  if (authorities.kind === 'file') return authorities.path
  const {verify, ca = await nodeAuthorities()} = await authoritiesOf(target)
  if (!verify) return authorities.kind === 'rds' ? NO_FILE : undefined
  const path = join(folder, 'authorities.pem')
  writeFileSync(path, [ca].flat().join('\n'), {mode: 0o600})
  return path
}

/** The password of the client's key has no variable, but can stand in a service file; psql asks for one that cannot. */
function serviceVariables({tls}: Target, folder: string): Record<string, string> {
  const password = tls.keyPassword?.reveal()
  if (password === undefined || /\s$|[\r\n]/.test(password)) return {}
  const path = join(folder, 'service.conf')
  writeFileSync(path, `[cruddur-db]\nsslpassword=${password}\n`, {mode: 0o600})
  return {PGSERVICE: 'cruddur-db', PGSERVICEFILE: path}
}

/** Runs `fn` with a folder for what libpq reads from files only; it is gone when psql has ended. */
async function withFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-psql-'))
  try {
    return await fn(folder)
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

/** What a person has of psql beyond its own. */
export interface PsqlComfort {
  color: boolean
  /** The file that keeps what is typed; undefined: where psql has it. Called only where something is typed. */
  history: () => string | undefined
}

const NOTHING: PsqlTerminal = {args: [], env: {}}

/**
 * Opens psql on the target, on this process's terminal.
 *
 * @param target with its password, where there is one: see {@link withLogin}
 * @param args psql's own arguments
 * @param comfort where a person types; undefined: psql is run as it is
 * @returns psql's exit code; 128 + n when signal n ended it
 * @throws CruddurError PSQL_NOT_FOUND
 */
export async function openPsql(
  target: Target,
  args: readonly string[],
  env: Environment,
  comfort?: PsqlComfort | undefined,
): Promise<number> {
  try {
    return await withFolder(async (folder) => {
      const path = await authoritiesFile(target, folder)
      const environment = psqlEnvironment(target, env, path)
      const typed = comfort && takesTyping(args)
      const terminal = typed
        ? psqlTerminal(target, {...comfort, history: comfort.history(), args, env, folder})
        : NOTHING
      return await runPsql([...terminal.args, ...args], {
        ...environment,
        ...serviceVariables(target, folder),
        ...terminal.env,
      })
    })
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
