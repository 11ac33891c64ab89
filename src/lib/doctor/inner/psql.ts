import {type PsqlVersion, psqlVersion} from '../../postgres/psql-version.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {ok, warn} from '../findings.js'
import {command} from '../words.js'
import {readVersion} from './version.js'

/** @param server the server's major version */
export function judgePsql(found: PsqlVersion | undefined, server: number, facts: Facts): Finding {
  if (!found) return ok('psql is not installed: connect opens its built-in shell instead')
  const {major, text} = found
  if (major >= server) return ok(`psql ${text}`)
  return warn(
    `psql ${text} is older than the server, which is ${server}: \\d and its like may fail`,
    `install the client of PostgreSQL ${server}, or use the built-in shell: ${command(facts, 'connect --builtin')}`,
  )
}

export const psqlCheck: Check<Facts> = {
  name: 'psql',
  layer: 'server',
  needs: ['login'],
  run: async (facts) => {
    const [found, {number}] = await Promise.all([psqlVersion(facts.env), readVersion(facts)])
    return judgePsql(found, Math.floor(number / 10_000), facts)
  },
}
