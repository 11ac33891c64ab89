import {CruddurError} from '../error.js'
import {excerptAt} from './excerpt.js'
import {placeAt} from './place-at.js'

/** Something in a file that keeps it from being run; `at` is a byte offset. */
export interface Problem {
  at: number
  code: string
  message: string
  hint: string
}

/** A problem as an error (exit 1) with its place in the file and the line it stands in. */
export function problemError(problem: Problem, file: {path: string; bytes: Buffer}): CruddurError {
  const {line, column} = placeAt(file.bytes, problem.at)
  return new CruddurError(problem.code, problem.message, {
    hint: problem.hint,
    file: file.path,
    line,
    column,
    excerpt: excerptAt(file.bytes, problem.at),
  })
}
