import {CruddurError} from '../error.js'
import type {Decision, Step} from './decide.js'
import type {MigrationStatus} from './states.js'

/**
 * Makes sure that no more is done than was agreed to.
 *
 * @param agreed the numbers that were shown; whatever is to be done unless told
 * @throws CruddurError TARGET_CHANGED (exit 4)
 */
export function checkAgreed(decision: Decision, agreed: readonly bigint[] | undefined): void {
  const done = [...decision.steps.map(({migration}) => migration), ...decision.marks]
  if (!agreed || done.every(({version}) => agreed.includes(version))) return
  throw new CruddurError(
    'TARGET_CHANGED',
    'there is more to do than what was shown: other migrations have run, or were taken back, since',
    {
      exit: 4,
      hint: 'nothing was touched; run it again and look at what is there now',
    },
  )
}

/** What of a decision is left, after somebody else may have worked on the database. */
export function stillToDo(decision: Decision, statuses: readonly MigrationStatus[]): Decision {
  const recorded = new Set(
    statuses.filter(({record}) => record !== undefined).map(({version}) => version),
  )
  const isOpen = ({direction, migration}: Step): boolean =>
    recorded.has(migration.version) === (direction === 'down')
  return {...decision, steps: decision.steps.filter(isOpen)}
}
