import type pg from 'pg'
import type {Begun} from '../sql/run.js'
import type {Step} from './decide.js'
import {checkSession, type SessionCheck} from './session.js'
import {beginStep, type ReadyStep, runStep, type StepOptions} from './step.js'

/** A part that has run and is recorded. */
export interface Done {
  step: Step
  /** Milliseconds, from the first statement to the last answer. */
  ms: number
}

export type StepsOptions = StepOptions & {
  /** Told when a step is done. */
  onDone: (done: Done) => void
}

/**
 * Runs steps on one connection, in a pipeline, until one of them leaves a session that is not as a new one. Each takes two round
 * trips: its part with its record, and its COMMIT with what the next one needs.
 *
 * @param recorded when it can be recorded what has run
 * @returns those that are left
 * @throws what `recorded` and `runStep` throw
 */
export async function runSteps(
  client: pg.Client,
  steps: readonly ReadyStep[],
  recorded: Promise<unknown>,
  {onDone, ...rest}: StepsOptions,
): Promise<readonly Step[]> {
  const [first] = steps
  const check = first && checkSession(client)
  const options = {...rest, onStatements: check?.onStatements}
  let begun = first && beginStep(client, first, options)
  await recorded
  if (!check) return []
  for (const [at, step] of steps.entries()) {
    const left = steps.slice(at + 1)
    const started = performance.now()
    const renewed = await runAndRenew(client, {step, next: left[0], begun, check}, options)
    onDone({step, ms: Math.round(performance.now() - started)})
    if (left.length > 0 && !(await renewed?.asNew)) return left
    begun = renewed?.begun
  }
  return []
}

interface Turn {
  step: ReadyStep
  next: ReadyStep | undefined
  begun: Promise<Begun> | undefined
  check: SessionCheck
}

interface Renewed {
  asNew: Promise<boolean>
  begun: Promise<Begun> | undefined
}

/**
 * Runs a step; the session is renewed, and the next one begun, along with its COMMIT.
 *
 * @returns undefined where nothing is next
 */
async function runAndRenew(
  client: pg.Client,
  {step, next, begun, check}: Turn,
  options: StepOptions,
): Promise<Renewed | undefined> {
  let renewed: Renewed | undefined
  const renew = (): void => {
    if (next) renewed ??= {asNew: check.renew(), begun: beginStep(client, next, options)}
  }
  await runStep(client, step, begun, {...options, onCommitting: renew})
  // Without a transaction there was no COMMIT.
  renew()
  return renewed
}
