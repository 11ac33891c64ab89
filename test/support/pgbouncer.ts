import {spawn} from 'node:child_process'
import {chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inject} from 'vitest'
import {until} from './wait.js'

/** Where Debian's package has it. */
const PROGRAM = '/usr/sbin/pgbouncer'

export const hasPgbouncer = existsSync(PROGRAM)

export interface PgbouncerOptions {
  mode: 'session' | 'transaction' | 'statement'
  /** What it knows, as in its [databases]; by default every database of the test server. */
  databases?: Record<string, string>
  /** Further settings. */
  settings?: Record<string, string | number>
  /** How many processes share the port; one unless told. */
  processes?: number
}

export interface Pgbouncer {
  port: number
  /** A database by its way, with the test server's login. */
  url: (database: string) => string
  close: () => Promise<void>
}

/** The test server, as an entry of [databases] says it. */
export function serverEntry(): string {
  const {hostname, port} = new URL(inject('serverUrl'))
  return `host=${hostname} port=${port || 5432}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function lines(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}

/** Its folder; it refuses to run as root, and whoever runs it instead has to read it. */
function writeConfiguration(options: PgbouncerOptions, port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-pgbouncer-'))
  chmodSync(folder, 0o755)
  const {username, password} = new URL(inject('serverUrl'))
  const login = [username, password].map((text) => `"${decodeURIComponent(text)}"`)
  writeFileSync(join(folder, 'users.txt'), `${login.join(' ')}\n`)
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: join(folder, 'users.txt'),
    pool_mode: options.mode,
    so_reuseport: (options.processes ?? 1) > 1 ? 1 : 0,
    // A database that was not there a moment ago is tried again after 15 s else.
    server_login_retry: 1,
    ...options.settings,
  }
  const databases = options.databases ?? {'*': serverEntry()}
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]\n${lines(databases)}[pgbouncer]\n${lines(settings)}`,
  )
  return folder
}

const NOBODY = 65_534

/** Debian's PgBouncer before the test server. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<Pgbouncer> {
  const port = await freePort()
  const folder = writeConfiguration(options, port)
  const user = process.getuid?.() === 0 ? {uid: NOBODY, gid: NOBODY} : {}
  let said = ''
  const children = Array.from({length: options.processes ?? 1}, () => {
    const child = spawn(PROGRAM, [join(folder, 'pgbouncer.ini')], {
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.on('data', (text) => {
      said += text
    })
    return child
  })
  const ended = children.map((child) => new Promise((resolve) => child.once('close', resolve)))
  // It listens before it says so.
  await until(
    () => said.split('process up').length > children.length,
    () => `PgBouncer to start:\n${said}`,
  )
  return {
    port,
    url: (database) => {
      const url = new URL(inject('serverUrl'))
      url.hostname = '127.0.0.1'
      url.port = String(port)
      url.pathname = `/${encodeURIComponent(database)}`
      return url.href
    },
    close: async () => {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(ended)
      rmSync(folder, {recursive: true, force: true})
    },
  }
}
