import {statSync} from 'node:fs'
import {chmod} from 'node:fs/promises'
import {join} from 'node:path'
import {readPassword} from '../../target/pgpass.js'
import {readServer} from '../../target/server.js'
import {shellWord} from '../../target/text.js'
import type {Check, Finding} from '../check.js'
import type {OuterFacts} from './facts.js'
import {removalOf, sourceOf} from './url.js'

function modeOf(path: string): number | undefined {
  try {
    const found = statSync(path)
    return found.isFile() ? found.mode : undefined
  } catch {
    return undefined
  }
}

/**
 * Why the file is not used; libpq, too, passes over one that others can read (documentation 32.16).
 *
 * @param correction what is to be done about its name
 */
function unusable(path: string, correction: string): Finding {
  // A folder with such a mode could not be entered any more.
  if (((modeOf(path) ?? 0) & 0o077) === 0) {
    const message = `the password file ${path} cannot be read and is not used`
    return {status: 'warn', message, fix: correction}
  }
  return {
    status: 'warn',
    message: `${path} can be read by others and is not used`,
    fix: `chmod 600 ${shellWord(path)}`,
    cure: () => chmod(path, 0o600),
  }
}

export const passwordCheck: Check<OuterFacts> = {
  name: 'password',
  layer: 'configuration',
  needs: ['url'],
  run: async (facts): Promise<Finding> => {
    const {context, env, target} = facts
    const source = sourceOf(facts)
    if (!target || !source) return {status: 'ok', message: 'no password has to be looked for'}
    if (target.loginToken) return {status: 'ok', message: 'AWS credentials stand for the password'}
    const {settings} = readServer(source, env)
    const {password, warnings} = readPassword(settings, target, context)
    // The file may have been cured since the target was resolved.
    facts.target = {...target, password}
    const path = settings.get('passfile') ?? join(context.homeDir, '.pgpass')
    if (warnings.length > 0) {
      const ofUrl = settings.urlOnly.get('passfile') !== undefined
      const ownVariable = `correct PGPASSFILE, or: ${removalOf(facts, ['PGPASSFILE'])}`
      return unusable(path, ofUrl ? 'correct passfile in the URL' : ownVariable)
    }
    if (settings.get('password') !== undefined) {
      const from = settings.urlOnly.get('password') === undefined ? 'PGPASSWORD' : 'the URL'
      return {status: 'ok', message: `the password is that of ${from}`}
    }
    const message = password ? `the password is that in ${path}` : 'there is no password'
    return {status: 'ok', message}
  },
}
