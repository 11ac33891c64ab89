import {shellWord} from '../target/text.js'
import {type CommandLine, readCommandLine} from './command-line.js'
import type {Problem} from './problem.js'
import {NOTICE_DEATH} from './settings.js'

/** What one of psql's own commands in a file comes to. */
export type Command =
  /** Settings of psql's output and the like. */
  | {kind: 'nothing'}
  | {kind: 'echo'; text: string}
  /** `\i` takes the path from the working directory, `\ir` from the file's own folder. */
  | {kind: 'include'; path: string; from: 'working directory' | 'file'}
  /** To be sent to the server, alone; `fresh`: all settings of the session are at their defaults behind it. */
  | {kind: 'sql'; sql: string; fresh: boolean}
  /** From here on only `\unrestrict` with the same key is a command (CVE-2025-8714). */
  | {kind: 'restrict'; key: string}
  | {kind: 'unrestrict'}

export interface CommandContext {
  path: string
  /** The database that the file is meant for. */
  database: string
  /** The key of a `\restrict` that is in force. */
  restricted: string | undefined
  /** It stands in the middle of a statement. */
  within: boolean
}

type Refusal = Pick<Problem, 'message' | 'hint'>
type Rule = (line: CommandLine, context: CommandContext) => Command | Refusal

const NOTHING: Command = {kind: 'nothing'}

/** Variables of psql that change what it prints, or say what is done here anyway. */
const HARMLESS_VARIABLES = new Set(['ON_ERROR_STOP', 'ECHO', 'QUIET', 'SHOW_CONTEXT', 'VERBOSITY'])

const RULES = new Map<string, Rule>([
  ['c', connect],
  ['connect', connect],
  ['echo', echo],
  ['qecho', echo],
  ['warn', echo],
  ['encoding', encoding],
  ['i', (line) => include(line, 'working directory')],
  ['include', (line) => include(line, 'working directory')],
  ['ir', (line) => include(line, 'file')],
  ['include_relative', (line) => include(line, 'file')],
  ['pset', () => NOTHING],
  ['restrict', restrict],
  ['set', set],
  ['timing', () => NOTHING],
  ['unrestrict', unrestrict],
])

/**
 * Reads a command of psql's at the beginning of `line`.
 *
 * @returns the command, and the index behind it; or why it is refused
 */
export function readCommand(
  line: Buffer,
  context: CommandContext,
): {command: Command; end: number} | {problem: Omit<Problem, 'at'>} {
  const parsed = readCommandLine(line)
  const outcome = ruleFor(parsed, context)(parsed, context)
  if ('kind' in outcome) return {command: outcome, end: parsed.end}
  return {problem: {code: 'SQL_UNSUPPORTED', ...outcome}}
}

function ruleFor(line: CommandLine, context: CommandContext): Rule {
  const rule = RULES.get(line.name) ?? unknown
  if (context.restricted !== undefined && rule !== unrestrict) return restricted
  if (rule === unknown) return rule
  if (line.runsProgram) return program
  if (line.unclosed) return unclosed
  if (line.args.length > (MOST_ARGS.get(line.name) ?? Infinity)) return superfluous
  return context.within ? amidst : rule
}

/** What stands behind these psql leaves out with a warning: SQL in the same line would not be run. */
const MOST_ARGS = new Map(
  Object.entries({
    encoding: 1,
    i: 1,
    include: 1,
    include_relative: 1,
    ir: 1,
    pset: 2,
    restrict: 1,
    set: 2,
    timing: 1,
    unrestrict: 1,
  }),
)

function superfluous({name, args}: CommandLine): Refusal {
  const extra = args[MOST_ARGS.get(name) ?? 0] ?? ''
  return {
    message: `\\${name} does not take what stands behind it: ${extra}`,
    hint: 'put SQL into a line of its own, or behind \\\\; remove the rest',
  }
}

/** Commands that reach beyond the database: programs and files of this machine. */
const REACHING = /^(!|copy|cd|o|out|s|w|write|setenv|getenv|gexec|g|gx)$/

function unknown({name}: CommandLine, {path}: CommandContext): Refusal {
  const [word = ''] = /^(?:[a-z_]+\+?|\S)?/iu.exec(name) ?? []
  return {
    message: `\\${word} is a command of psql, not SQL`,
    hint: REACHING.test(word)
      ? 'remove it: in psql it can run programs or write files on this machine'
      : loadWithPsql(path),
  }
}

