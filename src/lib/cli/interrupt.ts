import {CruddurError, type ExitCode} from '../error.js'

const SIGNALS: Record<'SIGINT' | 'SIGTERM' | 'SIGHUP', ExitCode> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
}

/**
 * Turns signals into an AbortSignal: the first one lets the command clean up, a second one ends it at once.
 *
 * @returns the signal, and `release`, which gives the signals back to Node
 */
export function onInterrupt(): {signal: AbortSignal; release: () => void} {
  const controller = new AbortController()
  const handler = (name: NodeJS.Signals): void => {
    const exit = SIGNALS[name as keyof typeof SIGNALS]
    if (controller.signal.aborted) process.exit(exit)
    controller.abort(new CruddurError('INTERRUPTED', 'interrupted', {exit}))
  }
  for (const name of Object.keys(SIGNALS)) process.on(name, handler)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of Object.keys(SIGNALS)) process.off(name, handler)
    },
  }
}
