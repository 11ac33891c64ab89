import {createReadStream} from 'node:fs'
import {isAbsolute, relative, resolve, sep} from 'node:path'
import {CruddurError} from '../error.js'
import {encodingProblem} from './encoding.js'
import {problemError} from './problem.js'
import {loadWithPsql} from './refusals.js'
import type {Statement} from './scanner.js'
import {splitStatements} from './split.js'

export type {Statement} from './scanner.js'

/** An SQL file that was read and cut into statements; nothing in it has run. */
export interface SqlFile {
  /** As shown to the user: relative to the working directory when below it, else absolute. */
  path: string
  bytes: Buffer
  statements: readonly Statement[]
}

/** A file is held in memory, up to this many bytes. */
const LIMIT = 256 * 1024 * 1024

/**
 * Reads an SQL file whole, checks that it can be run, and cuts it into statements.
 *
 * @param path from `cwd`, or absolute
 * @throws CruddurError FILE_NOT_FOUND, FILE_UNREADABLE (exit 2); FILE_TOO_LARGE; and with their place
 *   in the file SQL_ENCODING (not UTF-8, NUL), SQL_UNTERMINATED (the place that opened the quote,
 *   comment, dollar quote or parenthesis) and SQL_UNSUPPORTED (psql's commands, COPY … FROM stdin)
 */
export async function readSqlFile(path: string, options: {cwd: string}): Promise<SqlFile> {
  const absolute = resolve(options.cwd, path)
  const shown = shownPath(absolute, options.cwd)
  const bytes = await readBytes(absolute, shown, options.cwd)
  const {statements, problem: other} = splitStatements(bytes, shown)
  const problems = [encodingProblem(bytes), other].filter((problem) => problem !== undefined)
  const [problem] = problems.sort((a, b) => a.at - b.at)
  if (problem) throw problemError(problem, {path: shown, bytes})
  return {path: shown, bytes, statements}
}

function shownPath(absolute: string, cwd: string): string {
  const below = relative(cwd, absolute)
  const outside =
    below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)
  return outside ? absolute : below
}

/** By stream, so that a pipe (`--seed-file <(generate)`) is read too and nothing beyond the limit is. */
async function readBytes(absolute: string, shown: string, cwd: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of createReadStream(absolute, {highWaterMark: 1024 * 1024})) {
      chunks.push(chunk)
      length += chunk.length
      if (length > LIMIT) throw tooLarge(shown)
    }
  } catch (error) {
    throw error instanceof CruddurError ? error : fileError(error, shown, cwd)
  }
  return Buffer.concat(chunks, length)
}

function tooLarge(shown: string): CruddurError {
  return new CruddurError('FILE_TOO_LARGE', `${shown} is larger than 256 MB`, {
    hint: loadWithPsql(shown),
    data: {file: shown},
  })
}

function fileError(error: unknown, shown: string, cwd: string): CruddurError {
  const {code, message} = error as NodeJS.ErrnoException
  const fail = (name: string, text: string, hint: string) =>
    new CruddurError(name, text, {exit: 2, hint, data: {file: shown}, cause: error})
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return fail(
        'FILE_NOT_FOUND',
        `there is no file ${shown}`,
        `check the path, taken from ${cwd}`,
      )
    case 'EISDIR':
      return fail('FILE_UNREADABLE', `${shown} is a folder`, 'name the SQL file in it')
    case 'EACCES':
    case 'EPERM':
      return fail('FILE_UNREADABLE', `${shown} may not be read by this user`, `chmod +r ${shown}`)
    default:
      return fail('FILE_UNREADABLE', `${shown} cannot be read: ${message}`, 'check the file')
  }
}
