import {CruddurError} from '../lib/error.js'

/** Asked after the end. */
export function closed(): CruddurError {
  return new CruddurError('POOL_CLOSED', 'the Db was asked for something after its end()', {
    hint: 'ask before that, or make another one',
  })
}

/**
 * Waited for too long, while all connections are in use or none of them can be made.
 *
 * @param connecting how many are being made
 */
export function late(
  {acquireMs, max}: {acquireMs: number; max: number},
  connecting: number,
): CruddurError {
  const seconds = acquireMs / 1000
  if (connecting > 0)
    return new CruddurError(
      'POOL_TIMEOUT',
      `no connection became free within ${seconds} s: ${connecting} of ${max} are still being made`,
      {exit: 3, hint: 'see whether the server answers: cruddur-db doctor'},
    )
  return new CruddurError(
    'POOL_TIMEOUT',
    `no connection became free within ${seconds} s: all ${max} are in use`,
    {exit: 3, hint: 'end transactions sooner, or raise max'},
  )
}
