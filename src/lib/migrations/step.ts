import type pg from 'pg'
import {CruddurError} from '../error.js'
import {together} from '../pipelining.js'
import {isConnectionError} from '../server-error.js'
import type {Left} from '../sql/kept.js'
import {type Begun, beginRun, type RunOptions, runScript} from '../sql/run.js'
import type {Script} from '../sql/script.js'
import type {CommandLine} from '../target/again.js'
import type {Step} from './decide.js'
import {stepFailed} from './failures.js'
import {runLoose} from './loose.js'
import {recordStatements} from './record.js'
import {writeRecord} from './write.js'

/** A part with what is run of it, which was found fit. */
export interface ReadyStep extends Step {
  script: Script
}

export type StepOptions = Omit<RunOptions, 'begun' | 'onStopped' | 'disposable' | 'tail'> & {
  /** Makes the commands of hints. */
  command: CommandLine
  /** Told what is to be put behind the message of the error that the step ends with, and a hint. */
  onLeft: (note: string, hint: string | undefined) => void
}

/**
 * Begins what {@link runStep} ends: nothing of the part itself. It can be sent along with what comes before it.
 *
 * @returns undefined for a part without a transaction
 */
export function beginStep(
  client: pg.Client,
  {script}: ReadyStep,
  options: Pick<StepOptions, 'reconnect'>,
): Promise<Begun> | undefined {
  const begun = script.transaction ? beginRun(client, script, options) : undefined
  // It is awaited by the step, if that is ever run.
  begun?.catch(() => {})
  return begun
}

/**
 * Runs a part and records it. In a transaction both are kept or neither; without one it is recorded beforehand that it has
 * begun, and taken back if nothing of it was kept.
 *
 * @param begun what {@link beginStep} gave
 * @throws CruddurError SQL_ERROR with its place in the file, MIGRATION_RAN_ALREADY, HISTORY_NOT_WRITTEN, and as `runScript`;
 *   an error of the connection as it came
 */
export async function runStep(
  client: pg.Client,
  step: ReadyStep,
  begun: Promise<Begun> | undefined,
  options: StepOptions,
): Promise<void> {
  if (step.script.transaction) await runWhole(client, step, begun, options)
  else await runLoose(client, step, options)
}

async function runWhole(
  client: pg.Client,
  step: ReadyStep,
  begun: Promise<Begun> | undefined,
  options: StepOptions,
): Promise<void> {
  const {command, onLeft, signal} = options
  let atCommit = false
  const onStopped = ({note}: Left): void => {
    atCommit = true
    onLeft(note, undefined)
  }
  const tail = (): Promise<unknown> =>
    together(recordStatements(step).map((sql) => writeRecord(client, sql, step, command)))
  try {
    await runScript(client, step.script, {...options, begun, onStopped, tail})
  } catch (error) {
    const cut = !(error instanceof CruddurError) && isConnectionError(error)
    if ((cut || signal?.aborted) && !atCommit) onLeft(leftOf(step), undefined)
    throw stepFailed(error, step, command)
  }
}

/** What the signal, or the end of the connection, leaves of a part in a transaction: their errors do not tell. */
function leftOf({direction, migration: {path}}: Step): string {
  const when = direction === 'up' ? `while ${path} ran` : `while ${path} was rolled back`
  return ` (${when}, of which nothing was kept)`
}
