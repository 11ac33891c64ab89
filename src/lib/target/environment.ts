import {closeSync, constants, openSync, readFileSync, readSync, statSync} from 'node:fs'
import {resolve} from 'node:path'
import {parse} from 'dotenv'
import {CruddurError} from '../error.js'

/** Variables whose unquoted value dotenv ended at a `#`; the value is the place, as `.env:3`. */
export const cutShort: unique symbol = Symbol('cut short by "#"')

/** Values of the file that an empty variable of the process stands before. */
export const behindEmpty: unique symbol = Symbol('behind an empty variable')

/** Every URL that the file calls production's, also one that a later line or the process replaces. */
export const calledProduction: unique symbol = Symbol('called production')

/** The variables a command sees: the process's own, and behind them those of `.env`. */
export type Environment = Readonly<Record<string, string | undefined>> & {
  readonly [cutShort]?: ReadonlyMap<string, string>
  readonly [behindEmpty]?: Readonly<Record<string, string>>
  readonly [calledProduction]?: readonly string[]
}

/** Those with a URL in them, where a `#` is probably a piece of the password. */
const URL_VARIABLES = ['CONNECTION_URL', 'PROD_CONNECTION_URL']

function unreadable(file: string, why: string, cause?: unknown): CruddurError {
  return new CruddurError('CONFIGURATION', `the environment file ${file} ${why}`, {
    exit: 2,
    hint: `correct ${file}, or name another file with --env-file`,
    cause,
  })
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EISDIR') return 'is a folder'
  if (code === 'ETIMEDOUT') return 'is a pipe that nobody writes to'
  return code === 'EACCES' ? 'may not be read by this user' : `cannot be read (${code})`
}

function decodeUtf8(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (cause) {
    throw unreadable(file, 'is not UTF-8 text', cause)
  }
}

const PIPE_MS = 2000
const POLL_MS = 20

/** A secret manager may write `.env` into a pipe each time that it is read; where nobody does, no signal ends a blocking read. */
function readPipe(path: string): Buffer {
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const deadline = Date.now() + PIPE_MS
  const chunks: Buffer[] = []
  try {
    for (;;) {
      const chunk = readSome(pipe)
      if (chunk?.length === 0 && chunks.length > 0) return Buffer.concat(chunks)
      if (chunk && chunk.length > 0) chunks.push(chunk)
      else if (Date.now() > deadline) throw Object.assign(new Error(), {code: 'ETIMEDOUT'})
      else Atomics.wait(clock, 0, 0, POLL_MS)
    }
  } finally {
    closeSync(pipe)
  }
}

/** @returns nothing where a writer has not written yet; no bytes where there is none, or no longer */
function readSome(pipe: number): Buffer | undefined {
  const buffer = Buffer.alloc(65_536)
  try {
    return buffer.subarray(0, readSync(pipe, buffer))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}

/** The text of `--env-file`, or of `.env` where there is one; a folder called `.env` is a Python habit. */
function readEnvFile(cwd: string, envFile: string | undefined): string {
  const file = envFile ?? '.env'
  let bytes: Buffer
  try {
    const path = resolve(cwd, file)
    // Node reads --env-file before us, wherever it stands on the command line, and a pipe is empty by then.
    const isPipe = statSync(path).isFIFO()
    if (isPipe && envFile !== undefined) throw unreadable(file, 'is a pipe')
    bytes = isPipe ? readPipe(path) : readFileSync(path)
  } catch (cause) {
    if (cause instanceof CruddurError) throw cause
    const why = whyUnreadable(cause)
    if (envFile === undefined && (why === 'does not exist' || why === 'is a folder')) return ''
    throw unreadable(file, why, cause)
  }
  return decodeUtf8(bytes, file)
}

/** 1-based line of the assignment that counts: dotenv takes the last. */
function lineOf(variable: string, text: string): number {
  const assignment = new RegExp(`^\\s*(?:export\\s+)?${variable}\\s*[=:]`)
  return text.split(/\r\n?|\n/).findLastIndex((line) => assignment.test(line)) + 1
}

/** The values of all assignments, in lines that dotenv takes for a piece of another one's quotes too. */
function allAssigned(variable: string, text: string): string[] {
  const assignment = new RegExp(`^(?=\\s*(?:export\\s+)?${variable}\\s*[=:])`, 'm')
  return text.split(assignment).flatMap((piece) => parse(piece)[variable] || [])
}

/**
 * dotenv ends an unquoted value at any `#`. Where the value would go on without that rule, the `#`
 * was meant as a character of it: so the text is parsed a second time with such `#` made harmless.
 */
function findCutShort(text: string, values: Record<string, string>): [string, number][] {
  const whole = parse(text.replaceAll(/(?<=[^\s'"`])#/g, '\uFDD0'))
  return URL_VARIABLES.filter(
    (name) => values[name] && values[name] !== whole[name]?.replaceAll('\uFDD0', '#'),
  ).map((name) => [name, lineOf(name, text)])
}

/**
 * The environment of a command: `processEnv`, and behind it the variables of `.env` in `cwd`, or of
 * `envFile`. A variable that is set, be it empty, wins over the file.
 *
 * @throws CruddurError CONFIGURATION, exit 2: `envFile` is missing, or a file cannot be read as UTF-8
 */
export function loadEnvironment(options: {
  cwd: string
  envFile?: string | undefined
  processEnv: NodeJS.ProcessEnv
}): Environment {
  const {cwd, envFile, processEnv} = options
  const text = readEnvFile(cwd, envFile)
  if (text === '') return {...processEnv}
  const values = parse(text)
  const cut = findCutShort(text, values).filter(([name]) => processEnv[name] === undefined)
  const places = cut.map(([name, line]) => [name, `${envFile ?? '.env'}:${line}`] as const)
  const called = allAssigned('PROD_CONNECTION_URL', text)
  const behind = URL_VARIABLES.filter((name) => processEnv[name] === '' && values[name])
  return {
    ...values,
    ...processEnv,
    ...(called.length > 0 ? {[calledProduction]: called} : {}),
    ...(places.length > 0 ? {[cutShort]: new Map(places)} : {}),
    ...(behind.length > 0
      ? {[behindEmpty]: Object.fromEntries(behind.map((name) => [name, values[name] ?? '']))}
      : {}),
  }
}
