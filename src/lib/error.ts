import type {ErrorCode} from './error-codes.js'

/** Exit codes of the contract: 1 failed, 2 usage or configuration, 3 unreachable, 4 refused, 128 + signal interrupted. */
export type ExitCode = 1 | 2 | 3 | 4 | 129 | 130 | 143

/** What an error can carry beside its message; every field is shown to the user and put into JSON. */
export interface ErrorDetails {
  /** The one next thing to do. */
  hint?: string | undefined
  /** PostgreSQL's five-character SQLSTATE. */
  sqlstate?: string | undefined
  /** PostgreSQL's DETAIL line. */
  detail?: string | undefined
  /** SQL file the error lies in, as the user named it; `line` and `column` are 1-based, `column` in code points. */
  file?: string | undefined
  line?: number | undefined
  column?: number | undefined
}

interface CruddurErrorOptions extends ErrorDetails {
  /** 1 unless told: see {@link ExitCode}. */
  exit?: ExitCode
  /** Further lines for a person, shown under the message: a source line with its caret, a list of sessions. */
  excerpt?: string | undefined
  /** Further fields for a script, put beside `code` and `message` in JSON. */
  data?: Record<string, unknown>
  cause?: unknown
}

/**
 * Every failure this tool can name. Thrown anywhere, printed in one place (`cli/report.ts`).
 *
 * @param code stable, upper snake case: part of the contract with scripts
 * @param message what happened, in the user's words; never a secret
 */
export class CruddurError extends Error {
  override readonly name = 'CruddurError'
  readonly exit: ExitCode
  readonly excerpt: string | undefined
  readonly data: Record<string, unknown>
  readonly details: ErrorDetails

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: CruddurErrorOptions = {},
  ) {
    const {exit = 1, excerpt, data = {}, cause, ...details} = options
    super(message, cause === undefined ? undefined : {cause})
    this.exit = exit
    this.excerpt = excerpt
    this.data = data
    this.details = details
  }
}

/** The error with other words: what `changes` names takes the place of what it carries, and the rest stays. */
export function reworded(
  error: CruddurError,
  changes: Pick<CruddurErrorOptions, 'cause' | 'detail' | 'hint' | 'excerpt' | 'data'> & {
    message?: string
  },
): CruddurError {
  const {message = error.message, data, ...words} = changes
  return new CruddurError(error.code, message, {
    ...error.details,
    excerpt: error.excerpt,
    exit: error.exit,
    cause: error,
    ...words,
    data: {...error.data, ...data},
  })
}
