import type {Survey} from '../postgres/survey.js'
import {type PlanWords, refusalOf} from './plan.js'

/** What setup is about to do, as far as it is known before consent. */
export interface SetupWords {
  database: string
  /** What runs in the new database: `run db/schema.sql (2.6 kB)`. */
  fills: readonly string[]
  /** What is done when it has its name. */
  afterwards?: readonly string[]
  force: boolean
  keepPrevious: boolean
}

function replacementSteps({force, keepPrevious}: SetupWords, {sessions}: Survey): string[] {
  const count = sessions.length === 1 ? 'the session' : `the ${sessions.length} sessions`
  return [
    ...(force && sessions.length > 0 ? [`end ${count} that use the old one`] : []),
    'put the new one in the place of the old one, in one step',
    keepPrevious ? 'keep the old one under a dated name' : 'drop the old one',
  ]
}

/** What a setup does to what there is. */
export function setupPlan(words: SetupWords, survey: Survey): PlanWords {
  const {afterwards = [], database, fills, force, keepPrevious} = words
  const {leftovers, oid} = survey
  const exists = oid !== null
  const removed = leftovers.filter(({marked}) => marked)
  return {
    steps: [
      ...removed.map(({name}) => `remove "${name}", left by an unfinished setup`),
      exists ? `create a new database beside "${database}"` : `create the database "${database}"`,
      ...fills,
      ...(exists ? replacementSteps(words, survey) : []),
      ...afterwards,
    ],
    loss: exists && !keepPrevious ? 'everything in the old database, for good' : null,
    refusal: refusalOf(database, survey, {force, idleToo: true, untouched: 'nothing was changed'}),
  }
}
