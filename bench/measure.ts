import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {CruddurError} from '../src/lib/error.js'

/** A process to start. */
export interface Command {
  file: string
  args: readonly string[]
  cwd: string
  /** Variables beside those of `childEnvironment`. */
  env?: Readonly<Record<string, string>>
}

/** What a process that ended well took. Memory and processor time come from /proc: null where there is none. */
export interface Outcome {
  /** From its start to its end. */
  seconds: number
  /** Processor time, user and system. */
  cpuSeconds: number | null
  /** The most memory it held, in MB of 1 000 000 bytes. */
  peakMb: number | null
}

/** A run that takes longer hangs. */
const LIMIT_MS = 10 * 60 * 1000
const POLL_MS = 20
const TICKS_PER_SECOND = 100
const KEPT_STDERR = 2000

/**
 * Runs a process to its end, its output thrown away.
 *
 * @throws CruddurError BENCH_RUN_FAILED with the end of what it wrote to stderr, unless it ended with exit code 0
 */
export async function measure(command: Command, signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted()
  const started = performance.now()
  const child = start(command)
  const stderr = keepStderr(child)
  const usage = watch(child)
  const end = () => child.kill()
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  signal.addEventListener('abort', end)
  let seconds = Number.NaN
  child.once('exit', () => {
    seconds = (performance.now() - started) / 1000
  })
  try {
    const [code, killedBy] = await once(child, 'close')
    signal.throwIfAborted()
    if (code !== 0) throw failed(command, code ?? killedBy, stderr())
    return {seconds, ...usage()}
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', end)
    usage()
  }
}

/** What children see of the environment: no CA file to load, no PG*, no other target. */
export function childEnvironment(): Record<string, string> {
  const {HOME = '', PATH = ''} = process.env
  return {HOME, PATH}
}

function start({file, args, cwd, env}: Command): ChildProcess {
  const options = {cwd, env: {...childEnvironment(), ...env}}
  return spawn(file, [...args], {...options, stdio: ['ignore', 'ignore', 'pipe']})
}

function keepStderr(child: ChildProcess): () => string {
  let kept = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-KEPT_STDERR)
  })
  return () => kept.trim()
}

/** Reads the process's own account of itself until it ends; the last reading is at most 20 ms old then. */
function watch({pid}: ChildProcess): () => Omit<Outcome, 'seconds'> {
  const usage: Omit<Outcome, 'seconds'> = {cpuSeconds: null, peakMb: null}
  const timer = setInterval(() => {
    try {
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      if (peak === undefined) return
      usage.peakMb = (Number(peak) * 1024) / 1e6
      usage.cpuSeconds = cpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      // Gone between two readings, or a system without /proc.
    }
  }, POLL_MS)
  return () => {
    clearInterval(timer)
    return usage
  }
}

/** utime and stime of proc_pid_stat(5), fields 14 and 15; field 2, the name, may hold blanks. */
function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

function failed({file, args}: Command, end: number | string, stderr: string): CruddurError {
  const program = [file, ...args].find((word) => /(psql|run\.js)$/.test(word)) ?? file
  const how = typeof end === 'number' ? `exit code ${end}` : end
  return new CruddurError('BENCH_RUN_FAILED', `${program} ended with ${how}: ${stderr}`)
}
