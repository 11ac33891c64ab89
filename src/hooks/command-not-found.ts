import type {Hook} from '@oclif/core'
import {closest} from 'fastest-levenshtein'
import {report} from '../lib/cli/report.js'
import {CruddurError} from '../lib/error.js'

/**
 * Names the nearest command and ends with 2. oclif's own plugin asks whether to run its guess and ends
 * with 127; a guess that may be `drop` is not run here.
 */
const hook: Hook.CommandNotFound = async function ({argv, config, id}) {
  const visible = config.commandIDs.filter((name) => !config.findCommand(name)?.hidden)
  const error = new CruddurError('USAGE', `there is no command "${id}"`, {
    exit: 2,
    hint: `did you mean ${closest(id, visible)}? All commands: cruddur-db --help`,
  })
  const {exit, json, text} = await report(error)
  if (argv?.includes('--json')) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  else process.stderr.write(`${text}\n`)
  this.exit(exit)
}

export default hook
