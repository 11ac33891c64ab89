import {CruddurError} from '../../error.js'
import {describeTarget} from '../../target/describe.js'
import type {Source} from '../../target/server.js'
import {resolveTarget, type Target} from '../../target/target.js'
import type {Check} from '../check.js'
import type {OuterFacts} from './facts.js'

/** What names the target, and its text; undefined: nothing does. */
export function sourceOf({env, flags, prod}: OuterFacts): Source | undefined {
  if (flags.url !== undefined) return {label: '--url', text: flags.url}
  const label = prod ? 'PROD_CONNECTION_URL' : 'CONNECTION_URL'
  const text = env[label]
  return text === undefined ? undefined : {label, text}
}

/** Where a variable is to be corrected. */
export function placeOf({flags, processEnv}: OuterFacts, variable: string): string {
  if (variable === '--url') return 'on the command line'
  return processEnv[variable] === undefined
    ? `in ${flags['env-file'] ?? '.env'}`
    : 'in the environment'
}

/** How variables are taken away, each from where it is. */
export function removalOf({flags, processEnv}: OuterFacts, names: readonly string[]): string {
  const own = names.filter((name) => processEnv[name] !== undefined)
  const filed = names.filter((name) => !own.includes(name))
  const parts = [
    filed.length > 0 && `take ${filed.join(' and ')} out of ${flags['env-file'] ?? '.env'}`,
    own.length > 0 && `unset ${own.join(' ')}`,
  ]
  return parts.filter((part) => part !== false).join(', and: ')
}

async function resolve(facts: OuterFacts): Promise<Target | undefined> {
  const {context, env, flags, prod} = facts
  const target = resolveTarget({prod, url: flags.url, command: 'doctor'}, context)
  if (!flags['iam-auth']) return target
  const {withIamAuth} = await import('../../aws/iam-auth.js')
  return withIamAuth(target, env)
}

const PLACES = {local: 'CONNECTION_URL', production: 'PROD_CONNECTION_URL', url: '--url'} as const

export const urlCheck: Check<OuterFacts> = {
  name: 'url',
  layer: 'configuration',
  needs: ['env-file'],
  run: async (facts) => {
    try {
      const target = await resolve(facts)
      if (!target) {
        return {status: 'ok', message: 'nothing names a database: the embedded server is meant'}
      }
      facts.target = target
      const label = target.name === 'embedded' ? '' : PLACES[target.name]
      return {status: 'ok', message: `${label} leads to ${describeTarget(target)}`}
    } catch (error) {
      if (!(error instanceof CruddurError) || error.details.hint !== undefined) throw error
      const {label} = sourceOf(facts) ?? {label: 'the URL'}
      return {
        status: 'fail',
        message: error.message,
        fix: `correct ${label} ${placeOf(facts, label)}`,
      }
    }
  },
}
