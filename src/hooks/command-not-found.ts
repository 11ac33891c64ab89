import type {Hook} from '@oclif/core'
import {meant} from '../lib/cli/meant.js'
import {redactTyped} from '../lib/cli/redact.js'
import {CruddurError} from '../lib/error.js'

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
