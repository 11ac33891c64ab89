/** The fields node-postgres gives an error that came from the server; its class is called `error`. */
export interface ServerError extends Error {
  code: string
  severity: string
  detail?: string | undefined
  hint?: string | undefined
  constraint?: string | undefined
  /** From 1, in code points of the text that was sent. */
  position?: string | undefined
  /** The same in `internalQuery`, which a function or DO body ran. */
  internalPosition?: string | undefined
  internalQuery?: string | undefined
  where?: string | undefined
}

/** True for an error the server reported; `EPIPE` looks like a SQLSTATE, but has no severity. */
export function isServerError(error: unknown): error is ServerError {
  if (!(error instanceof Error)) return false
  const {code, severity} = error as Partial<ServerError>
  return /^[0-9A-Z]{5}$/.test(code ?? '') && typeof severity === 'string'
}

/**
 * True when the connection is gone, or about to: shutdown, crash, a session that was ended (57P01 and
 * on), or whatever else the server ends it with. Class 08 alone does not tell: a file's own SQL may
 * fail to reach another server (dblink, a foreign table).
 */
export function isConnectionError(error: unknown): boolean {
  if (!isServerError(error)) return true
  return /^57P0\d$/.test(error.code) || /^(FATAL|PANIC)$/.test(error.severity)
}
