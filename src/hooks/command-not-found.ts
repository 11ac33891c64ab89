import type {Hook} from '@oclif/core'
import {closest, distance} from 'fastest-levenshtein'
import {redactTyped} from '../lib/cli/redact.js'
import {CruddurError} from '../lib/error.js'

/** The command a mistyped word may stand for: one that it begins, or that is two letters off at most. */
function meant(word: string, commands: string[]): string | undefined {
  const begun = commands.filter((name) => word.length > 2 && name.startsWith(word))
  if (begun.length === 1) return begun[0]
  const near = closest(word, commands)
  return distance(word, near) <= 2 ? near : undefined
}

/**
 * Names the nearest command and ends with 2. oclif's own plugin asks whether to run its guess and ends
 * with 127; a guess that may be `drop` is not run here.
 */
const hook: Hook.CommandNotFound = async ({config, id}) => {
  const visible = config.commandIDs.filter((name) => !config.findCommand(name)?.hidden)
  const guess = meant(id, visible)
  const error = new CruddurError('USAGE', redactTyped(`there is no command "${id}"`), {
    exit: 2,
    hint: `${guess ? `did you mean ${guess}? ` : ''}All commands: cruddur-db --help`,
  })
  // oclif swallows what a hook throws, unless it has an exit code of oclif's own kind.
  throw Object.assign(error, {oclif: {exit: error.exit}})
}

export default hook
