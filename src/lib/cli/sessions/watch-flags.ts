import {CruddurError} from '../../error.js'

/** How often --watch looks, in seconds: unless told, at least and at most. */
export const INTERVAL_SECONDS = {usual: 2, least: 0.2, most: 3600} as const

function unusable(message: string): CruddurError {
  return new CruddurError('USAGE', message, {
    exit: 2,
    hint: 'without --watch it looks once; to look often: while sleep 2; do cruddur-db sessions; done',
  })
}

/**
 * Makes sure that there is a live view to be had.
 *
 * @throws CruddurError USAGE (exit 2): --json, no terminal, or one that cannot be drawn on in place
 */
export function checkWatch({json}: {json: boolean}): void {
  if (json) throw unusable('--watch draws on a terminal, and --json is one document')
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    throw unusable('--watch needs a terminal, for what it draws and for its keys')
  }
  if (process.env['TERM'] === 'dumb') {
    throw unusable('--watch needs a terminal that can be drawn on in place, and TERM is dumb')
  }
}

/**
 * The value of --interval in milliseconds.
 *
 * @throws CruddurError USAGE (exit 2)
 */
export function intervalMs(text: string | undefined): number {
  const {least, most, usual} = INTERVAL_SECONDS
  const seconds = text === undefined ? usual : Number(/^\d*\.?\d+$/.test(text) ? text : Number.NaN)
  if (seconds >= least && seconds <= most) return Math.round(seconds * 1000)
  throw new CruddurError(
    'USAGE',
    `--interval takes seconds from ${least} to ${most}, not "${text}"`,
    {exit: 2, hint: `for example: --interval ${usual}`},
  )
}
