import {homedir} from 'node:os'
import {resolve} from 'node:path'
import {CruddurError} from '../error.js'
import type {ErrorCode} from '../error-codes.js'
import {LINE_FEED} from './bytes.js'
import {type Command, readCommand} from './commands.js'
import {openSqlFile, type SqlFile} from './file.js'
import type {Part, ReadOptions, Session} from './part.js'
import type {Reading} from './read.js'
import type {Stop} from './scanner.js'
import type {Window} from './window.js'

type Backslash = Extract<Stop, {kind: 'backslash'}>
type ReadFile = (file: SqlFile, session: Session, options: ReadOptions) => AsyncGenerator<Part>

/**
 * What a command of psql's in the file comes to; the scanner goes on behind it.
 *
 * @param readFile reads a file that it includes
 */
export async function* commandParts(
  reading: Reading,
  stop: Backslash,
  readFile: ReadFile,
): AsyncGenerator<Part> {
  const {window, scanner, session, options} = reading
  window.drop(stop.at)
  const command = await takeCommand(reading, stop)
  switch (command.kind) {
    case 'echo':
      yield {kind: 'echo', line: command.text}
      return
    case 'include':
      yield* readFile(await includedFile(reading, stop, command), session, options)
      return
    case 'restrict':
      session.restricted = command.key
      return
    case 'unrestrict':
      session.restricted = undefined
      return
    case 'sql':
      yield {kind: 'sql', text: window.text(), at: stop.at - window.base, sql: command.sql}
      if (command.fresh) session.standardStrings = session.initialStandardStrings
      scanner.standardStrings = session.standardStrings
  }
}

async function takeCommand(
  {window, scanner, session, options}: Reading,
  {at, within}: Backslash,
): Promise<Command> {
  let end = lineEnd(window, at)
  while (end === undefined && (await window.more())) end = lineEnd(window, at)
  const line = window.bytes.subarray(at - window.base, end)
  const outcome = readCommand(line, {
    path: window.file.path,
    database: options.database,
    restricted: session.restricted,
    within,
  })
  if ('problem' in outcome) throw window.error({...outcome.problem, at})
  scanner.position = at + outcome.end
  return outcome.command
}

/** A command ends with its line: at an LF whatever the file's lines end with, or at a CR if that is it. */
function lineEnd(window: Window, at: number): number | undefined {
  const {lineEnding} = window.text()
  const ends = [LINE_FEED, lineEnding].map((byte) => window.bytes.indexOf(byte, at - window.base))
  const [first] = ends.filter((end) => end >= 0).sort((a, b) => a - b)
  return first
}

type Include = Extract<Command, {kind: 'include'}>

/** Opened once: what was checked is what runs. */
async function includedFile(
  {window, session, options}: Reading,
  {at}: Backslash,
  {path, from}: Include,
): Promise<SqlFile> {
  const refused = (code: ErrorCode, message: string, hint: string) =>
    window.error({at, code, message, hint})
  if (options.includes === false) {
    const hint = `write the SQL of ${path} in its place`
    throw refused('SQL_UNSUPPORTED', 'a file that is run here may not include others', hint)
  }
  const home = path.replace(/^~(?=\/)/, homedir())
  const absolute = resolve(from === 'file' ? window.file.folder : options.cwd, home)
  const file =
    options.included.get(absolute) ??
    (await openSqlFile(absolute, {...options, pipes: false}).catch((error: unknown) => {
      if (!(error instanceof CruddurError)) throw error
      throw refused(error.code, error.message, error.details.hint ?? '')
    }))
  if (session.within.some(({id}) => id === file.id)) {
    throw refused('SQL_UNSUPPORTED', `${file.path} includes itself`, 'remove one of the includes')
  }
  options.included.set(absolute, file)
  return file
}
