import {readFileSync, statSync} from 'node:fs'
import {resolve} from 'node:path'
import {parse} from 'dotenv'
import {plural} from '../../plural.js'
import {loadEnvironment} from '../../target/environment.js'
import type {Check} from '../check.js'
import type {OuterFacts} from './facts.js'

/** dotenv's own pattern of an assignment (dotenv 17, lib/main.js); what it does not match is passed over without a word. */
const ASSIGNMENT =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** Numbers, from 1, of the lines that assign nothing and are neither blank nor comments. */
export function unreadLines(text: string): number[] {
  const lines = text.replace(/\r\n?/g, '\n')
  const rest = lines.replace(ASSIGNMENT, (match) => match.replace(/[^\n]/g, ''))
  return rest.split('\n').flatMap((line, index) => (/^\s*(#|$)/.test(line) ? [] : [index + 1]))
}

/** What the file of variables holds; undefined where there is none that can be read again. */
export function envFileText({cwd, flags}: Pick<OuterFacts, 'cwd' | 'flags'>): string | undefined {
  try {
    const path = resolve(cwd, flags['env-file'] ?? '.env')
    // A pipe has been read to its end.
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

export const envFileCheck: Check<OuterFacts> = {
  name: 'env-file',
  layer: 'configuration',
  run: async (facts) => {
    const {cwd, flags, processEnv} = facts
    const envFile = flags['env-file']
    const file = envFile ?? '.env'
    loadEnvironment({cwd, envFile, processEnv})
    const text = envFileText(facts)
    if (text === undefined) {
      return {
        status: 'ok',
        message: `there is no .env in ${cwd}: variables come from the environment`,
      }
    }
    const [unread] = unreadLines(text)
    if (unread !== undefined) {
      return {
        status: 'warn',
        message: `line ${unread} of ${file} assigns nothing, and is not read`,
        fix: `write NAME=value in line ${unread} of ${file}, or "#" before it`,
      }
    }
    const count = Object.keys(parse(text)).length
    return {status: 'ok', message: `${file} sets ${plural(count, 'variable')}`}
  },
}
