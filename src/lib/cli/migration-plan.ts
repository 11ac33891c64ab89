import type {Decision, Mark, Step} from '../migrations/decide.js'
import {labelOf} from '../migrations/label.js'
import {plural} from '../plural.js'
import type {PlanWords} from './plan.js'

/** `migrate` or `rollback`, as the words around what they do. */
export type Verb = 'migrate' | 'rollback'

/** What is done, as the end of "This will …". */
export function actOf(verb: Verb, {marks, steps}: Pick<Decision, 'marks' | 'steps'>): string {
  if (marks.length > 0) return marks.map(markWords).join(', ')
  const [only] = steps
  if (!only) return verb === 'migrate' ? 'run the pending migrations' : 'roll migrations back'
  const what = steps.length === 1 ? labelOf(only.migration) : plural(steps.length, 'migration')
  return verb === 'migrate' ? `run ${what}` : `roll back ${what}`
}

function markWords({label, migration}: Mark): string {
  return migration
    ? `record ${label} as applied without running it`
    : `take the record of ${label} away without running anything`
}

function stepWords({direction, migration, part}: Step): string {
  const what = direction === 'up' ? `run ${migration.path}` : `roll back ${migration.path}`
  return part.transaction
    ? `${what}, in one transaction`
    : `${what}, statement by statement, up to the first error; what ran before it is kept`
}

/** What the plan says of it. */
export function wordsOf({marks, steps}: Decision): PlanWords {
  const losses = {
    up: 'what they change or delete',
    down: 'what they take back, with all that is in it',
  }
  const [first] = steps
  return {
    steps: [...steps.map(stepWords), ...marks.map(markWords)],
    loss: first ? losses[first.direction] : null,
  }
}
