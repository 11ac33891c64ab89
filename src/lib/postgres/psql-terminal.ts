import {accessSync, constants, readdirSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import type {Environment} from '../target/environment.js'
import type {Target} from '../target/target.js'

/** How psql is opened for a person. */
export interface PsqlTerminal {
  args: string[]
  env: Record<string, string>
}

/** psql's options without an argument, which may stand together before one that has it (`-Atc`). */
const PLAIN = 'aAbeEHlnqsStVwWxXz01?'

/** psql's words for running something else than what a person types (PostgreSQL documentation, psql). */
const NOT_TYPED = new RegExp(`^-[${PLAIN}]*[cflV?]|^--(?:command|file|list|help|version)(?:=|$)`)
/** Those that leave `~/.psqlrc` out. */
const NO_FILE = new RegExp(`^-[${PLAIN}]*X|^--no-psqlrc$`)

/** Whether psql, given these, takes what a person types; whether there is one is another question. */
export function takesTyping(args: readonly string[]): boolean {
  return !args.some((arg) => NOT_TYPED.test(arg))
}

interface PromptOptions {
  color: boolean
  /** psql's own arguments, as the user gave them. */
  args: readonly string[]
  env: Environment
  /** For a file, which psql reads when it starts. */
  folder: string
  /** Where what is typed is kept; undefined: where psql has it. */
  history: string | undefined
}

/** The target's name as psql prints it: colours do not count for the width. */
function nameOf({name, production}: Target, color: boolean): string {
  if (!production) return `${name} `
  return color ? '%[%033[1;31m%]PRODUCTION%[%033[0m%] ' : 'PRODUCTION '
}

const PROMPT = '%/%R%x> '

/**
 * Has psql's prompt name the target, `local cruddur=> `, and keeps what is typed apart for each.
 *
 * A user's `~/.psqlrc` comes after arguments (observed on 15.18), so what it sets wins, and HISTFILE wins against
 * PSQL_HISTORY. In production the name is put before the prompt that it, or the system's psqlrc, sets all the same.
 */
export function psqlTerminal(target: Target, options: PromptOptions): PsqlTerminal {
  const {args, color, env, folder, history} = options
  const name = nameOf(target, color)
  const kept = history && !env['PSQL_HISTORY'] ? {PSQL_HISTORY: history} : {}
  const own =
    target.production && !args.some((arg) => NO_FILE.test(arg)) ? startFile(env) : undefined
  if (own === undefined) return {args: promptArguments(name + PROMPT), env: kept}
  const start = join(folder, 'psqlrc')
  const prompts = ['PROMPT1', 'PROMPT2'].map((each) => `\\set ${each} ${quoted(name)} :${each}\n`)
  const write = (suffix: string, lines: string): void =>
    writeFileSync(`${start}${suffix}`, lines + prompts.join(''), {mode: 0o600})
  write('', '')
  for (const suffix of suffixesOf(own)) write(suffix, `\\i ${quoted(`${own}${suffix}`)}\n`)
  return {args: promptArguments(PROMPT), env: {...kept, PSQLRC: start}}
}

function promptArguments(prompt: string): string[] {
  return ['-v', `PROMPT1=${prompt}`, '-v', `PROMPT2=${prompt}`]
}

/**
 * The file that the user's psql starts with, whether it is there or not.
 *
 * @returns undefined for one below another user's home, which only psql can find
 */
function startFile({HOME, PSQLRC}: Environment): string | undefined {
  const home = HOME || homedir()
  if (!PSQLRC) return join(home, '.psqlrc')
  const path = PSQLRC.replace(/^~(?=\/|$)/, () => home)
  return path.startsWith('~') ? undefined : path
}

/**
 * What stands behind that file's name where it can be read: nothing, or the version of a psql. Of them psql takes the one that
 * fits it best (`~/.psqlrc-15.18`, `~/.psqlrc-15`, `~/.psqlrc`), so each is given one of ours.
 */
function suffixesOf(path: string): string[] {
  const [folder, name] = [dirname(path), basename(path)]
  const suffixes = entriesOf(folder)
    .filter((entry) => entry === name || entry.startsWith(`${name}-`))
    .map((entry) => entry.slice(name.length))
  return suffixes.filter((suffix) => isReadable(`${path}${suffix}`))
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** As an argument of psql's own commands. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
