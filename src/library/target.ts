import {homedir, userInfo} from 'node:os'
import {CruddurError} from '../lib/error.js'
import {readTarget} from '../lib/target/read.js'
import type {Target} from '../lib/target/target.js'

function osUser(): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] ?? ''
  }
}

/**
 * The database that a URL names, by the rules of the command line: libpq's, and verified TLS with Amazon's authorities on RDS.
 *
 * @param url CONNECTION_URL unless given
 * @throws CruddurError CONFIGURATION (exit 2), with every problem at once and no password
 */
export function databaseOf(url: string | undefined): Target {
  const label = url === undefined ? 'CONNECTION_URL' : 'connectionString'
  const text = url ?? process.env['CONNECTION_URL'] ?? ''
  if (text === '') throw configuration([`${label} is ${url === undefined ? 'not set' : 'empty'}`])
  const context = {env: process.env, homeDir: homedir(), osUser: osUser()}
  const {problems, reading} = readTarget({label, text}, 'library', context)
  if (!reading) throw configuration(problems)
  return {...reading, name: 'url', production: false, productionServer: false}
}

function configuration(problems: readonly string[]): CruddurError {
  return new CruddurError('CONFIGURATION', [...new Set(problems)].join('\n'), {
    exit: 2,
    hint: 'give the URL of a database: postgres://user:password@host:5432/database',
    data: {problems: [...problems]},
  })
}
