import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {CruddurError} from '../src/lib/error.js'
import {type Usage, watchUsage} from './usage.js'

/** A process to start. */
export interface Command {
  file: string
  args: readonly string[]
  cwd: string
  /** Variables beside those of `childEnvironment`. */
  env?: Readonly<Record<string, string>>
}

/** What a process that ended well took. */
export interface Outcome extends Usage {
  /** From its start to its end. */
  seconds: number
}

/** A run that takes longer hangs. */
const LIMIT_MS = 10 * 60 * 1000
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
  const usage = watchUsage(child.pid)
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

function failed({file, args}: Command, end: number | string, stderr: string): CruddurError {
  const program = [file, ...args].find((word) => /(psql|\.sh|run\.js)$/.test(word)) ?? file
  const how = typeof end === 'number' ? `exit code ${end}` : end
  return new CruddurError('BENCH_RUN_FAILED', `${program} ended with ${how}: ${stderr}`)
}
