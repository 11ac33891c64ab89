import {CruddurError, type ExitCode, reworded} from '../error.js'
import type {Session} from '../postgres/sessions.js'
import {printable, STEERING} from '../target/text.js'
import {flagHint} from './flag-hint.js'
import {redact, redactTyped} from './redact.js'
import {style} from './style.js'

/** An error as it leaves the program. */
export interface Report {
  exit: ExitCode
  /** For a person, several lines, coloured when stderr is a terminal. */
  text: string
  /** For a script. */
  json: {error: Record<string, unknown> & {code: string; message: string}}
}

interface OclifError extends Error {
  oclif: {exit?: number}
}

/** True for what oclif throws itself: a flag or argument it could not accept, a command it does not know. */
function isOclifError(error: unknown): error is OclifError {
  return error instanceof Error && 'oclif' in error
}

function toCruddurError(error: unknown): CruddurError {
  if (error instanceof CruddurError) return error
  if (isOclifError(error)) {
    const plain = withoutValues(error).replace(/\nSee more help with --help$/, '')
    const message = redactTyped(plain.replace(CLASH, '$1$2').replace(UNFIT, '$1: '))
    const hint = flagHint(error) ?? 'see --help'
    return new CruddurError('USAGE', message, {exit: 2, hint, cause: error})
  }
  if (isGoneFolder(error)) {
    return new CruddurError('FOLDER_GONE', 'the working directory does not exist any more', {
      exit: 2,
      hint: 'change into another one',
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new CruddurError('INTERNAL', `unexpected: ${message}`, {
    hint: 'this is a fault of cruddur-db: report it with the output of DEBUG=cruddur-db:*',
    cause: error,
  })
}

/** `Parsing --port `, and what is wrong with its value in a line of its own behind a tab. */
const UNFIT = /^Parsing (-\S+) \n\t/

/** oclif repeats the value of a flag that clashes with another, and it may be a URL: nothing behind that would be shown. */
const CLASH =
  /^The following error occurred:\s+(--[\w-]+)=.*( cannot also be provided when using --[\w-]+)$/s

/** What follows an unknown flag's `=` may be a password, as in `--master-user-passwd=…`. */
function withoutValues(error: OclifError): string {
  const flags = 'flags' in error && Array.isArray(error.flags) ? error.flags.map(String) : []
  return flags.reduce((text, flag) => text.replace(flag, flag.replace(/=.*/s, '')), error.message)
}

function isGoneFolder(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd'
}

function placeOf({details}: CruddurError): string {
  const {file, line, column} = details
  if (file === undefined) return ''
  return `${[file, line, column].filter((part) => part !== undefined).join(':')}: `
}

/** Message, place and notes of one error, harmless on a terminal: much of it comes from the server or a file. */
function textOf(error: CruddurError): string {
  const {details, excerpt, message} = error
  // A server's lines could look like ours: a hint with a command to be pasted.
  const said = (text: string): string => {
    const lines = safeLines(text)
    return details.sqlstate === undefined ? lines : lines.replaceAll('\n', '\n  | ')
  }
  const lines = [`${style.red.bold('Error:')} ${said(placeOf(error) + redact(message))}`]
  if (excerpt) lines.push(safeLines(excerpt))
  if (details.detail) lines.push(`  ${style.dim('detail:')} ${said(redact(details.detail))}`)
  const routine = routineOf(error)
  if (routine) lines.push(`  ${style.dim('in:')} ${safeLines(redact(routine))}`)
  if (details.hint) lines.push(`  ${style.cyan('→')} ${said(safeHint(error))}`)
  if (details.sqlstate) lines.push(`  ${style.dim(`SQLSTATE ${details.sqlstate}`)}`)
  return lines.join('\n')
}

/** The function an error comes from, and its line there; rows of a COPY and lines of a DO are shown themselves, if they can be. */
function routineOf({data, excerpt}: CruddurError): string | undefined {
  const where = data['where']
  const [innermost] = typeof where === 'string' ? where.split('\n') : []
  if (!innermost || (excerpt && /^COPY |inline_code_block/.test(innermost))) return undefined
  return innermost
}

/** Hints are our own words, and one of them is a URL to be copied; but not where the server has said something. */
function safeHint({details: {hint = '', sqlstate}}: CruddurError): string {
  return sqlstate === undefined ? hint : redact(hint)
}

function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n')
}

/** JSON leaves fields that are undefined out; the others are the contract's. */
function jsonOf(error: CruddurError): Report['json'] {
  const fields = {code: error.code, message: error.message, ...error.details, ...error.data}
  const redacted = (name: string, value: unknown): unknown => {
    if (typeof value !== 'string') return value
    return name === 'hint' ? safeHint(error) : redact(value)
  }
  return JSON.parse(JSON.stringify({error: fields}, redacted)) as Report['json']
}

const SESSION_COLUMNS = ['process_id', 'user', 'app', 'client_addr', 'state'] as const

/** The sessions an error carries, as a table; the library for it is loaded only then. */
async function withSessionTable(error: CruddurError): Promise<CruddurError> {
  const sessions = error.data['sessions'] as Session[] | undefined
  if (!sessions?.length) return error
  const {table} = await import('./table.js')
  const rows = sessions.map((session) => SESSION_COLUMNS.map((column) => session[column]))
  const excerpt = table(SESSION_COLUMNS, rows).replaceAll(/^/gm, '  ')
  return reworded(error, {excerpt})
}

/** JSON.stringify leaves those of Unicode as they are, the one-byte CSI among them; the document's own lines end in one. */
function escapedUnit(character: string): string {
  if (character === '\n') return character
  const units = Array.from({length: character.length}, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** A value as the document that --json puts on stdout; without oclif's colours, which break what is copied. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2).replace(STEERING, escapedUnit)}\n`)
}

/**
 * Shows an error: to a script on stdout, to a person on stderr.
 *
 * @returns the exit code it asks for
 */
export async function printError(error: unknown, options: {json: boolean}): Promise<ExitCode> {
  const {exit, json, text} = await report(error)
  if (options.json) printJson(json)
  else process.stderr.write(`${text}\n`)
  return exit
}

/** The one way from an error, whatever it is, to what the user sees and the exit code. */
export async function report(error: unknown): Promise<Report> {
  const known = toCruddurError(error)
  return {
    exit: known.exit,
    text: textOf(await withSessionTable(known)),
    json: jsonOf(known),
  }
}
