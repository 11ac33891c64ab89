import {parse} from 'dotenv'
import {describeHosts} from '../../target/hosts.js'
import {parameterNames, parameters} from '../../target/parameters.js'
import {readServer} from '../../target/server.js'
import {resolveTarget, type Target} from '../../target/target.js'
import type {Check, Finding} from '../check.js'
import {envFileText} from './env-file.js'
import type {OuterFacts} from './facts.js'
import {removalOf} from './url.js'

const URLS = ['CONNECTION_URL', 'PROD_CONNECTION_URL']

/** `localhost:5432/cruddur`: of a URL's parts those that are no secret, as far as they can be read. */
function placeOf(variable: string, text: string): string {
  const {hosts, database, problems} = readServer({label: variable, text}, {})
  if (!hosts || database === undefined || problems.length > 0) return 'a value that is no URL'
  return `${describeHosts(hosts)}/${database}`
}

const hidden: Check<OuterFacts> = {
  name: 'hidden-values',
  layer: 'configuration',
  needs: ['env-file'],
  run: async (facts) => {
    const {flags, processEnv} = facts
    const file = flags['env-file'] ?? '.env'
    const values = parse(envFileText(facts) ?? '')
    const name = URLS.find((url) => {
      const [own, other] = [processEnv[url], values[url]]
      return own !== undefined && other !== undefined && own !== other
    })
    if (name === undefined) {
      return {status: 'ok', message: 'no variable of the environment hides a URL in the file'}
    }
    const [own = '', other = ''] = [processEnv[name], values[name]]
    const [ours, theirs] = [own === '' ? 'nothing' : placeOf(name, own), placeOf(name, other)]
    const same = ours === theirs ? `${ours}, with another login or other settings` : theirs
    return {
      status: 'warn',
      message: `${name} is set in the environment (${ours}) and hides the one in ${file} (${same})`,
      fix: `unset ${name}`,
    }
  },
}

const renamed: Check<OuterFacts> = {
  name: 'old-variables',
  layer: 'configuration',
  needs: ['env-file'],
  run: async (facts) => {
    const {env} = facts
    if (env['PRODUCTION_URL'] && !env['PROD_CONNECTION_URL']) {
      return {
        status: 'warn',
        message: 'PRODUCTION_URL is not read, and protects nothing: the variable was renamed',
        fix: 'call the variable PROD_CONNECTION_URL',
      }
    }
    if (env['PGSERVICE']) {
      const message = 'PGSERVICE is set and is not used: the URL alone says where'
      return {status: 'warn', message, fix: removalOf(facts, ['PGSERVICE'])}
    }
    return {status: 'ok', message: 'no variable is set that is not read'}
  },
}

/** Those that lead to another server, or to another user on it, than a URL seems to say. */
const LEADING = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGUSER', 'PGOPTIONS', 'PGTARGETSESSIONATTRS']

/** As text, passwords and all, to be compared only. */
function fingerprint(target: Target | undefined): string {
  return JSON.stringify({...target, password: target?.password?.reveal()})
}

/** libpq's variables without which the target would be another one. */
function effective({context, env, flags, prod}: OuterFacts): string[] {
  const names = parameterNames.flatMap((name) => parameters[name].variable ?? [])
  const read = (variables: OuterFacts['env']): string => {
    const request = {prod, url: flags.url, command: 'doctor'}
    try {
      return fingerprint(resolveTarget(request, {...context, env: variables}))
    } catch {
      return 'none'
    }
  }
  const now = read(env)
  return names.filter((name) => env[name] && read({...env, [name]: undefined}) !== now)
}

const libpq: Check<OuterFacts> = {
  name: 'pg-variables',
  layer: 'configuration',
  needs: ['env-file'],
  run: async (facts): Promise<Finding> => {
    const names = effective(facts)
    const leading = names.filter((name) => LEADING.includes(name))
    if (leading.length > 0) {
      return {
        status: 'warn',
        message: `the environment fills in what the URL leaves out: ${leading.join(', ')}`,
        fix: `write that into the URL, or: ${removalOf(facts, leading)}`,
      }
    }
    const message =
      names.length > 0
        ? `the environment fills in what the URL leaves out: ${names.join(', ')}`
        : "none of libpq's variables changes the target"
    return {status: 'ok', message}
  },
}

export const variableChecks: readonly Check<OuterFacts>[] = [hidden, renamed, libpq]
