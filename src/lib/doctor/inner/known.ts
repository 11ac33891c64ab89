import type pg from 'pg'
import type {Target} from '../../target/target.js'
import type {Facts} from '../facts.js'

/** What the checks before have found out: a check that needs it names them in `needs`. */
function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no check has found out ${what}`)
  return value
}

export function targetOf({target}: Facts): Target {
  return known(target, 'the target')
}

export function serverOf({server}: Facts): pg.Client {
  return known(server, 'a session on the server')
}

export function databaseOf({database}: Facts): pg.Client {
  return known(database, 'a session in the database')
}

/** Whether `--fix` may do something there: not in production, nor beside it. */
export function isCurable({production, productionServer}: Target): boolean {
  return !production && !productionServer
}
