import {readFile, readlink, realpath, stat} from 'node:fs/promises'
import {join} from 'node:path'

/**
 * What a running or killed server's `postmaster.pid` says. Lines: pid, data directory, start time, port, socket directory,
 * address, shared memory key, status (PostgreSQL's `src/include/utils/pidfile.h`).
 */
export interface PidFile {
  /** NaN in a file that is still empty. */
  pid: number
  port: number
  /** `starting`, `ready`, `stopping` or `standby`; empty before the server has said. Stays `ready` while it recovers from a crash. */
  status: string
  text: string
  modifiedMs: number
}

/** What holds a process number: nothing that could be the server, this data directory's server, or another program. */
export type Holder = 'none' | 'server' | 'stranger'

/** Whether a process of that number exists, whoever's it is. */
export function isAlive(pid: number): boolean {
  return signalError(pid) !== 'ESRCH'
}

/** Where PostgreSQL keeps the number of a data directory's server. */
export function pidFilePath(dataDir: string): string {
  return join(dataDir, 'postmaster.pid')
}

/** undefined: there is no pid file, so no server runs. */
export async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  const path = pidFilePath(dataDir)
  try {
    const [text, {mtimeMs}] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    const lines = text.split('\n')
    const [pid, , , port] = lines.map((line) => Number.parseInt(line, 10))
    const status = lines[7]?.trim() ?? ''
    return {pid: pid ?? Number.NaN, port: port ?? Number.NaN, status, text, modifiedMs: mtimeMs}
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The pid file of the server that really runs on `dataDir`. */
export async function readLivePidFile(dataDir: string): Promise<PidFile | undefined> {
  const file = await readPidFile(dataDir)
  return file && (await holderOf(file.pid, dataDir)) === 'server' ? file : undefined
}

/**
 * Who has the number `pid`. After a reboot, or in a new container, it is often another program's. A process of another
 * user counts as none: PostgreSQL too takes such a pid file for stale.
 */
export async function holderOf(pid: number, dataDir: string): Promise<Holder> {
  if (!(pid > 0) || signalError(pid) !== undefined) return 'none'
  const real = await realpath(dataDir)
  const isServer =
    process.platform === 'linux'
      ? await isServerByProc(pid, real)
      : await isServerByCommand(pid, real)
  if (isServer === undefined) return 'none'
  return isServer ? 'server' : 'stranger'
}

/** The version in the path of the program that last started on `dataDir`: '18.4'; else the major version alone. */
export async function versionOf(dataDir: string): Promise<string> {
  const options = await readFile(join(dataDir, 'postmaster.opts'), 'utf8').catch(() => '')
  const version = /postgresql-(\d+\.\d+)[^/\\]*[/\\]bin[/\\]postgres/.exec(options)?.[1]
  return version ?? (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim()
}

// `cwd` tells best, but needs CAP_SYS_PTRACE for another user's process, which root in a container lacks.
async function isServerByProc(pid: number, dataDir: string): Promise<boolean | undefined> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined)
  if (name === undefined) return undefined
  if (name.trim() !== 'postgres') return false
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  if (cwd !== undefined) return cwd === dataDir
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes(`\0-D\0${dataDir}\0`)
}

async function isServerByCommand(pid: number, dataDir: string): Promise<boolean | undefined> {
  const windows = process.platform === 'win32'
  const [program, args] = windows
    ? ['tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']]
    : ['ps', ['-ww', '-o', 'command=', '-p', String(pid)]]
  const command = await outputOf(program, args)
  if (command === undefined) return undefined
  // tasklist knows only the program's name.
  return windows ? command.includes('"postgres.exe"') : command.includes(` -D ${dataDir} `)
}

// Loaded here because every command asks for the server, and on Linux none needs it for that.
async function outputOf(program: string, args: string[]): Promise<string | undefined> {
  const {execFile} = await import('node:child_process')
  return await new Promise((resolve) => {
    execFile(program, args, (error, stdout) => resolve(error ? undefined : stdout))
  })
}

function signalError(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
