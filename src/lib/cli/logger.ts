import {format} from 'node:util'
import type {Interfaces} from '@oclif/core'
import createDebug from 'debug'
import {redactTyped} from './redact.js'

const ROOT = 'cruddur-db'

/**
 * What commands and oclif say for `DEBUG`: of a command under `cruddur-db:`, of oclif itself under `oclif:`. They repeat the
 * command line, so a password in a `--url` is taken out.
 */
export function createLogger(namespace = ROOT): Interfaces.Logger {
  let debug: createDebug.Debugger | undefined
  const log = (formatter: unknown, ...args: unknown[]): void => {
    if (!process.env['DEBUG']) return
    debug ??= createDebug(namespace)
    if (debug.enabled) debug('%s', redactTyped(format(formatter, ...args)))
  }
  return {
    child: (name) => createLogger(name.startsWith(ROOT) ? name : `oclif:${name}`),
    debug: log,
    error: log,
    info: log,
    namespace,
    trace: log,
    warn: log,
  }
}
