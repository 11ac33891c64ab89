import {CruddurError, type ExitCode} from '../error.js'

const ENDING: Record<'SIGTERM' | 'SIGHUP', ExitCode> = {SIGTERM: 143, SIGHUP: 129}

/**
 * Ctrl-C means the statement, not the shell; the others end it.
 *
 * @param onInterrupt called for each Ctrl-C that comes as a signal
 * @param end aborted with CruddurError INTERRUPTED, once
 * @returns gives signals back to Node
 */
export function onSignals(onInterrupt: () => void, end: AbortController): () => void {
  const ended = (name: NodeJS.Signals): void => {
    const exit = ENDING[name as keyof typeof ENDING]
    end.abort(new CruddurError('INTERRUPTED', 'interrupted', {exit}))
  }
  process.on('SIGINT', onInterrupt)
  for (const name of Object.keys(ENDING)) process.on(name, ended)
  return () => {
    process.off('SIGINT', onInterrupt)
    for (const name of Object.keys(ENDING)) process.off(name, ended)
  }
}
