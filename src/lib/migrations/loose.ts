import type pg from 'pg'
import {CruddurError, reworded} from '../error.js'
import {together} from '../pipelining.js'
import {isConnectionError} from '../server-error.js'
import type {Left} from '../sql/kept.js'
import {runScript} from '../sql/run.js'
import {recordFailed, stepFailed} from './failures.js'
import {type InvalidIndexes, invalidIndexes, madeSince} from './invalid-indexes.js'
import {labelOf} from './label.js'
import {writesAround} from './record.js'
import {marking, unfinishedCure} from './refusals.js'
import {resetSession} from './session.js'
import type {ReadyStep, StepOptions} from './step.js'
import {writeRecord} from './write.js'

/** How a part without a transaction has failed. */
interface Failure {
  error: unknown
  /** Statements that are kept; undefined when that is not known. */
  kept: number | undefined
  /** To be put behind the error's message. */
  note: string
}

async function runUntilFailure(
  client: pg.Client,
  {script}: ReadyStep,
  options: StepOptions,
): Promise<Failure | undefined> {
  let left: Left | undefined
  const onStopped = (told: Left): void => {
    left = told
  }
  try {
    await runScript(client, script, {...options, onStopped})
    return undefined
  } catch (error) {
    if (left) {
      const lost = isConnectionError(error) && !(error instanceof CruddurError)
      return {error, kept: lost ? undefined : left.statements, note: left.note}
    }
    const kept = error instanceof CruddurError ? error.data['statements'] : undefined
    return {error, kept: typeof kept === 'number' ? kept : undefined, note: ''}
  }
}

/**
 * Runs a part statement by statement, between the record that it has begun and the one that it has ended.
 *
 * @throws as `runStep`
 */
export async function runLoose(
  client: pg.Client,
  step: ReadyStep,
  options: StepOptions,
): Promise<void> {
  const {command} = options
  const {after, before, undo} = writesAround(step)
  const [, invalid] = await together([
    writeRecord(client, before, step, command),
    invalidIndexes(client).catch(() => undefined),
  ])
  const failure = await runUntilFailure(client, step, options)
  if (failure) return await fail(client, step, {...failure, invalid, undo}, options)
  // It may have become another role.
  await resetSession(client)
  await client.query(after).catch((error: unknown) => {
    const label = labelOf(step.migration)
    const lost = isConnectionError(error)
    const note = lost
      ? ` (all of ${label} has run, which is not recorded)`
      : `; ${label} is unfinished`
    options.onLeft(note, cureOf(step, [], options))
    throw lost ? error : recordFailed(error, step, {command, ran: true})
  })
}

/** Takes the record back where nothing of the part was kept, and tells what was. */
async function fail(
  client: pg.Client,
  step: ReadyStep,
  {error, invalid, kept, note, undo}: Failure & {invalid: InvalidIndexes | undefined; undo: string},
  options: StepOptions,
): Promise<never> {
  const told = stepFailed(error, step, options.command)
  const made = invalid && (await madeNow(client, invalid))
  if (kept === 0 && made?.length === 0 && (await takenBack(client, undo))) {
    options.onLeft(note, undefined)
    throw told
  }
  const unfinished = `${leftWords(made)}; ${labelOf(step.migration)} is unfinished`
  const cure = cureOf(step, kept === 0 ? made : [], options)
  if (!(told instanceof CruddurError) || note !== '') {
    options.onLeft(note + unfinished, cure)
    throw told
  }
  const hint = made?.length ? cure : (told.details.hint ?? cure)
  throw reworded(told, {message: told.message + unfinished, hint})
}

/** @returns undefined when that cannot be told any more */
async function madeNow(client: pg.Client, before: InvalidIndexes): Promise<string[] | undefined> {
  try {
    await resetSession(client)
    return madeSince(before, await invalidIndexes(client))
  } catch {
    return undefined
  }
}

function leftWords(made: readonly string[] = []): string {
  if (made.length === 0) return ''
  return `; it has left ${made.length === 1 ? 'an index' : 'indexes'} that no query uses: ${made.join(', ')}`
}

/** @param made the indexes that are all that was kept of it */
function cureOf(
  {direction, migration, record}: ReadyStep,
  made: readonly string[] = [],
  {command}: StepOptions,
): string {
  const {name, version} = migration
  const status = {version, name, state: 'unfinished', migration, record, outOfOrder: false} as const
  if (made.length === 0 || direction === 'down') return unfinishedCure([status], command)
  const drops = made.map((index) => `DROP INDEX CONCURRENTLY ${index}`)
  return `${drops.join('; ')}; then ${marking('--mark-rolled-back', [status], command)}`
}

async function takenBack(client: pg.Client, undo: string): Promise<boolean> {
  try {
    await client.query(undo)
    return true
  } catch {
    return false
  }
}
