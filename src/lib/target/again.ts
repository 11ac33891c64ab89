import {shellWord} from './text.js'

/** What of a command line says which database is meant. */
export interface TargetNaming {
  prod?: boolean | undefined
  url?: string | undefined
  'env-file'?: string | undefined
  'iam-auth'?: boolean | undefined
}

/** Makes of a verb and its words, `migrate --to 0001`, what can be pasted. */
export type CommandLine = (words: string) => string

/**
 * Flags that lead another command to the same database, with a blank before each. A URL is not repeated: it may hold a
 * password.
 */
export function targetFlags(named: TargetNaming): string {
  const envFile = named['env-file']
  return [
    named.prod ? ' --prod' : '',
    named.url === undefined ? '' : ' --url URL',
    envFile === undefined ? '' : ` --env-file ${shellWord(envFile)}`,
    named['iam-auth'] ? ' --iam-auth' : '',
  ].join('')
}

/** Commands of this program for hints: without the flags of this one they would act on another database. */
export function commandFor(named: TargetNaming): CommandLine {
  const flags = targetFlags(named)
  return (words) => `cruddur-db ${words}${flags}`
}

/** A command where no flag has named a target. */
export const plainCommand: CommandLine = commandFor({})
