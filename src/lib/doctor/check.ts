/** `skipped`: an earlier finding leaves nothing to look at. */
export type Status = 'ok' | 'warn' | 'fail' | 'skipped'

/** What a check has found. */
export interface Finding {
  status: Status
  /** What is so, and why that is bad, in the user's words: `the database "cruddur" does not exist`. */
  message: string
  /** With `warn` and `fail`: the one command, or else the one thing to do, that cures it. */
  fix?: string
  /** Does that, where it is safe unasked (`doctor --fix`): it loses nothing and touches no production. */
  cure?: () => Promise<void>
}

/** The layers a connection goes through, from this machine to what is in the database, in this order. */
export const LAYERS = [
  'program',
  'configuration',
  'aws',
  'network',
  'server',
  'database',
  'contents',
] as const

export type Layer = (typeof LAYERS)[number]

/**
 * One thing that is looked at. A check throws only what it did not foresee: a CruddurError becomes a `fail` with its
 * message and hint.
 *
 * @typeParam Facts what checks tell those behind them: each adds to it what it found out
 */
export interface Check<Facts> {
  /** Its name for scripts: one or two words with a hyphen, never changed. */
  name: string
  layer: Layer
  /** Checks without whose `ok` or `warn` this one would mean nothing: it is then skipped. */
  needs?: readonly string[]
  /**
   * With `ok` or `warn` it has opened a session for those that need it. Once one of them has had no answer in its time, nobody
   * who comes later has one: they are skipped.
   */
  opensSession?: true
  /** How long it may take, in milliseconds; 15 s unless told. */
  limitMs?: (facts: Facts) => number
  /** @param signal aborted when doctor is interrupted, and when the time of this check is over: it has failed then */
  run: (facts: Facts, signal: AbortSignal) => Promise<Finding>
}
