import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {randomInt} from 'node:crypto'
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import pg from 'pg'
import {onTestFinished} from 'vitest'
import {
  type Account,
  blockingFolder,
  isRoot,
  serverAccount,
} from '../../../src/lib/embedded/account.js'
import {embeddedUrl, stopServer} from '../../../src/lib/embedded/server.js'

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const STARTER = fileURLToPath(new URL('starter.ts', import.meta.url))

export const asRoot = isRoot()

const found = accountOf('tester') ?? accountOf('nobody')

/** A user that is neither root nor the server's, for tests that run as root. */
export const other: Account = found ?? {uid: 65_534, gid: 65_534}

/** Whether that user can run this program from where it lies. */
export const canStartAsOther =
  asRoot && found !== undefined && blockingFolder(ROOT, () => found) === undefined

/** An empty home whose server will prefer a port of its own, so that runs beside this one do not matter. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'cruddur-embedded-'))
  preferOwnPort(home)
  return home
}

export function preferOwnPort(home: string): void {
  writeFileSync(join(home, 'port'), `${randomInt(10_240, 32_000)}\n`)
}

/** A home for one test; its server is stopped and the home removed afterwards. */
export function homeForTest(): string {
  const home = makeHome()
  onTestFinished(() => removeHome(home))
  return home
}

export async function removeHome(home: string): Promise<void> {
  await stopServer(home)
  rmSync(home, {recursive: true, force: true})
}

/** The user the server of `home` runs under, in the shape spawn takes; empty when it is our own. */
export function serverUser(home: string): Account | Record<string, never> {
  return asRoot ? serverAccount(home) : {}
}

/** What one `sql` returns, over a connection of its own. */
export async function ask(port: number, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({connectionString: embeddedUrl({port}, 'postgres')})
  client.on('error', () => {})
  await client.connect()
  try {
    const {rows} = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}

/** What killed starts would leave behind, and what pid files moved away would. */
export function leftovers(home: string): string[] {
  return [...readdirSync(home), ...readdirSync(join(home, 'data'))].filter((name) =>
    /^\.tmp-|stale/.test(name),
  )
}

/** Runs `starter.ts`, a command of its own that starts the server of `home`. */
export function spawnStarter(
  home: string,
  options: {user?: Account | undefined; env?: NodeJS.ProcessEnv} = {},
): Starter {
  const {NODE_ENV: _, VITEST: __, ...env} = {...process.env, ...options.env}
  const child = spawn(process.execPath, ['--import', 'tsx', STARTER, home], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options.user,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = new Promise<Report>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(output === '' ? {} : JSON.parse(output)))
  })
  return {child, ended}
}

interface Starter {
  child: ChildProcess
  /** What it reported; nothing when it was killed. */
  ended: Promise<Report>
}

interface Report {
  server?: {pid: number; port: number; started: boolean}
  error?: {code: string; message: string}
}

/** Waits for a condition, for 15 seconds at most. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never true: ${condition}`)
    await sleep(5)
  }
}

function accountOf(name: string): Account | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, name], {stdio: 'pipe'})),
    )
    return uid && gid ? {uid, gid} : undefined
  } catch {
    return undefined
  }
}
