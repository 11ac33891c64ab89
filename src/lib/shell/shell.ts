import type {ReadStream, WriteStream} from 'node:tty'
import {CruddurError} from '../error.js'
import type {ConnectOptions} from '../postgres/connection/connect.js'
import {readStdin} from '../sql/pipe.js'
import type {Target} from '../target/target.js'
import {openCatalogue} from './catalogue.js'
import {complete} from './complete.js'
import {openHistory} from './history.js'
import {historyPath} from './history-path.js'
import {pagerCommand} from './pager.js'
import {runArgument} from './run-command.js'
import {runFile} from './run-file.js'
import {converse, runLines} from './run-lines.js'
import {openSession, type Session} from './session.js'
import {defaultSettings} from './settings.js'
import {directSheet, openSheet} from './sheet.js'
import type {Shell} from './shell-state.js'
import {onSignals} from './signals.js'
import {streamSource} from './source.js'
import {openTerminalSource} from './terminal.js'
import {watchLink} from './watch-link.js'

export interface ShellOptions {
  stdin: ReadStream
  stdout: WriteStream
  env: Readonly<Record<string, string | undefined>>
  /** What is run in place of the standard input: see `commandArguments`. */
  commands: readonly string[]
  /** How to connect. */
  connection: Omit<ConnectOptions, 'signal'>
  /** Leaves out what is no data. */
  quiet: boolean
  /** Production's name in the prompt. */
  red(text: string): string
  /** A remark. */
  tell(line: string): void
  tellError(error: unknown): Promise<void>
}

/**
 * The built-in shell: runs what is typed, or what `commands` or the standard input hold, on the target's database. Results go to
 * stdout as psql prints them. A person's errors are told; without a person the first one ends it.
 *
 * @throws CruddurError for what a connection said; without a person, for the first statement that fails; INTERRUPTED
 */
export async function openShell(target: Target, options: ShellOptions): Promise<void> {
  const end = new AbortController()
  const held: {shell?: Shell} = {}
  const notifications: string[] = []
  const interrupt = (): void => {
    const {shell} = held
    if (!shell?.interactive) {
      end.abort(new CruddurError('INTERRUPTED', 'interrupted', {exit: 130}))
      return
    }
    shell.interrupted = true
    // Behind the ^C that the terminal shows.
    if (shell.canceller) shell.write('\n')
    shell.canceller?.cancel()
    shell.session.giveUp()
  }
  const release = onSignals(interrupt, end)
  try {
    const session = await openSession(target, {
      ...options.connection,
      signal: end.signal,
      onLink: (link) => watchLink(link, {tell: options.tell, notifications}),
    })
    held.shell = createShell(session, {...options, notifications}, end)
    await useShell(held.shell, options, end)
  } catch (error) {
    end.signal.throwIfAborted()
    throw error
  } finally {
    release()
  }
}

async function useShell(shell: Shell, options: ShellOptions, end: AbortController): Promise<void> {
  try {
    if (shell.interactive) await runTerminal(shell, options, end)
    else await runInput(shell, options.commands)
    if (/^(?:open|failed)$/.test(shell.session.transaction()))
      shell.tell('the open transaction was rolled back')
  } finally {
    await shell.session.close()
  }
}

function createShell(
  session: Session,
  options: ShellOptions & Pick<Shell, 'notifications'>,
  {signal: ending}: AbortController,
): Shell {
  const {commands, env, notifications, quiet, red, stdin, stdout, tell, tellError} = options
  const terminal = stdin.isTTY === true && stdout.isTTY === true
  const pager = terminal ? pagerCommand(env) : undefined
  const interactive = terminal && commands.length === 0
  const path = interactive ? historyPath(session.target(), env, 'shell') : undefined
  const direct = directSheet(stdout)
  const shell: Shell = {
    session,
    settings: defaultSettings(),
    catalogue: openCatalogue(),
    history: openHistory(path, (reason) => tell(`what is typed is not kept: ${reason}`)),
    interactive,
    columns: () => (stdout.isTTY ? stdout.columns : undefined),
    sheet: () => openSheet({direct, size: () => stdout, pager, env, ending}),
    write: (data) => direct.write(data),
    drained: () => direct.drained(),
    tell,
    tellError,
    quiet,
    sources: [],
    canceller: undefined,
    last: undefined,
    red,
    include: (file, folder) => runFile(shell, file, folder),
    ending,
    interrupted: false,
    leaving: false,
    typed: () => '',
    notifications,
  }
  return shell
}

async function runTerminal(
  shell: Shell,
  {stdin, stdout}: ShellOptions,
  end: AbortController,
): Promise<void> {
  const lines = openTerminalSource({
    stdin,
    stdout,
    ending: end.signal,
    entries: () => shell.history.entries(),
    complete: (line, after) => {
      const before = shell.typed()
      return complete({before: before && `${before}\n`, line, after}, shell.catalogue.names())
    },
    onGone: () => end.abort(new CruddurError('INTERRUPTED', 'the terminal is gone', {exit: 129})),
  })
  shell.sources.push({lines, folder: process.cwd()})
  try {
    await converse(shell, lines)
  } finally {
    await lines.close()
  }
}

/** What `-c` names, or else the standard input; of that the rows of a COPY in a `-c` are read, too. */
async function runInput(shell: Shell, commands: readonly string[]): Promise<void> {
  const lines = streamSource('<stdin>', readStdin(shell.ending))
  shell.sources.push({lines, folder: process.cwd()})
  try {
    for (const command of commands) await runArgument(shell, command)
    if (commands.length === 0) await runLines(shell, lines)
  } finally {
    await lines.close()
  }
}
