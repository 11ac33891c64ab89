import {CruddurError, type ExitCode} from '../error.js'

const SIGNALS: Record<'SIGINT' | 'SIGTERM' | 'SIGHUP', ExitCode> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
}

/** Signals, so far as a command deals with them. */
export interface Interrupt {
  /** Aborted by the first one. */
  signal: AbortSignal
  /** Gives the signals back to Node. */
  release: () => void
  /** Takes them again. */
  retake: () => void
  /**
   * To be called when all is done, or has failed, and told: one that comes while the program ends makes nothing else of that.
   * A second one ends it at once, as does the first where not all that was told is read.
   */
  settle: () => void
}

const NAMES = Object.keys(SIGNALS)

/** Comes once, and leaves the next one to Node. */
function onLate(name: NodeJS.Signals): void {
  for (const each of NAMES) process.off(each, onLate)
  const unread = process.stdout.writableLength + process.stderr.writableLength
  if (unread > 0) process.kill(process.pid, name)
}

/** Turns signals into an AbortSignal: the first one lets the command clean up, a second one ends it at once. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const handler = (name: NodeJS.Signals): void => {
    const exit = SIGNALS[name as keyof typeof SIGNALS]
    if (controller.signal.aborted) process.exit(exit)
    controller.abort(new CruddurError('INTERRUPTED', 'interrupted', {exit}))
  }
  const take = (): void => {
    for (const name of NAMES) process.on(name, handler)
  }
  const release = (): void => {
    for (const name of NAMES) process.off(name, handler)
  }
  take()
  return {
    signal: controller.signal,
    release,
    retake: take,
    settle: () => {
      release()
      if (controller.signal.aborted) return
      for (const name of NAMES) process.off(name, onLate).on(name, onLate)
    },
  }
}
