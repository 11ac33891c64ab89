import {tokensOf} from '../sql/tokens.js'

/** User and password in a URL, as for dblink and subscriptions. */
const URL_LOGIN = /\w:\/\/[^\s/'"]*:[^\s'"]*@/

/** A parameter, a column, an option or a key of that name with a value. */
const NAMED = /passw(?:or)?d\w*["']*\s*(?:[=:]|to\b|\s(?:'|\$|[eu]&?'))/i

/** pgcrypto's functions whose arguments are secrets. */
const PGCRYPTO =
  /\b(?:crypt|hmac|digest|pgp_sym_\w+|pgp_pub_decrypt\w*|encrypt\w*|decrypt\w*)\s*\(/i

const ROLES = new Set(['role', 'user', 'group'])

/** A statement that writes, or calls something, with a literal in it: `INSERT INTO users (password) VALUES ('…')`. */
const GIVES = /\b(?:insert|values|execute|format|set_config|dblink\w*|create_aws_credentials)\b/i
const MENTIONS = /passw(?:or)?d|secret|credential/i

/** Whether a statement holds a password, or may hold one: it must not be kept. */
export function holdsSecret(statement: string): boolean {
  if (URL_LOGIN.test(statement) || NAMED.test(statement) || PGCRYPTO.test(statement)) return true
  if (GIVES.test(statement) && MENTIONS.test(statement) && /['$]/.test(statement)) return true
  const bytes = Buffer.from(statement)
  const words = tokensOf(bytes, {start: 0, end: bytes.length}).map(({text}) => text)
  return words.some((word, at) => {
    const next = words[at + 1] ?? ''
    // Also half of a statement, and with a comment between the two words.
    if (word === 'password') return /^['$]$/.test(next) || words.some((each) => ROLES.has(each))
    return false
  })
}
