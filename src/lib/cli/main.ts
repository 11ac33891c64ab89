import {setTimeout as sleep} from 'node:timers/promises'
import {Errors, type Interfaces, run, settings} from '@oclif/core'
import {CruddurError} from '../error.js'
import {commandLine} from './command-line.js'
import {createLogger} from './logger.js'
import {printError} from './report.js'

/**
 * Runs the program: the one place where an error that no command has dealt with is reported, where a
 * stream that nobody reads any more is met, and where the process ends with a code.
 *
 * @param root the package's folder
 * @param plugins run these instead of what was built
 */
export async function main(
  root: string,
  {plugins}: {plugins?: Interfaces.Options['plugins']} = {},
): Promise<void> {
  watchStreams()
  if (process.env['DEBUG']) (await import('./tracing.js')).showTraces()
  process.argv = commandLine(process.argv).map(withoutPassword)
  // Where NODE_ENV=development is set, oclif would look for TypeScript and its compiler.
  settings.enableAutoTranspile = false
  try {
    await run(process.argv.slice(2), {logger: createLogger(), plugins, root, userPlugins: false})
    // Ending by itself, Node takes milliseconds to clear its memory away, in which a signal would end what is done.
    process.once('beforeExit', () => process.exit())
    await endUnread()
  } catch (error) {
    await end(await exitCodeOf(error))
  }
}

const PASSWORD_FLAG = '--master-user-password'

/** A password on the command line is refused; until then oclif's debugging would show it. */
function withoutPassword(word: string, index: number, words: string[]): string {
  if (word.startsWith(`${PASSWORD_FLAG}=`)) return `${PASSWORD_FLAG}=***`
  return words[index - 1] === PASSWORD_FLAG ? '***' : word
}

/** Commands have reported their errors and throw an exit code; oclif's own help and plugins have not. */
async function exitCodeOf(error: unknown): Promise<number> {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 1
  return printError(error, {json: process.argv.includes('--json')})
}

const HANGUP_EXIT = 129
const SIGNALS = new Map([
  [HANGUP_EXIT, 'SIGHUP'],
  [130, 'SIGINT'],
  [143, 'SIGTERM'],
])

async function end(code: number): Promise<void> {
  const signal = SIGNALS.get(code)
  // Node 20 aborts with a native stack trace when it exits normally on a terminal that is gone.
  if (code === HANGUP_EXIT) return endBy(signal)
  if (signal !== undefined && isLookingUp()) return endBy(signal)
  await readBy(process.stderr)
  if (await isStuck()) return endBy(signal)
  process.exit(code)
}

/** Node would wait for ever for the reader of remarks; the one of the result it may. */
async function endUnread(): Promise<void> {
  if (process.stderr.writableLength > 0 && !(await readBy(process.stderr)))
    process.stdout.write('', () => process.exit())
}

const UNREAD_MS = 5000

/** Waits until all of it is read, since what is not would be lost; not for a reader that does not read. */
async function readBy(
  stream: Partial<Pick<NodeJS.WriteStream, 'writableLength'>>,
): Promise<boolean> {
  const left = () => stream.writableLength ?? 0
  let [least, since] = [left(), Date.now()]
  while (left() > 0 && Date.now() - since < UNREAD_MS) {
    await sleep(10)
    if (left() < least) [least, since] = [left(), Date.now()]
  }
  return left() === 0
}

/** Ends by a signal, as whoever sent it expects (a shell shows 128 + its number), without what Node waits for at an exit. */
function endBy(signal = 'SIGKILL'): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

/** Whether a name is still being looked up, which takes up to half a minute where name servers are dead, and Node waits for. */
function isLookingUp(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')
}

const STUCK_MS = 1000

/**
 * Whether a file is still being opened or read. Node waits for that before it exits, for ever where it is a pipe nobody
 * writes to, or on a disk that is gone. Node 26 does not tell of reads by promise.
 */
async function isStuck(): Promise<boolean> {
  const isReading = () =>
    process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'))
  const deadline = Date.now() + STUCK_MS
  while (isReading() && Date.now() < deadline) await sleep(20)
  return isReading()
}

/**
 * A reader that has gone (`| head`, a closed terminal) must not end a command half way; a result that
 * cannot be written is a failure.
 */
function watchStreams(): void {
  process.stderr.on('error', () => {})
  // @oclif/core throws what is no EPIPE from its own listener, which ends the process with a stack trace.
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') return
    const failure = new CruddurError(
      'OUTPUT_FAILED',
      `stdout cannot be written: ${error.message}`,
      {
        hint: 'what was done is done; free some space or write elsewhere',
      },
    )
    void printError(failure, {json: false}).then(end)
  })
}
