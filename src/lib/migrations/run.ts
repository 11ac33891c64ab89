import type pg from 'pg'
import {CruddurError, reworded} from '../error.js'
import {inPipeline, together} from '../pipelining.js'
import {type ConnectOptions, pinned, withClient} from '../postgres/connection/connect.js'
import type {Verify} from '../postgres/identity.js'
import type {RunOptions} from '../sql/run.js'
import {type CommandLine, plainCommand} from '../target/again.js'
import type {Target} from '../target/target.js'
import {checkAgreed, stillToDo} from './agreed.js'
import type {Decide, Decision, Mark, Step} from './decide.js'
import {createHistory, type History} from './history.js'
import {lockAndRead} from './locked-history.js'
import {writeMarks} from './marks.js'
import type {Migration} from './migration.js'
import {scriptOf} from './part.js'
import {type MigrationStatus, statesOf} from './states.js'
import type {ReadyStep} from './step.js'
import {type Done, runSteps, type StepsOptions} from './steps.js'

export type {Done} from './steps.js'

export interface MigrationOptions
  extends Omit<ConnectOptions, 'leaves'>,
    Pick<RunOptions, 'onEcho' | 'onProgress'> {
  /** Where relative paths start from. */
  cwd: string
  /** Called on the connection that acts, before it does. */
  verify?: Verify | undefined
  /** The numbers that were agreed to; whatever is to be done unless told. */
  agreed?: readonly bigint[] | undefined
  /** Told when a step is done. */
  onDone?: ((done: Done) => void) | undefined
  /** Makes the commands of hints; without it they are for a target that no flag has named. */
  command?: CommandLine | undefined
  /** Told what should be known of what is done, and that somebody else is waited for. */
  onNote?: ((note: string) => void) | undefined
  /** Told the connection, once it is there: what it sends can be slowed down. */
  onClient?: ((client: pg.Client) => void) | undefined
}

export interface MigrationResult {
  done: readonly Done[]
  marked: readonly Mark[]
  /** What the files and the database are like now. */
  statuses: readonly MigrationStatus[]
}

/**
 * Runs migrations, or takes them back, one after the other, each as on a connection of its own, and records them. One at a
 * time works on a database: another one is waited for. What is done stays done when a later one fails.
 *
 * @param migrations those there are files of
 * @param decide what is to be done: `toMigrate(…)`, `toRollBack(…)`
 * @throws CruddurError what `decide` throws; TARGET_CHANGED (exit 4) when it is more than was agreed to;
 *   POOLED_CONNECTION, HISTORY_INVALID, NO_RIGHTS; what `runStep` throws, with `ran`: the names of those that are done
 */
export async function runMigrations(
  target: Target,
  migrations: readonly Migration[],
  decide: Decide,
  options: MigrationOptions,
): Promise<MigrationResult> {
  const run: Run = {target, migrations, options, done: [], marked: [], left: undefined}
  let decision: Decision | undefined
  let statuses: readonly MigrationStatus[] = []
  try {
    do {
      const opened = run.done.length > 0 ? undefined : options.opened
      await withClient(
        target,
        async (client) => {
          options.onClient?.(client)
          const history = await lockAndRead(client, target, options)
          statuses = statesOf(migrations, history.records)
          decision = decision ? stillToDo(decision, statuses) : decideNow(decide, statuses, options)
          const steps = await runDecision(client, decision, history, run)
          decision = {steps, marks: [], notes: []}
        },
        // The lock is free when the session has ended, which whoever comes next relies on.
        {...options, opened, leaves: undefined},
      )
    } while (decision && decision.steps.length > 0)
  } catch (error) {
    throw told(error, run)
  }
  return {done: run.done, marked: run.marked, statuses: afterwards(statuses, run)}
}

function decideNow(
  decide: Decide,
  statuses: readonly MigrationStatus[],
  {agreed, onNote}: MigrationOptions,
): Decision {
  const decision = decide(statuses)
  checkAgreed(decision, agreed)
  for (const note of decision.notes) onNote?.(note)
  return decision
}

/** A run, and how far it has come. */
interface Run {
  target: Target
  migrations: readonly Migration[]
  options: MigrationOptions
  done: Done[]
  marked: Mark[]
  /** What an interrupt, or the end of the connection, has left behind. */
  left: {note: string; hint: string | undefined} | undefined
}

/** @returns what is left to do on another connection */
async function runDecision(
  client: pg.Client,
  {marks, steps}: Decision,
  history: History,
  run: Run,
): Promise<readonly Step[]> {
  const {cwd, signal} = run.options
  const {database} = run.target
  const ready: ReadyStep[] = []
  for (const step of steps) {
    ready.push({...step, script: await scriptOf(step.part, {database, cwd, signal})})
  }
  return await inPipeline(client, async () => {
    const missing = !history.exists && steps.length + marks.length > 0
    const recorded = together([missing && createHistory(client), writeMarks(client, marks)])
    // Awaited behind what is sent along with it.
    recorded.catch(() => {})
    const left = await runSteps(client, ready, recorded, optionsOf(client, run))
    run.marked.push(...marks)
    return left
  })
}

function optionsOf(client: pg.Client, run: Run): StepsOptions {
  const {command = plainCommand, onDone, onEcho, onProgress, signal} = run.options
  return {
    onDone: (done) => {
      run.done.push(done)
      onDone?.(done)
    },
    command,
    signal,
    onEcho,
    onProgress,
    reconnect: (fn) => withClient(pinned(run.target, client), fn, {signal}),
    onLeft: (note, hint) => {
      run.left = {note, hint}
    },
  }
}

/** The error, with what stays of the run. */
function told(error: unknown, {done, left, options}: Run): unknown {
  if (!(error instanceof CruddurError)) return error
  const ran = done.map(({step}) => step.migration.path)
  const {command = plainCommand} = options
  const looked =
    error.code === 'CONNECTION_LOST' ? `see what has run: ${command('migrate-status')}` : undefined
  return reworded(error, {
    message: error.message + (left?.note ?? ''),
    hint: left?.hint ?? looked ?? error.details.hint,
    cause: error.cause,
    data: ran.length > 0 ? {ran} : {},
  })
}

/** The states as the run has left them. */
function afterwards(
  statuses: readonly MigrationStatus[],
  {done, marked}: Run,
): readonly MigrationStatus[] {
  const applied = new Map<bigint, boolean>([
    ...done.map(({step}) => [step.migration.version, step.direction === 'up'] as const),
    ...marked.map(({version, migration}) => [version, migration !== undefined] as const),
  ])
  return statuses.map((status) => {
    const now = applied.get(status.version)
    if (now === undefined) return status
    return {...status, state: now ? 'applied' : 'pending'}
  })
}
