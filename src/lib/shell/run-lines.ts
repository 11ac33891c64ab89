import {CruddurError} from '../error.js'
import {runCommand} from './commands.js'
import {execute} from './execute.js'
import {promptText} from './prompt.js'
import {
  awaited,
  createReader,
  feed,
  type Item,
  nextItem,
  pending,
  type Reader,
  reset,
  takeRest,
} from './reader.js'
import type {Shell} from './shell-state.js'
import type {LineSource} from './source.js'

/** Runs what comes from a file or a pipe, up to the first that fails, or `\q`. What no `;` ends is run too, as by psql. */
export async function runLines(shell: Shell, source: LineSource): Promise<void> {
  const reader = createReader(source.path)
  for (;;) {
    const line = await source.next('')
    if (!(line instanceof Buffer)) break
    feed(reader, line, source.line())
    for (const item of itemsOf(shell, reader)) {
      await runItem(shell, reader, item)
      tellNotifications(shell)
      // A statement can be over before it could be cancelled.
      if (shell.interrupted) throw new CruddurError('INTERRUPTED', 'interrupted', {exit: 130})
      if (shell.leaving) return
    }
  }
  const rest = takeRest(reader)
  if (rest) await execute(shell, rest)
}

/** Runs what a person types, until it is left; what fails is told. */
export async function converse(shell: Shell, source: LineSource): Promise<void> {
  const reader = createReader(source.path)
  let typed: string[] = []
  shell.typed = () => pending(reader)
  while (!shell.leaving) {
    readNames(shell)
    const line = await source.next(promptOf(shell, reader))
    if (line === undefined) return
    if (line === 'interrupt') {
      reset(reader)
      typed = []
      continue
    }
    typed.push(line.toString())
    shell.interrupted = false
    feed(reader, reader.chunks.length === 0 ? asCommand(line) : line)
    for (const item of itemsOf(shell, reader)) {
      // Before it runs, for what it does may end us.
      shell.history.add(typed.join('\n'))
      typed = []
      const stands = await attempt(shell, () => runItem(shell, reader, item))
      tellNotifications(shell)
      if (stands && !shell.interrupted) continue
      // What was typed or pasted behind it was meant to come after it, perhaps in its transaction.
      forget(shell, source, reader, stands)
    }
    if (reader.chunks.length === 0) typed = []
    else if (typed.length === 0) typed = [pending(reader)]
  }
}

function forget(shell: Shell, source: LineSource, reader: Reader, stands: boolean): void {
  const more = pending(reader) !== ''
  reset(reader)
  const ahead = source.forget()
  if (!stands && (more || ahead)) shell.tell('what was typed behind it was not run')
}

/** What psql takes for a command when nothing has been typed of a statement. */
function asCommand(line: Buffer): Buffer {
  const [, word] = /^\s*(exit|quit|help)\s*;?\s*$/i.exec(line.toString('latin1')) ?? []
  if (word === undefined) return line
  return Buffer.from(word.toLowerCase() === 'help' ? '\\?' : '\\q')
}

function* itemsOf(shell: Shell, reader: Reader): Generator<Item> {
  for (;;) {
    reader.scanner.standardStrings = shell.session.standardStrings()
    const item = nextItem(reader)
    if (!item || shell.leaving) return
    yield item
  }
}

async function runItem(shell: Shell, reader: Reader, item: Item): Promise<void> {
  if (item.kind === 'statement') await execute(shell, item)
  else await runCommand(shell, reader, item)
}

/** Tells what fails; a lost connection is made anew, as by psql. @returns whether the session is still the same */
async function attempt(shell: Shell, fn: () => Promise<void>): Promise<boolean> {
  try {
    await fn()
  } catch (error) {
    shell.ending.throwIfAborted()
    await shell.tellError(error)
    if (!(error instanceof CruddurError && error.code === 'CONNECTION_LOST'))
      return shell.session.transaction() !== 'lost'
    await reconnect(shell)
    return false
  }
  return true
}

const NEW_SESSION =
  'connected again, in a new session: settings and temporary tables of the old one are gone'

async function reconnect(shell: Shell): Promise<void> {
  try {
    shell.session.lose()
    await shell.session.client()
    shell.tell(NEW_SESSION)
  } catch (error) {
    shell.ending.throwIfAborted()
    await shell.tellError(error)
  }
}

/** In the background, while nobody waits, and where it is no part of a transaction. */
function readNames(shell: Shell): void {
  if (shell.session.transaction() !== 'none') return
  void shell.session.client().then(
    (client) => shell.catalogue.refresh(client),
    () => {},
  )
}

function promptOf(shell: Shell, reader: Reader): string {
  const {session} = shell
  const state = {target: session.target(), transaction: session.transaction()}
  return promptText({...state, awaited: awaited(reader)}, shell.red)
}

function tellNotifications(shell: Shell): void {
  for (const line of shell.notifications.splice(0)) shell.write(`${line}\n`)
}
