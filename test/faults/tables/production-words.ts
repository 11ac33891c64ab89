import type {Fault} from '../fault.js'

/** Production is the scene's database. */
export const PROD = {PROD_CONNECTION_URL: '{url}'}

export const unconfirmed = (act: string): string => `⋮
Error: this would ${act} in production, and nobody confirmed it
  → if you mean it, add: --confirm {database}
`
export const DROP = unconfirmed('drop the database')

/** What is seen where nobody agreed to touch production. */
export const refused = (stderr: string) =>
  ({exit: 4, code: 'NOT_CONFIRMED', target: 'PRODUCTION', stderr}) as const

/** Of files that must not be run. */
export const DESTRUCTIVE_FILE = {'s.sql': 'DELETE FROM people;\n'}

/** What is seen where a URL or a variable is at fault: no target can be named. */
export const misconfigured = (stderr: string): Fault['sees'] => ({
  exit: 2,
  code: 'CONFIGURATION',
  target: undefined,
  stderr,
})
