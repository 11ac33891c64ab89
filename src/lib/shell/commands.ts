import {homedir} from 'node:os'
import {CruddurError, reworded} from '../error.js'
import {describeHosts} from '../target/hosts.js'
import {describeTarget} from '../target/target.js'
import {printable} from '../target/text.js'
import {describeCommand, isDescribe} from './command-names.js'
import {commandError} from './errors.js'
import {cancellable, execute} from './execute.js'
import {HELP} from './help.js'
import type {Item, Reader} from './reader.js'
import {pending, reset, takeRest, takesWholeLine} from './reader.js'
import {onlyWord, openQuote, refusedCommand, wrongArguments} from './refused.js'
import {setExpanded, setPrinting, setTiming} from './setting-commands.js'
import type {Settings} from './settings.js'
import type {Shell} from './shell-state.js'

type CommandItem = Extract<Item, {kind: 'command'}>

interface Call {
  shell: Shell
  reader: Reader
  /** Without its backslash. */
  name: string
  args: readonly string[]
  /** As it was typed. */
  text: string
}

type Run = (call: Call) => Promise<void> | void

const RUNS = new Map<string, Run>([
  ['?', ({shell}) => show(shell, HELP)],
  ['c', connect],
  ['connect', connect],
  ['conninfo', conninfo],
  ['echo', ({shell, args}) => void shell.write(`${args.map(printable).join(' ')}\n`)],
  ['g', (call) => go(call, {})],
  ['gx', (call) => go(call, {expanded: 'on'})],
  ['h', describe],
  ['help', (call) => describe({...call, text: call.text.replace(/^\\help/, '\\h')})],
  ['i', (call) => include(call, process.cwd())],
  ['include', (call) => include(call, process.cwd())],
  ['ir', (call) => include(call, folderOf(call.shell))],
  ['p', print],
  ['print', print],
  ['pset', ({shell, args}) => setPrinting(shell, args)],
  ['q', leave],
  ['quit', leave],
  ['r', forget],
  ['reset', forget],
  ['timing', ({shell, args}) => setTiming(shell, args)],
  ['x', ({shell, args}) => setExpanded(shell, args)],
])

/**
 * Runs one of the shell's commands.
 *
 * @throws CruddurError USAGE for one that is not known, or not written like that; and what it fails with
 */
export async function runCommand(shell: Shell, reader: Reader, item: CommandItem): Promise<void> {
  const {args, runsProgram, unclosed} = item.line
  // psql takes \dt; for \dt, and people write \q; too.
  const name = item.line.name.replace(/;+$/, '')
  const run = isDescribe(name) ? describe : RUNS.get(name)
  if (!run) throw refusedCommand(name)
  const quoteMatters = !takesWholeLine(name)
  if (quoteMatters && unclosed) throw openQuote(name)
  if (quoteMatters && runsProgram) throw wrongArguments(`\\${name} without a \``)
  await run({shell, reader, name, args, text: item.text})
}

async function show(shell: Shell, text: string): Promise<void> {
  const sheet = shell.sheet()
  sheet.write(text)
  await sheet.end()
}

async function describe({shell, name, args, text: typed}: Call): Promise<void> {
  const {describeObjects} = await import('./describe.js')
  const client = await shell.session.client()
  const options = {
    command: takesWholeLine(name) ? typed.replace(/;+\s*$/, '') : describeCommand(name, args),
    database: shell.session.target().database,
    settings: shell.settings,
    columns: shell.columns(),
    standardStrings: shell.session.standardStrings(),
  }
  const describing = cancellable(shell, client, () => describeObjects(client, options))
  const {text, remarks} = await describing.catch((error: unknown) => {
    throw error instanceof CruddurError ? error : commandError(error, shell.session.target())
  })
  if (text !== '') await show(shell, text)
  remarks.forEach(shell.tell)
}

async function connect({shell, args}: Call): Promise<void> {
  const word = onlyWord(args, '\\c [DATABASE]')
  if (word !== undefined && /:\/\/|=/.test(word))
    throw wrongArguments('\\c [DATABASE], of this server')
  const database = word === '-' ? undefined : word && databaseName(word)
  const before = await shell.session.moveTo(database).catch((error: unknown) => {
    throw notThere(error)
  })
  if (before === 'open' || before === 'failed') shell.tell('the open transaction was rolled back')
  shell.catalogue.outdate()
  const target = shell.session.target()
  if (!shell.quiet) shell.tell(`connected to ${describeTarget(target)}`)
}

/** The way on from an absent database is another one: `create` would make the target's. */
function notThere(error: unknown): unknown {
  const absent = error instanceof CruddurError && error.code === 'DATABASE_NOT_FOUND'
  return absent ? reworded(error, {hint: '\\l lists the databases'}) : error
}

/** psql keeps an argument's double quotes, which a name may be written in. */
function databaseName(word: string): string {
  const [, quoted] = /^"(.*)"$/s.exec(word) ?? []
  return quoted?.replaceAll('""', '"') ?? word
}

async function conninfo({shell}: Call): Promise<void> {
  const {user, hosts, database} = shell.session.target()
  const client = await shell.session.client()
  const encrypted = 'encrypted' in client.connection.stream
  const where = `database "${database}" as user "${user}" at ${describeHosts(hosts)}`
  shell.write(printable(`connected to ${where}, ${encrypted ? 'with TLS' : 'without TLS'}`))
  shell.write('\n')
}

/** What is typed, else the statement before it. */
async function go({shell, reader, args}: Call, changed: Partial<Settings>): Promise<void> {
  if (args.length > 0) throw wrongArguments('\\g and \\gx alone')
  const typed = takeRest(reader) ?? shell.last
  if (typed) await execute(shell, typed, changed)
}

function folderOf({sources}: Shell): string {
  return sources.at(-1)?.folder ?? process.cwd()
}

async function include({shell, args}: Call, folder: string): Promise<void> {
  const path = onlyWord(args, '\\i FILE')
  if (path === undefined) throw wrongArguments('\\i FILE')
  await shell.include(
    path.replace(/^~(?=\/)/, () => homedir()),
    folder,
  )
}

function print({shell, reader}: Call): void {
  const text = pending(reader)
  const lines = (text === '' ? 'nothing is typed' : text).split('\n')
  shell.write(`${lines.map(printable).join('\n')}\n`)
}

function leave({shell}: Call): void {
  shell.leaving = true
}

function forget({shell, reader}: Call): void {
  reset(reader)
  if (!shell.quiet) shell.tell('forgotten')
}
