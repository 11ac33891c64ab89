/**
 * User and password of anything that looks like a URL, to the line's last `@`: oclif repeats a mistyped
 * flag or argument in its errors, and an awkward password may hold blanks and `@`.
 */
const URL_LOGIN = /\b([a-z][a-z0-9+.-]*:\/\/).*@/gi

/** The text with `***` in place of the user and password of every URL in it. */
export function redact(text: string): string {
  return text.replaceAll(URL_LOGIN, '$1***@')
}
