/** User and password of anything that looks like a URL, up to the last `@`: a raw password may hold any character. */
const URL_LOGIN = /\b([a-z][a-z0-9+.-]*:\/\/|postgres(?:ql)?:\/).*@/gis

/** libpq's parameters `password` and `sslpassword`, in a URL or a connection string. */
const PASSWORD_PARAMETER = /\b((?:ssl)?password=)[^\s&'"]*/gi

/** The text with `***` in place of every login in it. */
export function redact(text: string): string {
  return text.replaceAll(URL_LOGIN, '$1***@').replaceAll(PASSWORD_PARAMETER, '$1***')
}

/** A URL of PostgreSQL, to the end of the text: one that is cut off or misspelt has no `@` to go by. */
const DATABASE_URL = /\b(postgres(?:ql)?:\/\/).*$/gis

/** For text that repeats the command line as it was typed: nothing behind `postgres://` is left. */
export function redactTyped(text: string): string {
  return redact(text.replaceAll(DATABASE_URL, '$1***'))
}
