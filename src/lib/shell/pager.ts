import {type ChildProcess, spawn} from 'node:child_process'
import {isInstalled} from '../postgres/psql-program.js'

type Env = Readonly<Record<string, string | undefined>>

/** What `less` is told where the user tells it nothing: as git does, and not to wrap lines. */
const LESS = 'FRSX'

/** Names of variables that a pager has no use for. */
const SECRETS = /PASS|SECRET|TOKEN|CREDENTIAL|KEY|URL|SERVICE|CONNECTION|^PG|^AWS/i

/** What a pager is given of the environment: nothing that may hold a secret. */
export function pagerEnvironment(env: Env): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !SECRETS.test(entry[0]) && !entry[1].includes('://'),
  )
  return {LESS, ...Object.fromEntries(kept)}
}

/** The command line of the user's pager, as psql finds it; else `less`; undefined for none. */
export function pagerCommand(env: Env): string | undefined {
  const named = env['PSQL_PAGER'] ?? env['PAGER']
  if (named !== undefined) return named.trim() === '' ? undefined : named
  return isInstalled('less', env) ? 'less' : undefined
}

/** A pager that is open. */
export interface Pager {
  /** @returns false when no more can be taken before `drained` */
  write(text: string): boolean
  drained(): Promise<void>
  /** Ends what it is given, and waits until the user has left it. @returns text that it could not show at all */
  end(): Promise<string>
}

/** What is kept of what was written, in case that the pager cannot be run; a pipe takes less than that. */
const KEPT = 256 * 1024

/** A program with its arguments: the shell that starts it need not stay beside it, and a signal reaches it. */
const PLAIN = /^[\w./-]+(?: [\w./=,+-]+)*$/

function isProgram(command: string, env: Env): boolean {
  const [name = ''] = command.split(' ')
  return PLAIN.test(command) && !name.includes('/') && isInstalled(name, env)
}

/** Exit codes of a shell that cannot run a program. */
const NOT_RUN = [126, 127]

/**
 * Opens a pager on the terminal of this process. That the user leaves it before the end is no failure.
 *
 * @param ending ends it
 */
export function openPager(command: string, env: Env, ending?: AbortSignal): Pager {
  const child = spawn(isProgram(command, env) ? `exec ${command}` : command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: pagerEnvironment(env),
    ...(ending ? {signal: ending} : {}),
  })
  const {stdin} = child
  let kept = ''
  let open = true
  const closed = closingOf(child).then((code) => {
    open = false
    return code
  })
  stdin.on('error', () => {
    open = false
  })
  return {
    write(text) {
      if (kept.length < KEPT) kept += text
      return open ? stdin.write(text) : true
    },
    drained: async () => {
      const drained = new Promise<void>((resolve) => {
        stdin.once('drain', resolve)
        stdin.once('error', () => resolve())
      })
      await Promise.race([drained, closed])
    },
    end: async () => {
      stdin.end()
      return NOT_RUN.includes(await closed) ? kept : ''
    },
  }
}

/** The exit code, as of a program that was not found when there is none. */
function closingOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', ({name}) => resolve(name === 'AbortError' ? 0 : 127))
    child.once('close', (code) => resolve(code ?? 0))
  })
}