/** The cure for what psql can load and we cannot. */
export function loadWithPsql(path: string): string {
  return `load it with psql: cruddur-db connect -- -1 -v ON_ERROR_STOP=1 -f ${shellWord(path)}`
}

function restricted({name}: CommandLine): Refusal {
  return {
    message: `\\${name} stands between \\restrict and \\unrestrict, where psql allows no command`,
    hint: 'the file was changed after pg_dump wrote it: look at this line before you run it',
  }
}

function amidst({name}: CommandLine): Refusal {
  return {
    message: `\\${name} stands in the middle of a statement`,
    hint: 'end the statement with ; first, or move the command behind it',
  }
}

function program({name}: CommandLine): Refusal {
  return {
    message: `\\${name} would run the program in backticks on this machine`,
    hint: 'write its output in its place',
  }
}

function unclosed({name}: CommandLine): Refusal {
  return {message: `\\${name} has a quote that its line does not close`, hint: 'close it'}
}

function echo({args, bare: [first]}: CommandLine): Command {
  const words = first === '-n' && args[0] === first ? args.slice(1) : args
  return {kind: 'echo', text: words.join(' ')}
}

function encoding({args: [name]}: CommandLine): Command {
  if (name === undefined) return NOTHING
  return {kind: 'sql', sql: `SET client_encoding TO '${name.replaceAll("'", "''")}'`, fresh: false}
}

/** The first argument; psql leaves out semicolons at its end that are not in quotes. */
function firstOf({args: [first], bare: [bare = '']}: CommandLine): string | undefined {
  const semicolons = /;*$/.exec(bare)?.[0].length ?? 0
  return first?.slice(0, first.length - semicolons)
}

function include(line: CommandLine, from: 'working directory' | 'file'): Command | Refusal {
  const {name} = line
  const path = firstOf(line)
  if (!path) return {message: `\\${name} names no file`, hint: `write \\${name} FILE`}
  return {kind: 'include', path, from}
}

function set({args: [variable]}: CommandLine, {path}: CommandContext): Command | Refusal {
  if (variable !== undefined && HARMLESS_VARIABLES.has(variable)) return NOTHING
  return {
    message: '\\set defines a variable of psql, which only psql fills in',
    hint: loadWithPsql(path),
  }
}

function restrict(line: CommandLine): Command | Refusal {
  const key = firstOf(line)
  if (key) return {kind: 'restrict', key}
  return {message: '\\restrict has no key', hint: 'write \\restrict KEY, as pg_dump does'}
}

function unrestrict(line: CommandLine, context: CommandContext): Command | Refusal {
  if (context.restricted !== undefined && firstOf(line) === context.restricted)
    return {kind: 'unrestrict'}
  return context.restricted === undefined
    ? {message: '\\unrestrict stands behind no \\restrict', hint: 'remove the line'}
    : {
        message: '\\unrestrict does not have the key of its \\restrict',
        hint: 'the file was changed after pg_dump wrote it: look at it before you run it',
      }
}

/** `dbname=NAME` in pg_dump's own words, for a name that is no plain one. */
const CONNINFO = /^dbname='((?:[^'\\]|\\.)*)'$/su

/** What a new connection would have lost: DISCARD ALL, as its reference page spells it out, but in a transaction; and what ours set. */
const FRESH_SESSION = [
  'SET SESSION AUTHORIZATION DEFAULT',
  'RESET ALL',
  'DEALLOCATE ALL',
  'CLOSE ALL',
  'UNLISTEN *',
  'SELECT pg_advisory_unlock_all()',
  'DISCARD PLANS',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
  NOTICE_DEATH,
].join('; ')

/** psql connects anew, and loses the transaction; here the session is cleared and the transaction stays. */
function connect({name, args}: CommandLine, {database}: CommandContext): Command | Refusal {
  const [first = '-', ...rest] = args.filter((arg) => arg !== '-reuse-previous=on')
  const given = first.replace(/;+$/, '').replace(/^"(.*)"$/s, '$1')
  const named = CONNINFO.exec(given)?.[1]?.replaceAll(/\\(.)/gsu, '$1') ?? given
  const same = (named === '-' || named === database) && rest.every((arg) => arg === '-')
  if (same) return {kind: 'sql', sql: FRESH_SESSION, fresh: true}
  return {
    message: `\\${name} goes to another database than the target, or to another user or server`,
    hint: 'remove the line, or cut the file there and load each part into its own --url',
  }
}
