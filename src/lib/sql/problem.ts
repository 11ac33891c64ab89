import {CruddurError} from '../error.js'
import type {ErrorCode} from '../error-codes.js'
import {excerptAt} from './excerpt.js'
import {placeAt} from './place-at.js'
import type {Text} from './text.js'

/** Something in a file that keeps it from being run; `at` is an offset into the text it was found in. */
export interface Problem {
  at: number
  code: ErrorCode
  message: string
  hint: string
}

/** A problem as an error (exit 1) with its place in the file and the line it stands in. */
export function problemError({at, code, message, hint}: Problem, text: Text): CruddurError {
  const {line, column} = placeAt(text, at)
  return new CruddurError(code, message, {
    hint,
    file: text.path,
    line,
    column,
    excerpt: excerptAt(text, at),
  })
}
